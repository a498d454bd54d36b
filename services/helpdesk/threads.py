"""Threads: in a forum each open ticket goes on in a thread of its own.

1. A ticket that is opened or reopened gets the thread that its user's tickets used last, among
   those that no open ticket has, or is to come back to. If there is none, it wants one: the
   courier makes it before the next of its deliveries, and sends its card there
   (bot/wording/threads.py).
2. A thread that turns out to be gone is made anew in the same way, and before what waits. Staff may
   still see the old one; what they write there is about its ticket.
3. If no thread can be made, tickets go on under cards. That is tried again from time to time, and
   at once when the bot gets another right.
4. If the staff chat's mode changes, its open tickets follow (services/helpdesk/staff_modes.py),
   each to the thread that it had. What staff write in one that its ticket left is asked about.

A kill between the making of a thread and its settling leaves an empty thread, which Telegram gives
no way to find. What staff write there is kept, and they are asked which ticket it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.address import Address, Place
from core.team import StaffChat, StaffMode
from database.conditions import NOT_CLOSED, PENDING
from database.machinery import Delivery
from database.models import Ticket, TicketStatus
from database.team import Thread
from services import outbox, read_ahead, timers
from services.helpdesk import shown_again, staff_chats
from services.helpdesk.staff_chat_changes import change
from services.notices import CardRetired, LineRemoved, ThreadRedrawn, ThreadsFailed, ThreadWanted
from services.outbox import ThreadLook
from services.timers import Due, Moment

log = structlog.get_logger(__name__)

# The icon of a thread changes no more often: each change is a line in the thread.
ICON_CHANGES_EVERY = timedelta(minutes=1)

# How soon it is tried again to make a thread where none could be made.
TRIED_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class TicketsBehind(Due):
    """Tickets of the staff chat `subject` may not be where its mode says (see `staff_modes`)."""


async def give(session: AsyncSession, ticket: Ticket) -> None:
    """Give a ticket that is being opened the thread that it goes on in, or have it want one."""
    chat = await staff_chats.at(session, ticket.staff_chat_id)
    if chat is None or chat.mode is not StaffMode.FORUM:
        ticket.thread_id, ticket.wants_thread = None, False
        return
    thread = await free(session, ticket, chat)
    ticket.thread_id = thread.thread_id if thread is not None else None
    ticket.wants_thread = thread is None and chat.has_threads


async def of_ticket(session: AsyncSession, ticket: Ticket) -> Thread | None:
    """Find the thread in which a ticket goes on."""
    known = read_ahead.of(session).threads.get(ticket.id)
    if known is not None and known.thread_id == ticket.thread_id:
        return known
    return await find(session, ticket.staff_chat_id, ticket.thread_id)


async def find(session: AsyncSession, chat_id: int, thread_id: int | None) -> Thread | None:
    """Find a thread that we made, also one that is gone; None for General."""
    if thread_id is None:
        return None
    found: Thread | None = await session.scalar(
        select(Thread).where(Thread.chat_id == chat_id, Thread.thread_id == thread_id)
    )
    return found


async def ticket_id_in(session: AsyncSession, chat_id: int, thread_id: int | None) -> int | None:
    """Find the ticket that a thread is about: the open one, or else the one it was used for last.

    The same if the thread is gone: people may still see it, and write there. None for a thread that
    is not ours, and for General.
    """
    if thread_id is None:
        return None
    found: int | None = await session.scalar(
        select(Ticket.id)
        .where(Ticket.staff_chat_id == chat_id, Ticket.thread_id == thread_id)
        .order_by(NOT_CLOSED.desc(), Ticket.closed_at.desc(), Ticket.id.desc())
        .limit(1)
    )
    if found is not None:
        return found
    thread = await find(session, chat_id, thread_id)
    if thread is None:
        return None
    return thread.card_of or await _newest_ticket(session, thread)


async def _newest_ticket(session: AsyncSession, thread: Thread) -> int | None:
    """Find the newest ticket of a thread's user, an open one first: no card ever stood there."""
    found: int | None = await session.scalar(
        select(Ticket.id)
        .where(Ticket.staff_chat_id == thread.chat_id, Ticket.user_id == thread.user_id)
        .order_by(NOT_CLOSED.desc(), Ticket.id.desc())
        .limit(1)
    )
    return found


async def open_ticket_in(session: AsyncSession, thread: Thread) -> Ticket | None:
    """Find the open ticket that goes on in a thread."""
    found: Ticket | None = await session.scalar(
        select(Ticket).where(
            Ticket.staff_chat_id == thread.chat_id,
            Ticket.thread_id == thread.thread_id,
            NOT_CLOSED,
        )
    )
    return found


# What becomes of threads -----------------------------------------------------------------------


async def made(
    session: AsyncSession,
    ticket_id: int,
    address: Address,
    *,
    name: str,
    icon: str | None,
    now: datetime,
) -> None:
    """Record that a thread was made for a ticket, which goes on there if it still may.

    Else what staff write there is about it, too.
    """
    ticket = await session.get_one(Ticket, ticket_id, with_for_update={"key_share": True})
    goes_on_there = ticket.wants_thread and ticket.staff_chat_id == address.chat_id
    session.add(
        Thread(
            chat_id=address.chat_id,
            thread_id=address.thread_id,
            user_id=ticket.user_id,
            card_of=None if goes_on_there else ticket.id,
            name=name,
            icon=icon,
            icon_set_at=now,
            is_closed=False,
            made_at=now,
            used_at=now,
        )
    )
    chat = await staff_chats.at(session, address.chat_id)
    if chat is not None and chat.threads_failed_at is not None:
        await change(session, chat, threads_failed_at=None)
        await timers.set(session, TicketsBehind(chat.id), now, now=now)
    if goes_on_there:
        ticket.thread_id, ticket.wants_thread = address.thread_id, False
    if icon is None:
        # Telegram may not have said yet which icons there are.
        await timers.set(session, ThreadLook(ticket_id), now + ICON_CHANGES_EVERY, now=now)
    log.info("thread made", ticket=ticket_id, thread=address.thread_id)


async def changed(
    session: AsyncSession,
    thread_key: int,
    *,
    name: str,
    icon: str | None,
    now: datetime,
) -> None:
    """Record what a thread looks like now."""
    thread = await session.get(Thread, thread_key)
    if thread is not None:
        if thread.icon != icon:
            thread.icon_set_at = now
        thread.name, thread.icon = name, icon


async def card_stands(
    session: AsyncSession, thread_key: int, ticket_id: int, now: datetime
) -> None:
    """Record that a ticket's card stands in a thread; older ones point to it.

    If the ticket was merged while it was sent, it is an older one itself.
    """
    thread = await session.get(Thread, thread_key)
    if thread is not None and not thread.is_gone:
        thread.card_of, thread.used_at = ticket_id, now
        ticket = await session.get_one(Ticket, ticket_id)
        if ticket.merged_into_id is not None:
            ticket = await session.get_one(Ticket, ticket.merged_into_id)
        retired = CardRetired(ticket.id)
        await outbox.post_once(session, ticket.staff_chat_id, retired, now=now, ticket=ticket)


async def gone(session: AsyncSession, chat_id: int, thread_id: int, *, now: datetime) -> None:
    """Use a thread no more that Telegram does not find, or where messages don't arrive.

    Its open ticket wants another one. If nothing ever arrived in it, another one would fare no
    better: then tickets go on under cards.
    """
    thread = await find(session, chat_id, thread_id)
    log.warning("a thread is gone", chat=chat_id, thread=thread_id)
    if thread is None or thread.is_gone:
        return
    proved = thread.card_of is not None
    for ticket in await leave(session, thread):
        ticket.wants_thread = proved and ticket.status is not TicketStatus.CLOSED
        if ticket.wants_thread:
            await shown_again.below_the_next_card(session, ticket, thread_id, now=now)
            wanted = ThreadWanted(ticket.id)
            await outbox.post_once(session, chat_id, wanted, now=now, ticket=ticket)
    if not proved:
        await failed(session, chat_id, now=now)


async def leave(session: AsyncSession, thread: Thread) -> Sequence[Ticket]:
    """Use a thread no more; return the tickets that were in it, which are in none now."""
    thread.card_of = await ticket_id_in(session, thread.chat_id, thread.thread_id)
    thread.is_gone = True
    found = await session.scalars(
        select(Ticket)
        .where(Ticket.staff_chat_id == thread.chat_id, Ticket.thread_id == thread.thread_id)
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
    )
    tickets = found.all()
    for ticket in tickets:
        ticket.thread_id = None
    return tickets


@timers.does(ThreadLook)
async def look(session: AsyncSession, due: ThreadLook, moment: Moment) -> datetime | None:
    """Have a thread show what is true of its ticket."""
    ticket = await session.get(Ticket, due.subject)
    thread = await of_ticket(session, ticket) if ticket is not None else None
    if ticket is None or thread is None:
        return None
    if thread.icon_set_at is not None and (
        timedelta() <= moment.now - thread.icon_set_at < ICON_CHANGES_EVERY
    ):
        return thread.icon_set_at + ICON_CHANGES_EVERY
    shown = ThreadRedrawn(ticket.id)
    await outbox.post_once(session, thread.chat_id, shown, now=moment.now, ticket=ticket)
    return None


async def untell(session: AsyncSession, line: Place, *, now: datetime) -> None:
    """Have a message of ours deleted that should not stand where it does."""
    removed = LineRemoved(line.chat_id, line.message_id)
    outbox.post(session, line.chat_id, removed, now=now, lane=outbox.BOARDS)


async def failed(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Have tickets go on under cards, as no thread can be made or opened; staff are told once.

    A closed ticket does, too, if something of it waits to be sent.
    """
    chat = await staff_chats.at(session, chat_id)
    if chat is None:
        return
    waiting = select(Delivery.ticket_id).where(Delivery.chat_id == chat.chat_id, PENDING)
    usable = select(Thread.thread_id).where(
        Thread.chat_id == chat_id, ~Thread.is_closed, ~Thread.is_gone
    )
    await session.execute(
        update(Ticket)
        .where(Ticket.staff_chat_id == chat.chat_id, Ticket.wants_thread)
        .values(wants_thread=False)
    )
    await session.execute(
        update(Ticket)
        .where(Ticket.staff_chat_id == chat.chat_id, or_(NOT_CLOSED, Ticket.id.in_(waiting)))
        .where(Ticket.thread_id.is_not(None), Ticket.thread_id.not_in(usable))
        .values(thread_id=None)
    )
    if chat.threads_failed_at is None and chat.mode is StaffMode.FORUM:
        log.warning("no threads can be made", chat=chat_id)
        outbox.post(session, chat.chat_id, ThreadsFailed(), now=now)
    await change(session, chat, threads_failed_at=now)
    await timers.set(session, TicketsBehind(chat.id), now + TRIED_AGAIN_AFTER, now=now)


async def try_now(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Make threads again, as the bot has got the right to."""
    chat = await staff_chats.at(session, chat_id)
    if chat is not None and chat.threads_failed_at is not None:
        await change(session, chat, threads_failed_at=None)
        await timers.set(session, TicketsBehind(chat.id), now, now=now)


async def free(session: AsyncSession, ticket: Ticket, chat: StaffChat) -> Thread | None:
    """Find the thread that its user's tickets used last, and that no other open ticket has.

    Nor one that another is to come back to, which is under its card for now. Its own comes first,
    the one that has its newest card next. While no thread can be made, none can be opened either.
    """
    other = aliased(Ticket)
    goes_on_there = other.thread_id == Thread.thread_id
    comes_back = and_(other.id == Thread.card_of, other.thread_id.is_(None), ~other.wants_thread)
    taken = exists().where(
        other.staff_chat_id == Thread.chat_id,
        or_(goes_on_there, comes_back),
        other.status != TicketStatus.CLOSED,
        other.id != ticket.id,
    )
    own = func.coalesce(Thread.thread_id == ticket.thread_id, False)
    had = func.coalesce(Thread.card_of == ticket.id, False)
    theirs = select(Thread).where(
        Thread.chat_id == chat.chat_id, Thread.user_id == ticket.user_id, ~Thread.is_gone, ~taken
    )
    if chat.threads_failed_at is not None:
        theirs = theirs.where(~Thread.is_closed)
    await session.flush()
    found: Thread | None = await session.scalar(
        theirs.order_by(own.desc(), had.desc(), Thread.used_at.desc(), Thread.id.desc()).limit(1)
    )
    return found
