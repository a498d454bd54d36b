"""People's words in Telegram's JSON: of rich messages, and of kinds that we don't know."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

# The fields with people's words in rich text, and in kinds newer than this program.
RICH = frozenset(
    {"alternative_text", "caption", "description", "expression", "question", "summary"}
    | {"text", "title"}
)

# The fields that are shown for a span: the first of them that it has.
_INLINE = ("text", "alternative_text", "expression")


def lines(value: Any, fields: Collection[str] = RICH) -> Iterator[str]:
    """List what these fields say, in reading order, a line each."""
    if isinstance(value, list):
        for one in value:
            yield from lines(one, fields)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if name in fields and not _is_block(one):
                yield "".join(_inline(one))
            elif isinstance(one, list | Mapping):
                yield from lines(one, fields)


def _is_block(value: Any) -> bool:
    """Whether it has a layout of its own, such as a picture's caption, and is not just words."""
    return isinstance(value, Mapping) and "type" not in value


def _inline(value: Any) -> Iterator[str]:
    if isinstance(value, str | int):
        yield str(value)
    elif isinstance(value, list):
        for one in value:
            yield from _inline(one)
    elif isinstance(value, Mapping):
        name = next((name for name in _INLINE if name in value), None)
        yield from _inline(value[name]) if name else ()
