"""The menu of a card, where *More…* can't whisper it and opens it for everybody.

That it is open is stored, so that a card which is redrawn for another reason keeps its menu for a
while. One that was left open goes when the card changes later: that alone is not worth an edit.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket, TicketStatus
from services import outbox
from services.problems import TicketAlreadyClosed

LASTS = timedelta(minutes=1)


def require_one(ticket: Ticket) -> None:
    """Refuse the menu of a closed ticket: there is none."""
    if ticket.status is TicketStatus.CLOSED:
        raise TicketAlreadyClosed.of(ticket)


async def open_(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Open the menu; if it is open already, it stays so for longer."""
    require_one(ticket)
    ticket.menu_opened_at = now
    await outbox.redraw_card(session, ticket, now=now)


async def close(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Close the menu, if it is open."""
    ticket.menu_opened_at = None
    await outbox.redraw_card(session, ticket, now=now)


def is_open(ticket: Ticket, *, now: datetime) -> bool:
    """Whether it was opened lately; a clock that was set back may put that ahead of now."""
    return ticket.menu_opened_at is not None and abs(now - ticket.menu_opened_at) < LASTS
