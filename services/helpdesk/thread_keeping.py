"""Threads that are deleted once their tickets have been closed for long, as administrators chose.

1. A timer for each staff chat looks which threads nobody needs: every ticket that went on there has
   been closed for as long as its thread is to be kept. For a few of them it sets a timer of a day.
2. That one looks again. If nobody needs the thread, and nothing of its tickets is on its way or
   kept for somebody's word, no ticket gets it any more, and its deletion is posted, all in the
   transaction that locked its user. A ticket that is opened again later gets another one.

A clock that is ahead for less than that day deletes nothing: when it is right again, the second
look finds that the thread is needed. A thread that Telegram does not delete stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffChat, StaffMode
from database.conditions import IS_CARD, PENDING
from database.machinery import Delivery, Timer
from database.models import KeptWords, LinkKind, MessageLink, Ticket, User
from database.team import Thread
from services import outbox, timers
from services.helpdesk import staff_chat_changes, staff_chats, team_settings, threads
from services.notices import KeepingChosen, ThreadDeleted
from services.problems import ButtonOutdated
from services.timers import Due, Moment

log = structlog.get_logger(__name__)

# The setting under which changes of it are remembered.
KEY = "threads_kept_days"

# For how many days threads may be kept; None: for ever.
CHOICES = (None, 365, 90, 30)

# How many threads are found at once, how often, and when each is looked at again.
AT_ONCE = 10
LOOKS_EVERY = timedelta(minutes=10)
LOOKS_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class ThreadsKept(Due):
    """Threads of the staff chat `subject` may have been kept for long enough."""


@dataclass(frozen=True)
class ThreadEnds(Due):
    """The thread `subject` was needed by nobody when this was set."""


async def choose(
    session: AsyncSession, chat: StaffChat, *, days: int | None, by: User | None, now: datetime
) -> None:
    """Set for how many days threads are kept once their tickets are closed; staff are told.

    `by` is None for an anonymous administrator. Raises ButtonOutdated where there are no threads,
    and for another number of days than one may choose.
    """
    if chat.mode is not StaffMode.FORUM or days not in CHOICES:
        raise ButtonOutdated
    if chat.threads_kept_days == days:
        return
    await staff_chat_changes.change(session, chat, threads_kept_days=days)
    if days is None:
        await timers.cancel(session, ThreadsKept(chat.id))
    else:
        await timers.set(session, ThreadsKept(chat.id), now, now=now)
    value = {"staff_chat": chat.id, "days": days}
    by_id = team_settings.remember(session, KEY, value, by=by, now=now)
    outbox.post(session, chat.chat_id, KeepingChosen(days, by_id), now=now)


@timers.does(ThreadsKept)
async def find(session: AsyncSession, due: ThreadsKept, moment: Moment) -> datetime | None:
    """Find the next threads that nobody needs."""
    chat = await staff_chats.by_key(session, due.subject)
    if chat is None or chat.threads_kept_days is None:
        return None
    until = _until(chat, moment.now)
    for key in await _unneeded(session, chat, until) if until is not None else ():
        await timers.set(session, ThreadEnds(key), moment.now + LOOKS_AGAIN_AFTER, now=moment.now)
    return moment.now + LOOKS_EVERY


@timers.does(ThreadEnds)
async def end(session: AsyncSession, due: ThreadEnds, moment: Moment) -> None:
    """Have the thread deleted, if still nobody needs it."""
    thread = await session.get(Thread, due.subject)
    chat = await staff_chats.at(session, thread.chat_id) if thread is not None else None
    until = _until(chat, moment.now) if chat is not None else None
    if thread is None or until is None:
        return
    locked = select(User.id).where(User.id == thread.user_id)
    await session.execute(locked.with_for_update(key_share=True))
    unneeded = select(Thread.id).where(Thread.id == thread.id, ~Thread.is_gone, ~_needed(until))
    if await session.scalar(unneeded) is None or await _is_busy(session, thread):
        return
    tickets = [ticket.id for ticket in await threads.leave(session, thread)]
    # Its cards will be deleted with it: nothing may edit them, link to them, or send them again.
    await session.execute(
        update(MessageLink)
        .where(MessageLink.ticket_id.in_([*tickets, thread.card_of]), IS_CARD)
        .where(MessageLink.chat_id == thread.chat_id, MessageLink.thread_id == thread.thread_id)
        .values(kind=LinkKind.NOTICE, copy_of=None, part=0, revision=0)
    )
    log.info("a thread is deleted", chat=thread.chat_id, thread=thread.thread_id)
    deleted = ThreadDeleted(thread.id)
    outbox.post(session, thread.chat_id, deleted, now=moment.now, lane=outbox.BOARDS)


def _until(chat: StaffChat, now: datetime) -> datetime | None:
    """Say when a ticket must have been closed for its thread to be deleted; None: none is."""
    may = chat.mode is StaffMode.FORUM and chat.may_delete
    if chat.threads_kept_days is None or not may:
        return None
    return now - timedelta(days=chat.threads_kept_days)


async def _unneeded(session: AsyncSession, chat: StaffChat, until: datetime) -> Sequence[int]:
    """List the keys of threads that nobody needs, and that no timer is set for."""
    is_set = exists().where(Timer.kind == ThreadEnds.kind, Timer.subject == Thread.id)
    found = (
        select(Thread.id)
        .where(Thread.chat_id == chat.chat_id, Thread.used_at < until, ~Thread.is_gone)
        .where(~_needed(until), ~is_set)
        .order_by(Thread.used_at, Thread.id)
        .limit(AT_ONCE)
    )
    return (await session.scalars(found)).all()


def _needed(until: datetime) -> ColumnElement[bool]:
    """Match threads in which a ticket goes on, or did until then."""
    return exists().where(
        _goes_on_there(), or_(Ticket.closed_at.is_(None), Ticket.closed_at >= until)
    )


def _goes_on_there() -> ColumnElement[bool]:
    """Match the tickets of a thread, also one that is under its card now and was there before."""
    return and_(
        Ticket.user_id == Thread.user_id,
        Ticket.staff_chat_id == Thread.chat_id,
        or_(Ticket.thread_id == Thread.thread_id, Ticket.id == Thread.card_of),
    )


async def _is_busy(session: AsyncSession, thread: Thread) -> bool:
    """Whether something of its tickets is on its way, or kept for somebody's word."""
    tickets = select(Ticket.id).join(Thread, _goes_on_there()).where(Thread.id == thread.id)
    waits = exists().where(Delivery.ticket_id.in_(tickets), PENDING)
    kept = exists().where(KeptWords.ticket_id.in_(tickets))
    return bool(await session.scalar(select(waits | kept)))
