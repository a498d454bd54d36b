"""Text as Telegram counts it: in UTF-16 units, with entities that point into it.

An entity is Telegram's MessageEntity as plain JSON; its offset and length are UTF-16 units.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# First and last name, at most 64 characters each, and the space between.
LONGEST_NAME = 129

type Entity = dict[str, Any]
type Piece = tuple[str, list[Entity]]

REPLACEMENT = "\ufffd"

# Invisible, although Unicode calls them letters or symbols: Hangul fillers, the blank Braille cell,
# the object replacement character, blank hieroglyphs, a note without a head.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U0001d159")

# A blank, and what follows it that shows nothing either: joiners, marks of direction, selectors.
_BLANK = "\\s" + "".join(sorted(BLANKS))
_WIDTHLESS = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff"
)
_GAP = re.compile(f"[{_BLANK}][{_BLANK}{_WIDTHLESS}]*")

# What shows nothing, as the inside of a class of regular expressions.
EMPTY = _BLANK + _WIDTHLESS

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ZERO_WIDTH_JOINER = "\u200d"


def clean(text: str) -> str:
    """Replace what databases refuse, NUL and lone surrogates, one for one: offsets stay right."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def on_one_line(text: str) -> str:
    """Make each gap one space, so that nothing in the text can be pushed to a line of its own."""
    return _GAP.sub(" ", text).strip()


def utf16_len(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_slice(text: str, offset: int, length: int) -> str:
    """Cut by UTF-16 units; half a surrogate pair comes out as U+FFFD."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def join(pieces: Iterable[tuple[str, Sequence[Mapping[str, Any]]]], separator: str) -> Piece:
    """Join the pieces, and move their entities along."""
    texts: list[str] = []
    entities: list[Entity] = []
    start = 0
    for text, own in pieces:
        entities += [{**entity, "offset": entity["offset"] + start} for entity in own]
        texts.append(text)
        start += utf16_len(text) + utf16_len(separator)
    return separator.join(texts), entities


def rest(text: str, entities: Sequence[Mapping[str, Any]], start: int) -> Piece:
    """Leave out everything before `text[start]`; the entities move along."""
    offset = utf16_len(text[:start])
    return text[start:], _within(entities, offset, utf16_len(text) - offset)


def fill(piece: Piece, placeholder: str, value: str) -> Piece:
    """Replace each `placeholder` by `value`; formatting around it stays."""
    text, entities = piece
    place = text.find(placeholder)
    while place >= 0:
        begin, length = utf16_len(text[:place]), utf16_len(placeholder)
        entities = [_resized(one, begin, begin + length, utf16_len(value)) for one in entities]
        text = text[:place] + value + text[place + len(placeholder) :]
        place = text.find(placeholder, place + len(value))
    return text, entities


def _resized(entity: Entity, begin: int, end: int, length: int) -> Entity:
    """Adjust an entity to a new length of the text between `begin` and `end`."""
    start, stop = entity["offset"], entity["offset"] + entity["length"]
    moved = length - (end - begin)
    start = start + moved if start >= end else min(start, begin)
    stop = stop if stop <= begin else max(stop, end) + moved
    return {**entity, "offset": start, "length": stop - start}


def shows_nothing(text: str) -> bool:
    """Whether it has no letter, digit or sign that a reader can see."""
    visible = set(text) - BLANKS
    return not any(unicodedata.category(character)[0] in "LNPS" for character in visible)


def split(
    text: str, entities: Sequence[Mapping[str, Any]], first_limit: int, limit: int
) -> list[Piece]:
    """Cut into pieces of at most `first_limit`, then `limit` units that together are the text.

    It cuts after a paragraph, else a line, else a word, else between visible characters. There is
    always a piece; the first is empty if it has no room for a character.
    """
    if limit < 2:  # noqa: PLR2004 - a surrogate pair
        raise ValueError("a piece must have room for any character")
    pieces: list[Piece] = []
    start, offset, room = 0, 0, first_limit
    while start < len(text) or not pieces:
        end = _cut(text, start, _fitting(text, start, room), may_be_empty=room < limit)
        piece = text[start:end]
        length = utf16_len(piece)
        pieces.append((piece, _within(entities, offset, length)))
        start, offset, room = end, offset + length, limit
    return pieces


def _within(entities: Iterable[Mapping[str, Any]], offset: int, length: int) -> list[Entity]:
    """Return the parts of the entities within a stretch, with offsets from its start."""
    parts: list[Entity] = []
    for entity in entities:
        begin = max(entity["offset"], offset)
        end = min(entity["offset"] + entity["length"], offset + length)
        if begin < end:
            parts.append({**entity, "offset": begin - offset, "length": end - begin})
    return parts


def _fitting(text: str, start: int, room: int) -> int:
    """Return the furthest end that leaves `text[start:end]` within `room` units."""
    room = max(room, 0)
    end = min(start + room, len(text))
    excess = utf16_len(text[start:end]) - room
    while excess > 0:
        end -= 1
        excess -= utf16_len(text[end])
    return end


def _cut(text: str, start: int, end: int, *, may_be_empty: bool) -> int:
    """Return the best place for a cut at or before `end`, in the second half of the stretch."""
    if end == len(text):
        return end
    middle = (start + end) // 2
    for boundary in ("\n\n", "\n", " "):
        found = text.rfind(boundary, middle, end)
        if found >= 0:
            return found + len(boundary)
    for place in range(end, start, -1):
        if not _joined(text, place):
            return place
    return start if may_be_empty else end


def _joined(text: str, place: int) -> bool:
    """Tell whether a cut here would split one visible character, by the common cases of UAX 29."""
    before, after = text[place - 1], text[place]
    if after == "\n" and before == "\r":
        return True
    if _is_flag_half(after) and _is_flag_half(before):
        return _flag_halves_before(text, place) % 2 == 1
    return before == _ZERO_WIDTH_JOINER or _continues(after)


def _continues(character: str) -> bool:
    return (
        character == _ZERO_WIDTH_JOINER
        or unicodedata.category(character).startswith("M")  # accents, variation selectors, keycaps
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags: the flag of Scotland
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, place: int) -> int:
    count = 0
    while count < place and _is_flag_half(text[place - 1 - count]):
        count += 1
    return count
