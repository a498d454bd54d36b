"""Pauses: which chats take nothing for a while, because Telegram said so; kept over restarts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import ChatPause
from services import prefetch

log = structlog.get_logger(__name__)

ALL_CHATS = 0

# A chat where we may not write, or a bot that Telegram refuses, is tried again this often.
PROBED_EVERY = timedelta(minutes=1)

_ALL = select(ChatPause)


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
    known = await _known(session)
    for pause in list(known.values()):
        if now < pause.since:
            pause.since, pause.until = now, now + (pause.until - pause.since)
        if now < pause.until:
            blocked.add(pause.chat_id)
            ends.append(pause.until)
        elif pause.held_because is not None:
            probed.add(pause.chat_id)
        else:
            await forget(session, pause.chat_id)
    everything = ALL_CHATS in blocked
    return Pauses(frozenset(blocked), frozenset(probed), everything, min(ends, default=None))


async def begin(session: AsyncSession, chat_id: int, length: timedelta, *, now: datetime) -> None:
    """Pause a chat; everything, if another chat is paused already (then the bot is meant)."""
    known = await _known(session)
    others = any(
        pause.chat_id != chat_id and pause.until > now and pause.held_because is None
        for pause in known.values()
    )
    if others and chat_id != ALL_CHATS:
        await begin(session, ALL_CHATS, length, now=now)
    pause = known.get(chat_id) or _added(session, known, chat_id)
    pause.since, pause.until = now, now + length
    log.warning("paused", chat=chat_id, seconds=length.total_seconds())
    await session.flush()


async def hold(session: AsyncSession, chat_id: int, reason: str, *, now: datetime) -> None:
    """Keep everything for the chat and probe it; the operator is told once."""
    known = await _known(session)
    pause = known.get(chat_id) or _added(session, known, chat_id)
    if pause.held_because is None:
        log.error(
            "Telegram refuses the bot"
            if chat_id == ALL_CHATS
            else "the bot may not write to the staff chat; all is kept and tried each minute",
            chat=chat_id,
            reason=reason,
        )
    pause.since, pause.until, pause.held_because = now, now + PROBED_EVERY, reason
    await session.flush()  # only what is in the database can be forgotten


async def release(session: AsyncSession, took: dict[int, datetime]) -> None:
    """Forget that chats were held: they took something, the last of which left at this time.

    What left before the chat was held proves nothing, though its answer comes after.
    """
    known = await _known(session)
    for chat_id, left in (took | {ALL_CHATS: max(took.values())}).items():
        pause = known.get(chat_id)
        if pause is None or pause.held_because is None or left < pause.since:
            continue
        log.info("the chat takes messages again", chat=chat_id)
        await forget(session, chat_id)


async def try_now(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Probe a chat that is held, for Telegram says that the bot may write there again.

    A statement, not an object: the courier may release or hold the chat meanwhile.
    """
    held = (ChatPause.chat_id == chat_id, ChatPause.held_because.is_not(None))
    await session.execute(update(ChatPause).where(*held).values(until=now))


async def forget(session: AsyncSession, chat_id: int) -> None:
    """Let the chat take messages, whatever was said before."""
    pause = (await _known(session)).pop(chat_id, None)
    if pause is not None:
        await session.delete(pause)


async def _known(session: AsyncSession) -> dict[int, ChatPause]:
    """Read all pauses once for a transaction; there are few."""
    known = prefetch.of(session)
    if known.pauses is None:
        known.pauses = {pause.chat_id: pause for pause in await session.scalars(_ALL)}
    return known.pauses


def _added(session: AsyncSession, known: dict[int, ChatPause], chat_id: int) -> ChatPause:
    pause = known[chat_id] = ChatPause(chat_id=chat_id)
    session.add(pause)
    return pause
