"""Settings that the team changes from its chat: values over the defaults, and who changed them.

A transaction that needs one value reads all of them, once: there are few.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from core import slashes, text
from core.text import Piece
from database.models import User
from database.team import Setting, SettingChange
from services import memo
from services.problems import (
    NumberIsAnExample,
    PlaceholderUnknown,
    WordsBeginWithSlash,
    WordsInvisible,
    WordsTooLong,
)

log = structlog.get_logger(__name__)

# Where the ticket's number goes, and the most UTF-16 units that it takes (with the day).
TICKET = "{ticket}"
LONGEST_NUMBER = 24

# The number in previews.
EXAMPLE = "#7"

# In UTF-16 units, with numbers filled in: Telegram allows 4096, and a preview adds a heading.
LONGEST = 3500

# What people format by hand. Telegram finds links by itself, and mentions would ping somebody.
_FORMATTING = frozenset(
    {
        "blockquote",
        "bold",
        "code",
        "custom_emoji",
        "date_time",
        "expandable_blockquote",
        "italic",
        "pre",
        "spoiler",
        "strikethrough",
        "text_link",
        "underline",
    }
)


class Words(StrEnum):
    """What users read in the team's own words; the value is the setting's key."""

    GREETING = "greeting"
    CONFIRMATION = "confirmation"
    CLOSING = "closing"


# The greeting comes before there is a ticket.
PLACEHOLDERS: Mapping[Words, frozenset[str]] = {
    Words.GREETING: frozenset(),
    Words.CONFIRMATION: frozenset({TICKET}),
    Words.CLOSING: frozenset({TICKET}),
}


async def words(session: AsyncSession, which: Words, language: str) -> Piece | None:
    """Give the team's own words in a language; None if the default is used."""
    setting = (await _all(session)).get((which, language))
    return (setting.value["text"], setting.value["entities"]) if setting else None


def checked(which: Words, said: str, entities: Sequence[Mapping[str, Any]]) -> Piece:
    """Check words, and return them as they are stored, with the formatting that is kept.

    Raises WordsInvisible, WordsBeginWithSlash, PlaceholderUnknown, NumberIsAnExample and
    WordsTooLong.
    """
    if text.shows_nothing(said):
        raise WordsInvisible
    if slashes.begins_with_slash(said):
        raise WordsBeginWithSlash
    allowed = PLACEHOLDERS[which]
    if strange := _strange_braces(said, allowed):
        raise PlaceholderUnknown(strange[:64], sorted(allowed))
    if TICKET in allowed and TICKET not in said and re.search(rf"{EXAMPLE}(?!\d)", said):
        raise NumberIsAnExample(EXAMPLE, TICKET)
    piece: Piece = (said, [dict(one) for one in entities if one["type"] in _FORMATTING])
    length = text.utf16_len(text.fill(piece, TICKET, "#" * LONGEST_NUMBER)[0])
    if length > LONGEST:
        raise WordsTooLong(length, LONGEST)
    return piece


def _strange_braces(said: str, allowed: frozenset[str]) -> str:
    """Find the first thing in braces that is no placeholder, or a stray brace; empty if none."""
    for found in re.finditer(r"\{[^{}]*\}|[{}]", said):
        if found[0] not in allowed:
            return found[0]
    return ""


async def change(
    session: AsyncSession,
    which: Words,
    language: str,
    piece: Piece | None,
    *,
    by: User | None,
    now: datetime,
) -> SettingChange | None:
    """Set the words, or go back to the default if `piece` is None; None if nothing changed.

    `by` is None for an anonymous administrator.
    """
    known = await _all(session)
    setting, value = known.get((which, language)), _value(piece)
    if (setting.value if setting else None) == value:
        return None
    if value is None:
        await session.delete(known.pop((which, language)))
    elif setting is None:
        setting = known[which, language] = Setting(key=which, language=language, value=value)
        session.add(setting)
    else:
        setting.value = value
    made = SettingChange(
        key=which, language=language, value=value, changed_by=by.id if by else None, changed_at=now
    )
    session.add(made)
    await session.flush()
    log.info("setting changed", key=which.value, language=language, default=value is None)
    return made


def remember(
    session: AsyncSession, key: str, value: dict[str, Any], *, by: User | None, now: datetime
) -> int | None:
    """Keep who changed what is stored elsewhere; return the person's key, None if anonymous."""
    by_id = by.id if by is not None else None
    session.add(SettingChange(key=key, language="", value=value, changed_by=by_id, changed_at=now))
    return by_id


async def last_change(session: AsyncSession, which: str, language: str) -> SettingChange | None:
    """Find the last change, with the person who made it; None if there never was one."""
    newest: SettingChange | None = await session.scalar(
        select(SettingChange)
        .where(SettingChange.key == which, SettingChange.language == language)
        .order_by(SettingChange.id.desc())
        .limit(1)
        .options(joinedload(SettingChange.person))
        .execution_options(populate_existing=True)
    )
    return newest


async def _all(session: AsyncSession) -> dict[tuple[str, str], Setting]:
    known = memo.of(session)
    if known.settings is None:
        rows = await session.scalars(select(Setting))
        known.settings = {(row.key, row.language): row for row in rows}
    return known.settings


def _value(piece: Piece | None) -> dict[str, Any] | None:
    return {"text": piece[0], "entities": piece[1]} if piece is not None else None
