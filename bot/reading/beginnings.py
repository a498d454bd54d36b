"""How a message begins that has neither text nor caption: by the first words that its reader sees.

What is in a poll or on a map is said as much as a text is, so it makes a note like one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.reading.update_json import as_dict
from core.slashes import begins_with_slash, is_invisible
from database.models import ContentKind

# Where the words stand in a kind of content; each of them may be what is read first.
_FIRST = {
    "checklist": ("title",),
    "contact": ("first_name", "last_name"),
    "poll": ("question", "description"),
    "venue": ("title",),
}

# Where people's words stand in what was laid out in blocks, and in what is newer than we are.
_WORDS = frozenset(
    {"alternative_text", "caption", "description", "expression", "question", "summary"}
    | {"text", "title"}
)

# What stands in for the words of a stretch that has none.
_INLINE = ("text", "alternative_text", "expression")

# What is around a message; the words in it are somebody else's.
_AROUND = frozenset({"forward_origin", "link_preview_options", "quote"})

# As much as is worth keeping; what shows nothing at the beginning may be long.
_LONGEST = 4096


def beginning(kind: str, details: Mapping[str, Any]) -> str:
    """Read what begins with a slash, if anything that is read first does; else nothing."""
    found = (one.strip() for one in _read_first(kind, details))
    return next((one[:_LONGEST] for one in found if begins_with_slash(one)), "")


def _read_first(kind: str, details: Mapping[str, Any]) -> Iterator[str]:
    if kind in _FIRST:
        said = as_dict(details.get(kind))
        words = [said.get(name) for name in _FIRST[kind]]
        yield from (one for one in words if isinstance(one, str))
    elif kind == ContentKind.RICH_MESSAGE:
        yield from _first_visible(_lines(details.get(kind)))
    elif kind == ContentKind.UNKNOWN:
        for name in details.keys() - _AROUND:
            yield from _first_visible(_lines({name: details[name]}))


def _first_visible(lines: Iterator[str]) -> Iterator[str]:
    line = next((one for one in lines if not all(map(is_invisible, one))), None)
    if line is not None:
        yield line


def _lines(value: Any) -> Iterator[str]:
    """Find people's words in the order in which they are read, a line each."""
    if isinstance(value, list):
        for one in value:
            yield from _lines(one)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if name in _WORDS and not _is_block(one):
                yield "".join(_inline(one))
            elif isinstance(one, list | Mapping):
                yield from _lines(one)


def _is_block(value: Any) -> bool:
    """Tell what is laid out itself, such as the caption of a picture, from words."""
    return isinstance(value, Mapping) and "type" not in value


def _inline(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _inline(one)
    elif isinstance(value, Mapping):
        name = next((name for name in _INLINE if name in value), None)
        yield from _inline(value[name]) if name else ()
