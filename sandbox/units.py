"""Lengths as Telegram counts them, and the text it makes of what it is sent.

Offsets and lengths are UTF-16 code units (https://core.telegram.org/bots/api#messageentity).
Cleaning follows clean_input_string and fix_formatted_text in tdlib/td: control characters
become spaces, carriage returns and invisible direction marks go, and white space at both ends
is trimmed (at the beginning only up to the first entity).
"""

from __future__ import annotations

import re

from sandbox.errors import bad_request
from sandbox.model import Json

_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
BLANK = " \n"


def length(text: str) -> int:
    """How many UTF-16 code units `text` takes."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def piece(text: str, offset: int, units: int) -> str:
    """The part of `text` that an entity covers."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * offset : 2 * (offset + units)].decode("utf-16-le", "surrogatepass")


def valid(text: str) -> bool:
    """Whether `text` can be encoded in UTF-8 at all (no lone surrogates)."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def clean(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """The text as it is shown to others, its entities moved along."""
    if not valid(text):
        raise bad_request("strings must be encoded in UTF-8")
    text = _CONTROL.sub(" ", text)
    if _DROPPED.search(text):
        text, entities = _drop(text, entities)
    return _trim(text, entities)


def _drop(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    gone = [length(text[: match.start()]) for match in _DROPPED.finditer(text)]

    def moved(position: int) -> int:
        return position - sum(1 for at in gone if at < position)

    shifted = []
    for entity in entities:
        start = moved(entity["offset"])
        end = moved(entity["offset"] + entity["length"])
        shifted.append(entity | {"offset": start, "length": end - start})
    return _DROPPED.sub("", text), shifted


def _trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    first = min((entity["offset"] for entity in entities), default=length(text))
    lead = min(len(text) - len(text.lstrip(BLANK)), first)
    text = text[lead:].rstrip(BLANK)
    end = length(text)
    kept = []
    for entity in entities:
        start = entity["offset"] - lead
        stop = min(start + entity["length"], end)
        if stop > start:
            kept.append(entity | {"offset": start, "length": stop - start})
    return text, kept
