"""Pauses: which chats take nothing for a while, because Telegram said so; kept over restarts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import ChatPause

log = structlog.get_logger(__name__)

ALL_CHATS = 0

# A chat where we may not write, or a bot that Telegram refuses, is tried again this often.
PROBED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Pauses:
    """The chats that take nothing now, and those that were held and may be tried with one."""

    blocked: frozenset[int]
    probed: frozenset[int]
    everything: bool
    next_end: datetime | None


async def read(session: AsyncSession, *, now: datetime) -> Pauses:
    """Read which chats are paused; one that is over and not held is forgotten."""
    blocked, probed, ends = set[int](), set[int](), list[datetime]()
    for pause in await session.scalars(select(ChatPause)):
        if now < pause.since:
            pause.since, pause.until = now, now + (pause.until - pause.since)
        if now < pause.until:
            blocked.add(pause.chat_id)
            ends.append(pause.until)
        elif pause.held_because is not None:
            probed.add(pause.chat_id)
        else:
            await session.delete(pause)
    everything = ALL_CHATS in blocked
    return Pauses(frozenset(blocked), frozenset(probed), everything, min(ends, default=None))


async def begin(session: AsyncSession, chat_id: int, length: timedelta, *, now: datetime) -> None:
    """Pause a chat; everything, if another chat is paused already (then the bot is meant)."""
    others = await session.scalars(
        select(ChatPause).where(
            ChatPause.chat_id != chat_id, ChatPause.until > now, ChatPause.held_because.is_(None)
        )
    )
    if others.first() is not None and chat_id != ALL_CHATS:
        await begin(session, ALL_CHATS, length, now=now)
    pause = await session.get(ChatPause, chat_id)
    if pause is None:
        pause = ChatPause(chat_id=chat_id)
        session.add(pause)
    pause.since, pause.until = now, now + length
    log.warning("paused", chat=chat_id, seconds=length.total_seconds())
    await session.flush()


async def hold(session: AsyncSession, chat_id: int, reason: str, *, now: datetime) -> None:
    """Keep everything for the chat and probe it; the operator is told once."""
    known = await session.get(ChatPause, chat_id)
    if known is None or known.held_because is None:
        log.error(
            "Telegram refuses the bot"
            if chat_id == ALL_CHATS
            else "the bot may not write to the staff chat; all is kept and tried each minute",
            chat=chat_id,
            reason=reason,
        )
    if known is None:
        known = ChatPause(chat_id=chat_id)
        session.add(known)
    known.since, known.until, known.held_because = now, now + PROBED_EVERY, reason


async def release(session: AsyncSession, chat_id: int) -> None:
    """Forget that the chat was held: it took something."""
    held = await session.scalars(
        select(ChatPause).where(
            ChatPause.held_because.is_not(None), ChatPause.chat_id.in_([chat_id, ALL_CHATS])
        )
    )
    for pause in held:
        log.info("the chat takes messages again", chat=pause.chat_id)
        await session.delete(pause)
