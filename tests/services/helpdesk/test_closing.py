"""When a user hears of a close: once, and only if it lasts."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket
from services import ticket_service as tickets
from services.helpdesk.closing import TOLD_AFTER
from services.notices import Notice, TicketClosed, TicketReopened
from tests.services import factories
from tests.services.factories import ANN, SECOND, STAFF, TODAY
from tests.support.duties import passes
from tests.support.times import NOON

USER = ANN.telegram_id
LATER = NOON + TOLD_AFTER


async def told(session: AsyncSession) -> Sequence[Notice]:
    """List what waits for the user."""
    return [notice for chat_id, notice in await factories.waiting(session) if chat_id == USER]


async def test_the_user_hears_when_the_time_is_over(session: AsyncSession, ticket: Ticket) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)

    await passes(session, LATER - SECOND)
    assert await told(session) == []
    await passes(session, LATER)
    await passes(session, LATER + TOLD_AFTER)

    assert await told(session) == [TicketClosed(ticket.id)]


async def test_a_close_that_was_undone_was_none(session: AsyncSession, ticket: Ticket) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)
    await tickets.reopen(session, ticket, by=None, now=LATER - SECOND)

    await passes(session, LATER + TOLD_AFTER)

    assert await told(session) == []


async def test_a_message_undoes_it_too(session: AsyncSession, ticket: Ticket) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)
    said = factories.content("It is still late")
    await tickets.receive(session, ANN, said, staff_chat_id=STAFF, day=TODAY, now=LATER - SECOND)

    await passes(session, LATER + TOLD_AFTER)

    assert await told(session) == []


async def test_thanks_leave_it_closed_and_the_user_hears(
    session: AsyncSession, ticket: Ticket
) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)
    thanks = factories.content("Thanks!")
    await tickets.receive(
        session, ANN, thanks, staff_chat_id=STAFF, day=TODAY, now=NOON, parting=True
    )

    await passes(session, LATER)

    assert await told(session) == [TicketClosed(ticket.id)]


async def test_who_heard_of_the_close_hears_that_it_is_open_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)
    await passes(session, LATER)

    await tickets.reopen(session, ticket, by=None, now=LATER)

    assert await told(session) == [TicketClosed(ticket.id), TicketReopened(ticket.id)]


async def test_of_two_closes_within_the_time_the_last_counts(
    session: AsyncSession, ticket: Ticket
) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)
    await tickets.reopen(session, ticket, by=None, now=NOON + SECOND)
    await tickets.close(session, ticket, by=None, now=NOON + 2 * SECOND)

    await passes(session, LATER + SECOND)
    assert await told(session) == []
    await passes(session, LATER + 2 * SECOND)

    assert await told(session) == [TicketClosed(ticket.id)]
