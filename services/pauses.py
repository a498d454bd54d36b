"""Pauses: the chats that accept nothing for a while, as Telegram told us; kept over restarts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import ChatPause
from services import memo

log = structlog.get_logger(__name__)

ALL_CHATS = 0

# The reason given when several chats refuse at once: Telegram may mean the whole bot.
FLOOD = "Too Many Requests in several chats"

# Put before the reason (which may be empty) while a notice finds out whether the chat is at fault.
_QUESTIONED = "?"

# How often to try a chat where we may not write, or Telegram when it refuses the whole bot.
PROBED_EVERY = timedelta(minutes=1)

_ALL = select(ChatPause)


@dataclass(frozen=True)
class Pauses:
    """The chats that are paused now, and those that were held and may be tried with one message.

    `questioned` are those of the blocked that take only a notice (services/delivery/doubts.py).
    """

    blocked: frozenset[int]
    probed: frozenset[int]
    questioned: frozenset[int]
    everything: bool
    next_end: datetime | None


async def read(session: AsyncSession, *, now: datetime) -> Pauses:
    """Read which chats are paused; forget pauses that are over, unless the chat is held."""
    blocked, probed, questioned, ends = set[int](), set[int](), set[int](), list[datetime]()
    known = await _known(session)
    for pause in list(known.values()):
        if now < pause.since:
            pause.since, pause.until = now, now + (pause.until - pause.since)
        if now < pause.until:
            blocked.add(pause.chat_id)
            ends.append(pause.until)
        elif (pause.held_because or "").startswith(_QUESTIONED):
            blocked.add(pause.chat_id)
            questioned.add(pause.chat_id)
        elif pause.held_because is not None:
            probed.add(pause.chat_id)
        else:
            await forget(session, pause.chat_id)
    everything = ALL_CHATS in blocked
    next_end = min(ends, default=None)
    return Pauses(
        frozenset(blocked), frozenset(probed), frozenset(questioned), everything, next_end
    )


async def begin(session: AsyncSession, chat_id: int, length: timedelta, *, now: datetime) -> None:
    """Pause a chat; if another one is paused already, pause everything for a while.

    In that case Telegram may mean the whole bot, unless both are groups: each has a limit of its
    own, which busy staff chats reach. One send finds out, after a minute at most: the
    pause that Telegram asks for one chat says nothing about the others.
    """
    known = await _known(session)
    others = any(
        pause.chat_id != chat_id
        and pause.until > now
        and pause.held_because is None
        and (pause.chat_id > 0 or chat_id > 0)
        for pause in known.values()
    )
    if others:
        _pause_all(session, known, min(length, PROBED_EVERY), now)
    pause, until = known.get(chat_id), now + length
    if pause is not None and _is_on(pause, now):
        until = max(until, pause.until)
    else:
        log.warning("paused", chat=chat_id, seconds=length.total_seconds())
    pause = pause or _added(session, known, chat_id)
    pause.since, pause.until = now, until
    await session.flush()


def _pause_all(
    session: AsyncSession, known: dict[int, ChatPause], length: timedelta, now: datetime
) -> None:
    everything = known.get(ALL_CHATS)
    if everything is not None and _is_on(everything, now):
        return
    log.warning("paused", chat=ALL_CHATS, seconds=length.total_seconds())
    everything = everything or _added(session, known, ALL_CHATS)
    everything.since, everything.until = now, now + length
    everything.held_because = everything.held_because or FLOOD


async def question(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Send nothing to the chat but the notice that finds out whether it is at fault."""
    known = await _known(session)
    pause = known.get(chat_id) or _added(session, known, chat_id)
    pause.since = pause.until = now
    pause.held_because = _QUESTIONED + _reason(pause)
    await session.flush()


async def is_held(session: AsyncSession, chat_id: int) -> bool:
    """Whether the chat is known to refuse everything."""
    pause = (await _known(session)).get(chat_id)
    return pause is not None and _reason(pause) != ""


async def hold(session: AsyncSession, chat_id: int, reason: str, *, now: datetime) -> None:
    """Keep everything for the chat, and probe it; the operator is told once."""
    known = await _known(session)
    pause = known.get(chat_id) or _added(session, known, chat_id)
    if _reason(pause) in {"", FLOOD}:
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
    """Stop holding chats that accepted a message; `took` says when the last one left.

    A message that left before the hold began proves nothing, even if its answer came later.
    """
    known = await _known(session)
    for chat_id, left in (took | {ALL_CHATS: max(took.values())}).items():
        pause = known.get(chat_id)
        if pause is None or pause.held_because is None or left < pause.since:
            continue
        if _reason(pause):
            log.info("the chat takes messages again", chat=chat_id)
        await forget(session, chat_id)


async def try_now(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Probe a held chat now: Telegram says that the bot may write there again.

    A statement, not an object: the courier may release or hold the chat at the same time.
    """
    held = (ChatPause.chat_id == chat_id, ChatPause.held_because.is_not(None))
    await session.execute(update(ChatPause).where(*held).values(until=now))


async def forget(session: AsyncSession, chat_id: int) -> None:
    """Drop the chat's pause, whatever its reason."""
    pause = (await _known(session)).pop(chat_id, None)
    if pause is not None:
        await session.delete(pause)


async def _known(session: AsyncSession) -> dict[int, ChatPause]:
    """Read all pauses once for a transaction; there are few."""
    known = memo.of(session)
    if known.pauses is None:
        known.pauses = {pause.chat_id: pause for pause in await session.scalars(_ALL)}
    return known.pauses


def _is_on(pause: ChatPause, now: datetime) -> bool:
    return pause.since <= now < pause.until


def _reason(pause: ChatPause) -> str:
    """Give the reason that the operator was told; empty if there was none."""
    return (pause.held_because or "").removeprefix(_QUESTIONED)


def _added(session: AsyncSession, known: dict[int, ChatPause], chat_id: int) -> ChatPause:
    pause = known[chat_id] = ChatPause(chat_id=chat_id)
    session.add(pause)
    return pause
