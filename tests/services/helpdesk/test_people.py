import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket, TicketStatus, User
from services.helpdesk import people
from services.helpdesk.content import Person
from services.notices import AnswerPosted, CardRedrawn, QuestionPosted, UserReturned
from tests.services import factories
from tests.services.factories import ANN, HOUR, STAFF
from tests.support.times import NOON

FAILED = DeliveryStatus.FAILED


async def test_somebody_new_is_remembered(session: AsyncSession) -> None:
    known = await people.remember(session, ANN, now=NOON)

    assert (known.telegram_id, known.name, known.username) == (7, "Ann", "ann")
    assert (known.language, known.created_at, known.blocked_at) == ("en", NOON, None)
    assert known.chat_id == 7


async def test_somebody_known_has_the_name_of_today(session: AsyncSession) -> None:
    first = await people.remember(session, ANN, now=NOON)

    later = await people.remember(session, Person(7, "Anna", None, "ru"), now=NOON + HOUR)

    assert later is first
    assert (later.name, later.username, later.language) == ("Anna", None, "ru")
    assert later.created_at == NOON
    assert len((await session.scalars(select(User))).all()) == 1


@pytest.mark.parametrize(
    ("person", "redrawn"),
    [
        (Person(7, "Anna", "ann", "en"), True),
        (Person(7, "Ann", None, "en"), True),
        (Person(7, "Ann", "ann", "ru"), False),
        (ANN, False),
    ],
)
async def test_a_card_follows_its_users_name(
    session: AsyncSession, person: Person, redrawn: bool
) -> None:
    ann = await people.remember(session, ANN, now=NOON)
    ticket = await factories.ticket(session, user=ann)

    await people.remember(session, person, now=NOON)

    expected = [(STAFF, CardRedrawn(ticket.id))] if redrawn else []
    assert await factories.waiting(session) == expected


async def test_a_card_says_that_its_user_is_away_and_back_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    await people.blocked(session, ANN.telegram_id, now=NOON)
    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]
    (redraw,) = await session.scalars(select(Delivery))
    redraw.status = DeliveryStatus.DELIVERED

    await people.came_back(session, ticket.user, now=NOON)

    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]


async def test_who_blocks_the_bot_is_remembered_with_the_first_time(
    session: AsyncSession, ticket: Ticket
) -> None:
    for now in (NOON, NOON + HOUR):
        await people.blocked(session, ANN.telegram_id, now=now)

    assert ticket.user.blocked_at == NOON


async def test_that_a_stranger_blocks_the_bot_changes_nothing(session: AsyncSession) -> None:
    await people.blocked(session, 12345, now=NOON)

    assert (await session.scalars(select(User))).all() == []


def returned(ticket: Ticket) -> UserReturned:
    """Tell that the ticket's user is back, who was away from noon on."""
    return UserReturned(ticket.id, int(NOON.timestamp()))


async def come_back(session: AsyncSession, ticket: Ticket) -> list[object]:
    ticket.user.blocked_at = NOON
    await people.came_back(session, ticket.user, now=NOON + HOUR)
    assert ticket.user.blocked_at is None
    waiting = await factories.waiting(session)
    return [notice for _, notice in waiting if isinstance(notice, UserReturned)]


async def test_staff_hear_of_a_user_who_is_back_and_missed_an_answer(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.delivery(session, AnswerPosted(1), ticket, status=FAILED)

    assert await come_back(session, ticket) == [returned(ticket)]
    assert (STAFF, returned(ticket)) in await factories.waiting(session)


async def test_a_return_is_no_news_when_no_answer_was_missed(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.delivery(session, QuestionPosted(1), ticket, status=FAILED)
    await factories.delivery(session, AnswerPosted(2), ticket, status=DeliveryStatus.DELIVERED)

    assert await come_back(session, ticket) == []


async def test_a_return_to_a_closed_ticket_is_told_too(session: AsyncSession) -> None:
    ticket = await factories.ticket(session, status=TicketStatus.CLOSED)
    await factories.delivery(session, AnswerPosted(1), ticket, status=FAILED)

    assert await come_back(session, ticket) == [returned(ticket)]


async def test_what_failed_before_the_block_is_no_news_at_the_return(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.delivery(session, AnswerPosted(1), ticket, status=FAILED, now=NOON - HOUR)

    assert await come_back(session, ticket) == []


async def test_who_was_never_away_does_not_come_back(session: AsyncSession, ticket: Ticket) -> None:
    await factories.delivery(session, AnswerPosted(1), ticket, status=FAILED)

    await people.came_back(session, ticket.user, now=NOON)

    assert await factories.waiting(session) == []
