"""How a message without text or caption begins: the first words that its reader sees.

A poll or a place can begin with a slash just like a text, and is then a note too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.reading import rich_words
from bot.reading.update_json import as_dict
from core.slashes import begins_with_slash, is_invisible
from database.models import ContentKind

# The fields of a kind of content that have words; any of them may be what is read first.
_FIRST = {
    "checklist": ("title",),
    "contact": ("first_name", "last_name"),
    "poll": ("question", "description"),
    "venue": ("title",),
}

# Fields around a message; their words are somebody else's.
_AROUND = frozenset({"forward_origin", "link_preview_options", "quote"})

# How much is worth keeping, in characters; blank beginnings may be long.
_LONGEST = 4096


def beginning(kind: str, details: Mapping[str, Any]) -> str:
    """Give the first line if it begins with a slash; empty if none that may come first does."""
    found = (one.strip() for one in _read_first(kind, details))
    return next((one[:_LONGEST] for one in found if begins_with_slash(one)), "")


def _read_first(kind: str, details: Mapping[str, Any]) -> Iterator[str]:
    if kind in _FIRST:
        said = as_dict(details.get(kind))
        words = [said.get(name) for name in _FIRST[kind]]
        yield from (one for one in words if isinstance(one, str))
    elif kind == ContentKind.RICH_MESSAGE:
        yield from _first_visible(rich_words.lines(details.get(kind)))
    elif kind == ContentKind.UNKNOWN:
        for name in details.keys() - _AROUND:
            yield from _first_visible(rich_words.lines({name: details[name]}))


def _first_visible(lines: Iterator[str]) -> Iterator[str]:
    line = next((one for one in lines if not all(map(is_invisible, one))), None)
    if line is not None:
        yield line
