from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Direction, Message, Ticket, TicketEvent, TicketStatus, User
from services import ticket_service as tickets
from services.helpdesk import another, answers, cards, owners
from services.helpdesk.content import Content, Person
from services.notices import (
    AnswerPosted,
    CardPosted,
    CardRedrawn,
    CardRetired,
    QuestionPosted,
    TicketOpened,
    TicketReopened,
    UserReturned,
)
from services.problems import (
    MoreWasWritten,
    TicketAlreadyClosed,
    TicketNotClosed,
    TicketOfAnotherTeam,
    UserHasMostTickets,
)
from tests.services import factories
from tests.services.factories import ANN, DAY, HOUR, SECOND, STAFF, TODAY, content
from tests.support.times import NOON

USER = ANN.telegram_id
NEW, OPEN, PENDING, ON_HOLD, CLOSED = TicketStatus
WEEK = timedelta(days=7)


async def receive(
    session: AsyncSession,
    written: Content | None = None,
    *,
    person: Person = ANN,
    now: object = NOON,
    parting: bool = False,
) -> Ticket:
    return await tickets.receive(
        session,
        person,
        written or content(),
        staff_chat_id=STAFF,
        day=TODAY,
        now=now,  # type: ignore[arg-type]
        parting=parting,
    )


async def with_status(session: AsyncSession, status: TicketStatus) -> Ticket:
    return await factories.ticket(session, status=status)


# A ticket's life, coloured by who moves it


@pytest.mark.parametrize(
    ("before", "after"),
    [(NEW, OPEN), (OPEN, OPEN), (PENDING, PENDING), (ON_HOLD, ON_HOLD)],
)
async def test_who_takes_a_new_ticket_opens_it(
    session: AsyncSession, before: TicketStatus, after: TicketStatus
) -> None:
    ticket = await with_status(session, before)

    await owners.take(session, ticket, by=await factories.kate(session), now=NOON)

    assert ticket.status is after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NEW, PENDING),
        (OPEN, PENDING),
        (PENDING, PENDING),
        (ON_HOLD, ON_HOLD),
        (CLOSED, CLOSED),
    ],
)
async def test_an_answer_leaves_it_to_the_user_to_act(
    session: AsyncSession, before: TicketStatus, after: TicketStatus
) -> None:
    ticket = await with_status(session, before)

    await answers.write(session, ticket, content(chat_id=STAFF), by=None, now=NOON)

    assert ticket.status is after


@pytest.mark.parametrize(
    ("before", "after"),
    [(NEW, NEW), (OPEN, OPEN), (PENDING, OPEN), (ON_HOLD, OPEN), (CLOSED, OPEN)],
)
async def test_when_the_user_writes_staff_must_act(
    session: AsyncSession, before: TicketStatus, after: TicketStatus
) -> None:
    ticket = await with_status(session, before)

    await receive(session)

    assert ticket.status is after


async def test_a_ticket_waits_since_it_became_somebodys_turn(session: AsyncSession) -> None:
    kate, ticket = await factories.kate(session), await receive(session)
    ticket = await tickets.get(session, ticket.id, staff_chat_id=STAFF)
    since = [ticket.waiting_since]

    await owners.take(session, ticket, by=kate, now=NOON + HOUR)
    since.append(ticket.waiting_since)
    said = content("Which order?", chat_id=STAFF)
    await answers.write(session, ticket, said, by=kate, now=NOON + 2 * HOUR)
    since.append(ticket.waiting_since)
    for hours in (3, 4):
        await receive(session, now=NOON + hours * HOUR)
        since.append(ticket.waiting_since)
    await factories.all_arrives(session)
    await tickets.close(session, ticket, by=kate, now=NOON + 5 * HOUR)
    since.append(ticket.waiting_since)
    await tickets.reopen(session, ticket, by=kate, now=NOON + 6 * HOUR)
    since.append(ticket.waiting_since)

    assert since == [NOON + hours * HOUR for hours in (0, 0, 2, 3, 3, 5, 6)]


@pytest.mark.parametrize("before", [NEW, OPEN, PENDING, ON_HOLD])
async def test_any_ticket_can_be_closed(session: AsyncSession, before: TicketStatus) -> None:
    ticket = await with_status(session, before)

    await tickets.close(session, ticket, by=None, now=NOON)

    assert (ticket.status, ticket.closed_at) == (CLOSED, NOON)


async def test_a_ticket_stays_open_while_staff_cannot_have_seen_what_its_user_wrote(
    session: AsyncSession,
) -> None:
    ticket = await receive(session)
    await receive(session, content("One more thing"))

    with pytest.raises(MoreWasWritten):
        await tickets.close(session, ticket, by=None, now=NOON)

    assert ticket.status is NEW
    await factories.all_arrives(session)
    await tickets.close(session, ticket, by=None, now=NOON)
    assert ticket.status is CLOSED


async def test_a_closed_ticket_can_be_reopened(session: AsyncSession) -> None:
    ticket = await with_status(session, CLOSED)

    await tickets.reopen(session, ticket, by=None, now=NOON)

    assert (ticket.status, ticket.closed_at) == (OPEN, None)


# A user writes


async def test_a_first_message_opens_a_ticket_and_both_sides_hear_of_it(
    session: AsyncSession,
) -> None:
    ticket = await receive(session, content("My order is late"))

    assert (ticket.daily_id, ticket.opened_on, ticket.status) == (1, TODAY, NEW)
    assert (ticket.user.telegram_id, ticket.staff_chat_id) == (USER, STAFF)
    assert ticket.opened_at == NOON
    assert await factories.waiting(session) == [
        (USER, TicketOpened(ticket.id)),
        (STAFF, CardPosted(ticket.id)),
    ]


async def test_what_was_written_is_stored_as_a_question_of_its_author(
    session: AsyncSession,
) -> None:
    written = content("My order is late", entities=[{"type": "bold", "offset": 0, "length": 2}])

    ticket = await receive(session, written)

    message = (await session.scalars(select(Message))).one()
    assert (message.ticket_id, message.author_id) == (ticket.id, ticket.user_id)
    assert (message.direction, message.text) == (Direction.QUESTION, "My order is late")
    assert message.entities == written.entities


async def test_a_first_message_that_is_not_text_follows_its_card(session: AsyncSession) -> None:
    ticket = await receive(session, factories.photo("Look"))

    message = (await session.scalars(select(Message))).one()
    assert await factories.waiting(session) == [
        (USER, TicketOpened(ticket.id)),
        (STAFF, CardPosted(ticket.id)),
        (STAFF, QuestionPosted(message.id)),
    ]


async def test_numbers_count_from_1_each_day(session: AsyncSession) -> None:
    days = [TODAY, TODAY, TODAY + DAY, TODAY]

    opened = [
        await tickets.receive(
            session,
            Person(telegram_id, "Ann"),
            content(chat_id=telegram_id),
            staff_chat_id=STAFF,
            day=day,
            now=NOON,
        )
        for telegram_id, day in enumerate(days, start=100)
    ]

    assert [(one.opened_on, one.daily_id) for one in opened] == [
        (TODAY, 1),
        (TODAY, 2),
        (TODAY + DAY, 1),
        (TODAY, 3),
    ]


async def test_later_messages_join_the_open_ticket(session: AsyncSession) -> None:
    opened = await receive(session)

    joined = await receive(session, content("And one more thing"))

    assert joined is opened
    message = (await session.scalars(select(Message).order_by(Message.id.desc()))).first()
    assert message is not None
    assert (await factories.waiting(session))[2:] == [(STAFF, QuestionPosted(message.id))]


async def test_a_newcomer_who_asks_for_another_ticket_first_has_one(session: AsyncSession) -> None:
    await another.wish(session, ANN, now=NOON)
    ticket = await receive(session)
    assert await receive(session, content("still", message_id=2)) is ticket


async def test_a_newcomer_whose_first_message_was_rolled_back_has_one_ticket(
    session: AsyncSession,
) -> None:
    async with session.begin_nested() as failed:
        await receive(session)
        await failed.rollback()
    ticket = await receive(session)
    assert await receive(session, content("still", message_id=2)) is ticket


async def test_what_comes_right_after_a_first_message_costs_no_more_than_what_comes_later(
    session: AsyncSession,
) -> None:
    statements: list[str] = []
    connection = (await session.connection()).sync_connection
    assert connection is not None
    await receive(session)
    event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))

    costs = []
    for seconds in (1, 2, 60):
        statements.clear()
        await receive(session, content("still"), now=NOON + seconds * SECOND)
        costs.append(len(statements))

    at_once, later = costs[1:]  # the first of them also writes what opened the ticket
    assert at_once == later


@pytest.mark.parametrize("status", [PENDING, ON_HOLD])
async def test_a_card_shows_that_the_user_wrote(
    session: AsyncSession, status: TicketStatus
) -> None:
    ticket = await with_status(session, status)

    await receive(session)

    assert (STAFF, CardRedrawn(ticket.id)) in await factories.waiting(session)


async def test_an_open_ticket_is_joined_however_old_it_is(session: AsyncSession) -> None:
    old = await factories.ticket(session, opened_on=TODAY - 90 * DAY, opened_at=NOON - 90 * DAY)

    assert await receive(session) is old


async def test_writing_within_a_week_of_the_close_reopens_under_a_new_card(
    session: AsyncSession,
) -> None:
    ticket = await factories.ticket(session, status=CLOSED, closed_at=NOON - WEEK)

    await receive(session, content("It broke again"))

    message = (await session.scalars(select(Message))).one()
    assert (ticket.status, ticket.closed_at) == (OPEN, None)
    assert await factories.waiting(session) == [
        (USER, TicketReopened(ticket.id)),
        (STAFF, CardPosted(ticket.id, message.id)),
        (STAFF, CardRetired(ticket.id)),
    ]
    assert await factories.history(session, ticket) == [("reopened", ticket.user_id)]


async def test_a_picture_that_reopens_a_ticket_follows_its_new_card(
    session: AsyncSession,
) -> None:
    ticket = await factories.ticket(session, status=CLOSED, closed_at=NOON - WEEK)

    await receive(session, factories.photo("It broke again"))

    message = (await session.scalars(select(Message))).one()
    assert await factories.waiting(session) == [
        (USER, TicketReopened(ticket.id)),
        (STAFF, CardPosted(ticket.id, message.id)),
        (STAFF, CardRetired(ticket.id)),
        (STAFF, QuestionPosted(message.id)),
    ]


async def test_writing_after_a_week_opens_a_new_ticket(session: AsyncSession) -> None:
    closed_at = NOON - WEEK - SECOND
    old = await factories.ticket(session, status=CLOSED, closed_at=closed_at)

    opened = await receive(session)

    assert opened is not old
    assert (old.status, opened.status) == (CLOSED, NEW)


async def test_of_several_closed_tickets_the_one_closed_last_is_reopened(
    session: AsyncSession,
) -> None:
    ann = await factories.user(session)
    for number, closed_at in ((1, NOON - 3 * DAY), (3, NOON - DAY), (2, NOON - 2 * DAY)):
        await factories.ticket(session, number, user=ann, status=CLOSED, closed_at=closed_at)

    assert (await receive(session)).daily_id == 3


async def test_thanks_reopen_nothing_and_are_shown_to_staff(session: AsyncSession) -> None:
    ticket = await factories.ticket(session, status=CLOSED)

    await receive(session, content("Thank you!"), parting=True)

    message = (await session.scalars(select(Message))).one()
    assert (ticket.status, message.ticket_id) == (CLOSED, ticket.id)
    assert await factories.waiting(session) == [(STAFF, QuestionPosted(message.id))]


async def test_thanks_on_an_open_ticket_are_a_message_like_any_other(
    session: AsyncSession,
) -> None:
    ticket = await with_status(session, PENDING)

    await receive(session, content("Thank you!"), parting=True)

    assert ticket.status is OPEN


async def test_thanks_long_after_the_close_open_a_new_ticket(session: AsyncSession) -> None:
    await factories.ticket(session, status=CLOSED, closed_at=NOON - 2 * WEEK)

    assert (await receive(session, content("Thank you!"), parting=True)).status is NEW


async def test_who_writes_is_back_although_the_bot_was_blocked(session: AsyncSession) -> None:
    ann = await factories.user(session, blocked_at=NOON)
    ticket = await factories.ticket(session, user=ann)
    failed = AnswerPosted(1)
    await factories.delivery(session, failed, ticket, status="failed")

    await receive(session)

    assert ann.blocked_at is None
    assert (STAFF, UserReturned(ticket.id, int(NOON.timestamp()))) in await factories.waiting(
        session
    )


async def test_the_items_of_an_album_are_one_ticket(session: AsyncSession) -> None:
    album = [factories.photo(media_group_id="album") for _ in range(3)]

    opened = {(await receive(session, item)).id for item in album}

    assert len(opened) == 1


async def test_each_user_has_a_ticket_of_their_own(session: AsyncSession) -> None:
    bob = Person(8, "Bob")

    anns, bobs = await receive(session), await receive(session, content(chat_id=8), person=bob)

    assert anns is not bobs
    assert (anns.user.name, bobs.user.name) == ("Ann", "Bob")


# Staff close


async def test_closing_a_ticket_redraws_its_card(session: AsyncSession, ticket: Ticket) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)

    assert await factories.waiting(session) == [
        (STAFF, CardRedrawn(ticket.id)),
    ]


async def test_the_reason_of_a_close_is_written_down(session: AsyncSession, ticket: Ticket) -> None:
    kate = await factories.kate(session)

    await tickets.close(session, ticket, by=kate, now=NOON, reason="spam")

    event = (await session.scalars(select(TicketEvent))).one()
    assert (event.kind, event.actor_id, event.details) == ("closed", kate.id, {"reason": "spam"})
    assert event.happened_at == NOON


async def test_closing_without_a_reason_says_none(session: AsyncSession, ticket: Ticket) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)

    assert (await session.scalars(select(TicketEvent.details))).one() is None


async def test_a_closed_ticket_is_not_closed_again(session: AsyncSession) -> None:
    ticket = await with_status(session, CLOSED)

    with pytest.raises(TicketAlreadyClosed) as refused:
        await tickets.close(session, ticket, by=None, now=NOON + SECOND)

    assert refused.value == TicketAlreadyClosed.of(ticket)
    assert (ticket.closed_at, await factories.waiting(session)) == (NOON, [])


# Staff reopen


async def test_reopening_tells_the_user_and_posts_a_new_card(session: AsyncSession) -> None:
    ticket, kate = await with_status(session, CLOSED), await factories.kate(session)

    await tickets.reopen(session, ticket, by=kate, now=NOON)

    assert await factories.history(session, ticket) == [("reopened", kate.id)]
    assert await factories.waiting(session) == [
        (USER, TicketReopened(ticket.id)),
        (STAFF, CardPosted(ticket.id)),
        (STAFF, CardRetired(ticket.id)),
    ]


@pytest.mark.parametrize("status", [NEW, OPEN, PENDING, ON_HOLD])
async def test_what_is_not_closed_is_not_reopened(
    session: AsyncSession, status: TicketStatus
) -> None:
    ticket = await with_status(session, status)

    with pytest.raises(TicketNotClosed) as refused:
        await tickets.reopen(session, ticket, by=None, now=NOON)

    assert refused.value == TicketNotClosed.of(ticket)


async def test_a_ticket_is_reopened_beside_another_one_which_stays_current(
    session: AsyncSession,
) -> None:
    closed = await with_status(session, CLOSED)
    other = await factories.ticket(session, 9, user=closed.user)

    await tickets.reopen(session, closed, by=None, now=NOON)

    assert (closed.status, closed.is_current, other.is_current) == (OPEN, False, True)


async def test_staff_reopen_no_ticket_of_a_user_who_has_five(session: AsyncSession) -> None:
    closed = await with_status(session, CLOSED)
    for number in range(10, 10 + another.MOST_OPEN):
        await factories.ticket(session, number, user=closed.user, is_current=number == 10)

    with pytest.raises(UserHasMostTickets) as refused:
        await tickets.reopen(session, closed, by=None, now=NOON)

    assert refused.value == UserHasMostTickets.of(closed, most=5)


async def test_a_new_card_that_waits_is_not_posted_twice(
    session: AsyncSession, ticket: Ticket
) -> None:
    for _ in range(2):
        await cards.post_new(session, ticket, now=NOON)

    assert await factories.waiting(session) == [
        (STAFF, CardPosted(ticket.id)),
        (STAFF, CardRetired(ticket.id)),
    ]


# Getting a ticket to work on


async def test_a_ticket_comes_with_its_people(session: AsyncSession) -> None:
    kate = await factories.kate(session)
    ticket = await factories.ticket(session, assigned_staff=kate)
    session.expunge_all()

    found = await tickets.get(session, ticket.id, staff_chat_id=STAFF)

    assert found.user.name == "Ann"
    assert found.assigned_staff is not None
    assert found.assigned_staff.name == "Kate"


async def test_a_ticket_of_another_staff_chat_is_not_for_you(
    session: AsyncSession, ticket: Ticket
) -> None:
    with pytest.raises(TicketOfAnotherTeam):
        await tickets.get(session, ticket.id, staff_chat_id=-5)


async def test_a_ticket_that_does_not_exist_is_not_for_you(session: AsyncSession) -> None:
    with pytest.raises(TicketOfAnotherTeam):
        await tickets.get(session, 10**15, staff_chat_id=STAFF)


async def test_a_user_is_one_row_whatever_they_write(session: AsyncSession) -> None:
    for _ in range(3):
        await receive(session)

    assert len((await session.scalars(select(User))).all()) == 1
