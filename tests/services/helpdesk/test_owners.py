from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket, TicketStatus, User
from services.helpdesk import owners
from services.notices import CardRedrawn
from services.problems import (
    AnonymousCannotTake,
    TicketAlreadyClosed,
    TicketAlreadyTaken,
    TicketAlreadyYours,
    TicketNotTaken,
    TicketOfColleague,
    TicketToRelease,
)
from tests.services import factories
from tests.services.factories import SECOND, STAFF
from tests.support.times import NOON

CLOSED = TicketStatus.CLOSED


async def colleagues(session: AsyncSession) -> tuple[User, User]:
    return await factories.kate(session), await factories.user(session, 901, name="Max")


async def test_who_takes_a_ticket_has_it_and_the_card_says_so(
    session: AsyncSession, ticket: Ticket
) -> None:
    kate = await factories.kate(session)

    await owners.take(session, ticket, by=kate, now=NOON)
    await session.flush()

    assert ticket.assigned_to == kate.id
    assert await factories.history(session, ticket) == [("taken", kate.id)]
    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]


async def test_a_colleagues_ticket_is_taken_over_only_on_purpose(session: AsyncSession) -> None:
    kate, max_ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate)

    with pytest.raises(TicketAlreadyTaken) as refused:
        await owners.take(session, ticket, by=max_, now=NOON)
    assert refused.value == TicketAlreadyTaken.of(ticket, by="Kate")

    await owners.take(session, ticket, by=max_, now=NOON, over=True)
    assert ticket.assigned_staff is max_


@pytest.mark.parametrize("over", [False, True])
async def test_ones_own_ticket_is_not_taken_again(session: AsyncSession, over: bool) -> None:
    kate = await factories.kate(session)
    ticket = await factories.ticket(session, assigned_staff=kate)

    with pytest.raises(TicketAlreadyYours):
        await owners.take(session, ticket, by=kate, now=NOON, over=over)


async def test_a_closed_ticket_is_not_taken(session: AsyncSession) -> None:
    ticket = await factories.ticket(session, status=CLOSED)

    with pytest.raises(TicketAlreadyClosed):
        await owners.take(session, ticket, by=await factories.kate(session), now=NOON)


async def test_nobody_in_particular_takes_no_ticket(session: AsyncSession, ticket: Ticket) -> None:
    with pytest.raises(AnonymousCannotTake):
        await owners.take(session, ticket, by=None, now=NOON)


# Another has it


async def test_a_colleagues_ticket_is_taken_over_by_a_second_press(session: AsyncSession) -> None:
    kate, max_ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate)

    assert await owners.take_over(session, ticket, by=max_, now=NOON) is kate
    assert ticket.assigned_staff is kate
    assert await factories.waiting(session) == []

    assert await owners.take_over(session, ticket, by=max_, now=NOON + 5 * SECOND) is None
    assert ticket.assigned_staff is max_
    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]
    assert await factories.history(session, ticket) == [
        ("take_over_asked", max_.id),
        ("taken", max_.id),
    ]


@pytest.mark.parametrize(
    "later",
    [timedelta(0), 0.5 * SECOND, 61 * SECOND, timedelta(days=1), -5 * SECOND],
    ids=["at once", "doubled", "too late", "a day later", "the clock was set back"],
)
async def test_a_press_that_nobody_can_have_meant_as_the_second_asks_again(
    session: AsyncSession, later: timedelta
) -> None:
    kate, max_ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate)
    await owners.take_over(session, ticket, by=max_, now=NOON)

    assert await owners.take_over(session, ticket, by=max_, now=NOON + later) is kate
    assert ticket.assigned_staff is kate


async def test_each_of_two_who_press_is_asked(session: AsyncSession) -> None:
    """Whoever was asked about Kate was not asked about the one who has it since."""
    kate, max_ = await colleagues(session)
    eve = await factories.user(session, 902, name="Eve")
    ticket = await factories.ticket(session, assigned_staff=kate)

    assert await owners.take_over(session, ticket, by=max_, now=NOON) is kate
    assert await owners.take_over(session, ticket, by=eve, now=NOON + 2 * SECOND) is kate
    assert await owners.take_over(session, ticket, by=max_, now=NOON + 4 * SECOND) is None
    assert await owners.take_over(session, ticket, by=eve, now=NOON + 6 * SECOND) is max_
    assert ticket.assigned_staff is max_


async def test_a_ticket_that_was_released_meanwhile_is_not_taken_over(
    session: AsyncSession,
) -> None:
    kate, max_ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate)
    await owners.take_over(session, ticket, by=max_, now=NOON)
    await owners.release(session, ticket, by=kate, now=NOON + SECOND)

    with pytest.raises(TicketNotTaken):
        await owners.take_over(session, ticket, by=max_, now=NOON + 2 * SECOND)

    await owners.take(session, ticket, by=kate, now=NOON + 3 * SECOND)
    assert await owners.take_over(session, ticket, by=max_, now=NOON + 4 * SECOND) is kate


async def test_a_ticket_that_was_closed_meanwhile_is_not_taken_over(session: AsyncSession) -> None:
    kate, max_ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate)
    await owners.take_over(session, ticket, by=max_, now=NOON)
    ticket.status = CLOSED

    with pytest.raises(TicketAlreadyClosed):
        await owners.take_over(session, ticket, by=max_, now=NOON + 5 * SECOND)


async def test_ones_own_ticket_is_not_taken_over_but_can_be_released(
    session: AsyncSession,
) -> None:
    kate, _ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate, status=TicketStatus.OPEN)

    with pytest.raises(TicketToRelease):
        await owners.take_over(session, ticket, by=kate, now=NOON)

    await owners.release(session, ticket, by=kate, now=NOON)
    await session.flush()
    assert (ticket.assigned_to, ticket.status) == (None, TicketStatus.OPEN)
    assert await factories.history(session, ticket) == [("released", kate.id)]
    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]


async def test_a_colleagues_ticket_is_not_released(session: AsyncSession) -> None:
    kate, max_ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate)

    with pytest.raises(TicketOfColleague) as refused:
        await owners.release(session, ticket, by=max_, now=NOON)

    assert refused.value == TicketOfColleague.of(ticket, by="Kate")
    assert ticket.assigned_staff is kate


async def test_what_nobody_has_is_not_released(session: AsyncSession, ticket: Ticket) -> None:
    with pytest.raises(TicketNotTaken):
        await owners.release(session, ticket, by=await factories.kate(session), now=NOON)


async def test_a_closed_ticket_is_not_released(session: AsyncSession) -> None:
    kate, _ = await colleagues(session)
    ticket = await factories.ticket(session, assigned_staff=kate, status=CLOSED)

    with pytest.raises(TicketAlreadyClosed):
        await owners.release(session, ticket, by=kate, now=NOON)
