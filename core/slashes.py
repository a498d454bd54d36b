"""How a text begins for its reader: with two slashes (a note), with one, or with something else.

Invisible characters do not count: apps, keyboards and copied text leave zero-width characters,
direction marks and lone accents behind.
"""

import unicodedata
from itertools import islice

from core.text import BLANKS, REPLACEMENT

# Everything that looks like a slash: Unicode's confusables of it (unicode.org/reports/tr39) without
# letters in everyday use, and a few that the list lacks.
_CONFUSABLE = "\u1735\u2041\u2044\u2215\u2571\u27cb\u29f8\u2cc6\u2f03\u3033\u31d3\U0001d23a"
SLASHES = "/\u2e4a\uff0f\U0001f67c" + _CONFUSABLE

# One character that looks like several slashes.
_SEVERAL = frozenset("\u1736\u2afb\u2afd")

_ALL = _SEVERAL.union(SLASHES)

# Unassigned, and reserved for invisible characters (Default_Ignorable_Code_Point).
_RESERVED = frozenset([0x2065, *range(0xFFF0, 0xFFF9), *range(0xE0000, 0xE1000)])

# Permanently not characters; so are the last two code points of each plane.
_NONCHARACTERS = range(0xFDD0, 0xFDF0)


def is_note(text: str) -> bool:
    """Whether two slashes come first, with nothing visible before them and no space between."""
    visible = (place for place, one in enumerate(text) if not is_invisible(one))
    first, second = [*islice(visible, 2), -1, -1][:2]
    if first < 0 or text[first] in _SEVERAL:
        return first >= 0
    if second < 0 or not {text[first], text[second]} <= _ALL:
        return False
    return not any(one.isspace() for one in text[first:second])


def begins_with_slash(text: str) -> bool:
    """Whether a slash of any kind is the first thing that a reader sees."""
    first = next((one for one in text if not is_invisible(one)), "")
    return first in _ALL


def is_alone(text: str) -> bool:
    """Whether a single slash is all that a reader sees."""
    visible = [one for one in text if not is_invisible(one)]
    return len(visible) == 1 and visible[0] in SLASHES


def behind_slash(text: str) -> int:
    """Find where the words begin after a single slash and a space; 0 if the text begins otherwise.

    Also 0 if nothing follows, or another slash does: that would be read as a note.
    """
    slash = next((place for place, one in enumerate(text) if not is_invisible(one)), None)
    if slash is None or text[slash] not in SLASHES or not text[slash + 1 : slash + 2].isspace():
        return 0
    words = next(
        (place for place, one in enumerate(text) if place > slash and not is_invisible(one)), None
    )
    return words if words is not None and not begins_with_slash(text[words:]) else 0


def is_invisible(character: str) -> bool:
    """Whether it is invisible by itself; U+FFFD replaces what databases refuse, such as NUL."""
    category = unicodedata.category(character)
    return (
        (category[0] in "CMZ" and category not in {"Co", "Cn"})
        or character.isspace()
        or character in BLANKS
        or character == REPLACEMENT
        or ord(character) in _RESERVED
        or ord(character) in _NONCHARACTERS
        or ord(character) & 0xFFFE == 0xFFFE  # noqa: PLR2004 - by Unicode's definition
    )
