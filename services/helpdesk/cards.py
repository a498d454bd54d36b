"""Cards: each time a ticket is opened, reopened or moved, staff get a new one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Precedence
from database.models import Ticket
from services import outbox
from services.helpdesk import threads
from services.notices import CardPosted, CardRetired


async def post_first(
    session: AsyncSession,
    ticket: Ticket,
    *,
    now: datetime,
    message_id: int | None = None,
    precedence: Precedence | None = None,
) -> None:
    """Post the card of a ticket that was just opened; see `CardPosted` for `message_id`."""
    await threads.give(session, ticket)
    card = CardPosted(ticket.id, message_id)
    outbox.post(session, ticket.staff_chat_id, card, now=now, ticket=ticket, precedence=precedence)


async def post_new(
    session: AsyncSession,
    ticket: Ticket,
    *,
    now: datetime,
    message_id: int | None = None,
    precedence: Precedence = Precedence.FOLLOW_UP,
) -> None:
    """Post a new card, and have the earlier ones point to it; it goes as a follow-up."""
    await threads.give(session, ticket)
    chat_id, card = ticket.staff_chat_id, CardPosted(ticket.id, message_id)
    await outbox.post_once(session, chat_id, card, now=now, ticket=ticket, precedence=precedence)
    await outbox.post_once(session, chat_id, CardRetired(ticket.id), now=now, ticket=ticket)
    await outbox.redraw_thread(session, ticket, now=now)


async def post_all_new(
    session: AsyncSession, tickets: Sequence[Ticket], chat_id: int, *, now: datetime
) -> None:
    """Post a card for each of many tickets in the chat that they moved to, as `post_new` does."""
    for ticket in tickets:
        await threads.give(session, ticket)
    cards = [(one, CardPosted(one.id)) for one in tickets]
    retired = [(one, CardRetired(one.id)) for one in tickets]
    await outbox.post_each_once(session, chat_id, cards, now=now, precedence=Precedence.FOLLOW_UP)
    await outbox.post_each_once(session, chat_id, retired, now=now)
