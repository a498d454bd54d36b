"""Of a user's open tickets one is current: the one last spoken in."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket, TicketStatus, User
from services import ticket_service as tickets
from services.helpdesk import current
from tests.services import factories
from tests.services.factories import HOUR
from tests.support.times import NOON


async def ticket(session: AsyncSession, user: User, daily_id: int, hours_ago: int) -> Ticket:
    """Have an open ticket that was current that long ago."""
    since = NOON - hours_ago * HOUR
    return await factories.ticket(
        session, daily_id, user=user, is_current=False, current_since=since
    )


async def current_ones(session: AsyncSession) -> list[int]:
    found = await session.scalars(select(Ticket.daily_id).where(Ticket.is_current))
    return list(found)


async def test_a_ticket_becomes_current_in_the_place_of_the_one_that_was(
    session: AsyncSession,
) -> None:
    ann = await factories.user(session)
    newer = await factories.ticket(session, 2, user=ann)
    older = await ticket(session, ann, 1, hours_ago=2)

    await current.make(session, older, now=NOON)

    assert await current_ones(session) == [1]
    assert await current.ticket_of(session, ann.id) is older
    assert (older.current_since, newer.is_current) == (NOON, False)


async def test_one_that_is_current_stays_so(session: AsyncSession) -> None:
    only = await factories.ticket(session, 1, current_since=NOON - HOUR)

    await current.make(session, only, now=NOON)

    assert (only.is_current, only.current_since) == (True, NOON - HOUR)


async def test_when_the_current_one_closes_the_one_last_spoken_in_takes_over(
    session: AsyncSession,
) -> None:
    ann = await factories.user(session)
    last = await factories.ticket(session, 9, user=ann)
    third, first, second = [
        await ticket(session, ann, daily_id, hours_ago)
        for daily_id, hours_ago in ((3, 5), (1, 1), (2, 3))
    ]

    for closed, following in ((last, [1]), (first, [2]), (second, [3]), (third, [])):
        await tickets.close(session, closed, by=None, now=NOON)
        assert await current_ones(session) == following


async def test_another_one_that_closes_leaves_the_current_one(session: AsyncSession) -> None:
    ann = await factories.user(session)
    await factories.ticket(session, 2, user=ann)
    other = await ticket(session, ann, 1, hours_ago=1)

    await tickets.close(session, other, by=None, now=NOON)

    assert await current_ones(session) == [2]


async def test_a_ticket_that_is_reopened_is_current(session: AsyncSession) -> None:
    closed = await factories.ticket(session, 1, status=TicketStatus.CLOSED)

    await tickets.reopen(session, closed, by=None, now=NOON)

    assert await current_ones(session) == [1]
