"""Closing: the user hears of it a little later, unless the ticket is open again by then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.models import Ticket, TicketStatus
from services import outbox, timers
from services.helpdesk import thread_closing
from services.notices import TicketClosed, TicketReopened
from services.timers import Due, Moment

TOLD_AFTER = timedelta(seconds=10)


@dataclass(frozen=True)
class CloseTold(Due):
    """The user of the ticket `subject` does not know yet that it is closed."""


async def closed(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Have the user told, unless the ticket is opened again before."""
    await timers.set(session, CloseTold(ticket.id), now + TOLD_AFTER, now=now)


async def reopened(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Tell the user that it is open again, if they were told that it is closed."""
    if not await timers.cancel(session, CloseTold(ticket.id)):
        ticket.user.last_joined_id = ticket.id
        reopened = TicketReopened(ticket.id)
        outbox.post(session, ticket.user.chat_id, reopened, now=now, ticket=ticket)


@timers.does(CloseTold)
async def tell(session: AsyncSession, due: CloseTold, moment: Moment) -> None:
    """Tell the user; then the thread may be closed, too."""
    people = [selectinload(Ticket.user)]
    ticket = await session.get(Ticket, due.subject, options=people, populate_existing=True)
    if ticket is not None and ticket.status is TicketStatus.CLOSED:
        ticket.user.last_joined_id = ticket.id
        told = TicketClosed(ticket.id)
        outbox.post(session, ticket.user.chat_id, told, now=moment.now, ticket=ticket)
        await thread_closing.ticket_closed(session, ticket, now=moment.now)
