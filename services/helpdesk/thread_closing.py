"""Threads that are closed with their tickets, where administrators chose that.

1. A ticket was closed, and its user was told (services/helpdesk/closing.py), or it became part of
   another one. Once nothing of it is on its way any more, its thread is closed.
2. What is sent there later opens the thread first (bot/wording/threads.py). If the ticket stays
   closed, so does the thread again after that.
3. If a ticket is open, and its thread turns out to be closed, for example because both crossed,
   the thread is opened.

Of our own closings nothing but this follows; a person's close the ticket (bot/routers/threads.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffChat, StaffMode
from database.conditions import CLOSE_UNTOLD, PENDING
from database.machinery import Delivery, Timer
from database.models import Ticket, TicketStatus, User
from database.team import Thread
from services import notices, outbox, timers
from services.helpdesk import staff_chat_changes, staff_chats, team_settings, threads
from services.notices import ClosingChosen, ThreadShut, ThreadWanted
from services.problems import ButtonOutdated
from services.timers import Due, Moment

log = structlog.get_logger(__name__)

# The setting under which changes of it are remembered.
KEY = "closes_threads"

LOOKS_EVERY = timedelta(seconds=3)


@dataclass(frozen=True)
class ThreadCloses(Due):
    """The thread of the ticket `subject` may have to be closed, as the ticket is."""


async def choose(
    session: AsyncSession, chat: StaffChat, *, closes: bool, by: User | None, now: datetime
) -> None:
    """Set whether threads are closed with their tickets; all of staff are told.

    `by` is None for an anonymous administrator. Raises ButtonOutdated where there are no threads.
    """
    if chat.mode is not StaffMode.FORUM:
        raise ButtonOutdated
    if chat.closes_threads is closes:
        return
    await staff_chat_changes.change(session, chat, closes_threads=closes)
    value = {"staff_chat": chat.id, "closes": closes}
    by_id = team_settings.remember(session, KEY, value, by=by, now=now)
    outbox.post(session, chat.chat_id, ClosingChosen(closes, by_id), now=now)


async def ticket_closed(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Have the thread of a closed ticket closed a little later, if it is to be."""
    chat = await staff_chats.at(session, ticket.staff_chat_id)
    if chat is not None and chat.closes_threads and ticket.thread_id is not None:
        await timers.set(session, ThreadCloses(ticket.id), now + LOOKS_EVERY, now=now)


@timers.does(ThreadCloses)
async def look(session: AsyncSession, due: ThreadCloses, moment: Moment) -> datetime | None:
    """Have the thread closed once nothing of the ticket is on its way."""
    ticket = await session.get(Ticket, due.subject)
    thread = await threads.of_ticket(session, ticket) if ticket is not None else None
    if ticket is None or thread is None or not await is_due(session, ticket, thread):
        return None
    if await _is_busy(session, ticket):
        return moment.now + LOOKS_EVERY
    shut = ThreadShut(ticket.id)
    await outbox.post_once(session, thread.chat_id, shut, now=moment.now, ticket=ticket)
    return None


async def is_due(session: AsyncSession, ticket: Ticket, thread: Thread) -> bool:
    """Whether the ticket's thread is to be closed; no other ticket goes on there."""
    chat = await staff_chats.at(session, thread.chat_id)
    if chat is None or not (chat.closes_threads and chat.mode is StaffMode.FORUM):
        return False
    if thread.is_closed or ticket.status is not TicketStatus.CLOSED:
        return False
    return await threads.open_ticket_in(session, thread) is None


async def turned(session: AsyncSession, thread: Thread, *, is_closed: bool, now: datetime) -> None:
    """Record that a thread is closed, or open, without a person's doing; its tickets stay as is."""
    thread.is_closed = is_closed
    ticket = await threads.open_ticket_in(session, thread)
    if is_closed and ticket is not None:
        log.info("a thread is closed, and its ticket open", ticket=ticket.id)
        wanted = ThreadWanted(ticket.id)
        await outbox.post_once(session, thread.chat_id, wanted, now=now, ticket=ticket)
    if not is_closed and ticket is None:
        last = await threads.ticket_id_in(session, thread.chat_id, thread.thread_id)
        if last is not None:
            await ticket_closed(session, await session.get_one(Ticket, last), now=now)


async def _is_busy(session: AsyncSession, ticket: Ticket) -> bool:
    """Whether its user does not know yet that it is closed, or something of it is on its way."""
    untold = exists().where(CLOSE_UNTOLD, Timer.subject == ticket.id)
    decorates = notices.kinds(lambda notice: notice.decorates)
    waits = exists().where(
        Delivery.ticket_id == ticket.id, PENDING, Delivery.kind.not_in(decorates)
    )
    return bool(await session.scalar(select(untold | waits)))
