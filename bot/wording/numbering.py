"""Answers that name their ticket, as their user has several: its number comes first."""

from collections.abc import Sequence

from sqlalchemy import inspect

from bot.wording import media
from bot.wording.context import TEXT_LIMIT, content
from core.text import Piece, join, split, utf16_len
from database.models import Message
from services.helpdesk.content import SHORTENED

# Room for a number above a text.
_ROOM = 32


def pieces(number: str, answer: Message, *, part: int = 0) -> list[Piece]:
    """Divide an answer, with the number, if any, before it; `part` is the one that is next.

    A number may come or go between two parts: where a text is cut depends on it only as long as no
    part was sent.
    """
    text = content(answer)
    if part == 0 and _fits(_below(number, text)):
        return [_below(number, text)]
    return _cut(number, text)


def pieces_again(number: str, answer: Message) -> list[Piece]:
    """Divide an answer that was edited, which takes several turns.

    So that the number, which may come or go between them, changes nothing, it is left out where
    there is hardly room.
    """
    text = content(answer)
    if not _fits(text):
        return _cut(number, text)
    numbered = _below(number, text)
    return [numbered if _fits(numbered) else text]


def captioned(number: str, answers: Sequence[Message]) -> list[Message]:
    """Put the number into the first caption that has room for it."""
    shown = list(answers)
    for place, answer in enumerate(answers):
        named = _named(number, answer)
        if media.has_room(named):
            shown[place] = named
            break
    return shown


def is_captioned(answer: Message) -> bool:
    """Whether this is an answer as `captioned` gives it."""
    return bool(inspect(answer).transient)


def _below(number: str, text: Piece) -> Piece:
    return join([(number, []), text], "\n") if number else text


def _fits(text: Piece) -> bool:
    return utf16_len(text[0]) <= TEXT_LIMIT


def _cut(number: str, text: Piece) -> list[Piece]:
    first, *rest = split(*text, TEXT_LIMIT - _ROOM, TEXT_LIMIT)
    return [_below(number, first), *rest]


def _named(number: str, answer: Message) -> Message:
    """Copy an answer, with the number in its caption; the copy is not in the database."""
    fields = {one.key: getattr(answer, one.key) for one in inspect(Message).column_attrs}
    caption, entities = content(answer)
    words = _below(number, (caption, entities)) if caption else (number, [])
    details = (answer.details or {}) | {SHORTENED: True}
    return Message(**fields | {"text": words[0], "entities": words[1] or None, "details": details})
