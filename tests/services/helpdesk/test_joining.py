"""Which of several tickets a user's message joins."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Direction, LinkKind, Message, Ticket, TicketStatus
from services import ticket_service as tickets
from services.helpdesk import another, current
from services.helpdesk.closing import TOLD_AFTER
from services.helpdesk.content import Content
from services.helpdesk.joining import REOPENS_WITHIN
from services.notices import NoRoomForAnother, TicketJoined
from tests.services import factories
from tests.services.factories import ANN, DAY, HOUR, SECOND, STAFF, TODAY, content, photo
from tests.support.duties import passes
from tests.support.times import NOON

CLOSED = TicketStatus.CLOSED


@pytest.fixture
async def first(session: AsyncSession) -> Ticket:
    """Have an open ticket of Ann's that is not current."""
    return await factories.ticket(session, 1, is_current=False)


@pytest.fixture
async def second(session: AsyncSession, first: Ticket) -> Ticket:
    """Have her current one."""
    return await factories.ticket(session, 2, user=first.user)


async def receive(
    session: AsyncSession, written: Content, *, now: datetime = NOON, parting: bool = False
) -> Ticket:
    return await tickets.receive(
        session, ANN, written, staff_chat_id=STAFF, day=TODAY, now=now, parting=parting
    )


async def an_answer_on(session: AsyncSession, ticket: Ticket) -> int:
    """Have a copy of an answer in Ann's chat; give its id there."""
    await factories.link(session, ticket, 500, chat_id=ANN.telegram_id, kind=LinkKind.COPY)
    return 500


async def test_what_replies_to_nothing_joins_the_current_ticket(
    session: AsyncSession, second: Ticket
) -> None:
    assert await receive(session, content("Hello?")) is second


async def test_a_reply_to_an_answer_joins_its_ticket_and_makes_it_current(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    copy = await an_answer_on(session, first)

    assert await receive(session, content("About this", reply_to=copy)) is first

    assert (first.is_current, second.is_current) == (True, False)
    assert await receive(session, content("And this")) is first


async def test_a_reply_to_an_own_message_joins_its_ticket(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    own = await factories.message(session, first)

    joined = await receive(session, content("I mean this one", reply_to=own.message_id))

    newest = await session.scalar(select(Message).order_by(Message.id.desc()).limit(1))
    assert (joined, second.is_current) == (first, False)
    assert newest is not None
    assert newest.reply_to_id == own.id


async def test_a_reply_to_a_message_of_no_ticket_joins_the_current_one(
    session: AsyncSession, second: Ticket
) -> None:
    assert await receive(session, content("Thanks for this", reply_to=404)) is second


async def test_a_reply_to_a_closed_ticket_reopens_it_beside_the_open_one(
    session: AsyncSession, second: Ticket
) -> None:
    closed = await factories.ticket(session, 3, user=second.user, status=CLOSED)
    copy = await an_answer_on(session, closed)

    assert await receive(session, content("It is broken again", reply_to=copy)) is closed

    assert (closed.status, second.status) == (TicketStatus.OPEN, TicketStatus.NEW)
    assert (closed.is_current, second.is_current) == (True, False)


async def test_thanks_in_reply_to_a_closed_ticket_leave_it_closed(
    session: AsyncSession, second: Ticket
) -> None:
    closed = await factories.ticket(session, 3, user=second.user, status=CLOSED)
    copy = await an_answer_on(session, closed)

    assert await receive(session, content("Thanks!", reply_to=copy), parting=True) is closed

    assert (closed.status, second.is_current) == (CLOSED, True)


async def test_a_reply_to_a_ticket_closed_long_ago_joins_the_current_one(
    session: AsyncSession, second: Ticket
) -> None:
    at = NOON - REOPENS_WITHIN - SECOND
    old = await factories.ticket(session, 3, user=second.user, status=CLOSED, closed_at=at)
    copy = await an_answer_on(session, old)

    assert await receive(session, content("Still there?", reply_to=copy)) is second
    assert await told(session) == [second]


async def test_whoever_addressed_a_ticket_closed_long_ago_hears_what_their_words_joined(
    session: AsyncSession,
) -> None:
    only = await factories.ticket(session, 1)
    at = NOON - REOPENS_WITHIN - SECOND
    old = await factories.ticket(session, 3, user=only.user, status=CLOSED, closed_at=at)
    copy = await an_answer_on(session, old)
    await receive(session, content("Hello?"))

    await receive(session, content("Still there?", reply_to=copy))
    await receive(session, content("It is red"))

    assert await told(session) == [only]


async def test_whoever_has_five_open_tickets_reopens_no_other_and_hears_so(
    session: AsyncSession, second: Ticket
) -> None:
    closed = await factories.ticket(session, 3, user=second.user, status=CLOSED)
    copy = await an_answer_on(session, closed)
    for number in range(4, 4 + another.MOST_OPEN - 2):
        await factories.ticket(session, number, user=second.user, is_current=False)

    written = content("It is broken again", reply_to=copy)
    assert await receive(session, written) is second

    assert closed.status is CLOSED
    told = NoRoomForAnother(written.message_id, "en")
    assert (ANN.telegram_id, told) in await factories.waiting(session)


async def test_an_album_stays_together_although_another_ticket_became_current(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    copy = await an_answer_on(session, first)
    await receive(session, photo(media_group_id="album"))
    await receive(session, content("Meanwhile", reply_to=copy))

    assert await receive(session, photo(media_group_id="album")) is second


async def test_a_service_message_joins_the_ticket_that_it_replies_to(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    own = await factories.message(session, first)

    unknown = content(None, kind="unknown", reply_to=own.message_id)
    await tickets.receive_unknown(session, ANN, unknown, now=NOON)

    newest = await session.scalar(select(Message).order_by(Message.id.desc()).limit(1))
    assert newest is not None
    assert (newest.ticket_id, second.is_current) == (first.id, True)


async def told(session: AsyncSession) -> list[Ticket]:
    """Give the tickets that Ann is told her words joined."""
    found = [one for chat, one in await factories.waiting(session) if chat == ANN.telegram_id]
    ids = [one.message_id for one in found if isinstance(one, TicketJoined)]
    stored = [await session.get_one(Message, one) for one in ids]
    return [await session.get_one(Ticket, one.ticket_id) for one in stored]


async def test_whoever_has_several_hears_when_words_join_another_one_than_the_last(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    await receive(session, content("Hello?"))
    await receive(session, content("Anybody?"))
    assert await told(session) == [second]

    await current.make(session, first, now=NOON)  # an answer on it arrived
    await receive(session, content("Thank you"))
    await receive(session, content("And when?"))

    assert await told(session) == [second, first]


async def test_a_reply_is_not_told_and_does_not_count(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    second.user.last_joined_id = second.id
    copy = await an_answer_on(session, first)

    await receive(session, content("About this", reply_to=copy))
    assert await told(session) == []
    await receive(session, content("And this"))

    assert await told(session) == [first]


async def test_of_an_album_only_the_first_item_is_told(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    second.user.last_joined_id = first.id

    await receive(session, photo(media_group_id="album"))
    await receive(session, photo(media_group_id="album"))

    assert await told(session) == [second]


async def test_words_that_open_a_ticket_joined_it(session: AsyncSession, second: Ticket) -> None:
    second.user.last_joined_id = second.id

    third = await tickets.receive(
        session,
        ANN,
        content("More"),
        staff_chat_id=STAFF,
        day=TODAY + DAY,
        now=NOON,
        as_another=True,
    )
    await receive(session, content("I forgot"))

    assert second.user.last_joined_id == third.id
    assert await told(session) == []


async def test_whoever_has_one_open_ticket_is_told_nothing(session: AsyncSession) -> None:
    only = await factories.ticket(session, 1)
    await factories.ticket(session, 2, user=only.user, status=CLOSED)

    await receive(session, content("Hello?"), now=NOON + timedelta(minutes=1))

    assert only.user.last_joined_id == only.id
    assert await told(session) == []


async def test_whoever_reads_that_another_ticket_is_closed_hears_what_the_next_words_join(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    first.user.last_joined_id = second.id
    await tickets.close(session, first, by=None, now=NOON)
    await passes(session, NOON + TOLD_AFTER)

    await receive(session, content("It is broken"), now=NOON + HOUR)
    await receive(session, content("Again"), now=NOON + HOUR)

    assert await told(session) == [second]


async def test_whoever_reads_an_answer_on_a_closed_ticket_hears_what_the_next_words_join(
    session: AsyncSession, second: Ticket
) -> None:
    second.user.last_joined_id = second.id
    closed = await factories.ticket(session, 3, user=second.user, status=CLOSED)
    answer = await factories.message(session, closed, content("Where?"), Direction.ANSWER)
    await current.answered(session, [answer.id], now=NOON)

    await receive(session, content("In the garden"), now=NOON + HOUR)

    assert await told(session) == [second]
    assert closed.status is CLOSED


async def test_whoever_reads_that_a_ticket_is_open_again_knows_where_words_go(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    second.user.last_joined_id = second.id
    first.status, first.closed_at = CLOSED, NOON - HOUR
    copy = await an_answer_on(session, first)

    await receive(session, content("It is broken again", reply_to=copy))
    await receive(session, content("And again"))

    assert await told(session) == []


async def test_words_that_reopen_the_only_ticket_are_not_told(session: AsyncSession) -> None:
    closed = await factories.ticket(session, 1, status=CLOSED)

    assert await receive(session, content("It is broken again")) is closed

    assert closed.user.last_joined_id == closed.id
    assert await told(session) == []


async def test_a_service_message_counts_for_nothing(session: AsyncSession, second: Ticket) -> None:
    await tickets.receive_unknown(session, ANN, content(None, kind="unknown"), now=NOON)

    assert second.user.last_joined_id is None
    assert await told(session) == []


@pytest.mark.parametrize(("seconds", "joins"), [(9, "first"), (10, "second")])
async def test_who_cannot_know_of_the_close_yet_goes_on_with_the_closed_ticket(
    session: AsyncSession, first: Ticket, second: Ticket, seconds: int, joins: str
) -> None:
    second.opened_at = NOON - HOUR
    await receive(session, content("About this", reply_to=await an_answer_on(session, first)))
    await factories.all_arrives(session)
    await tickets.close(session, first, by=None, now=NOON)

    joined = await receive(session, content("It is red"), now=NOON + timedelta(seconds=seconds))

    assert joined is {"first": first, "second": second}[joins]
    assert (first.status is CLOSED) == (joins == "second")


@pytest.fixture
async def closed(session: AsyncSession, first: Ticket, second: Ticket) -> Ticket:
    """Have the first ticket be current, and just closed; the second took over."""
    second.opened_at = NOON - HOUR
    await receive(session, content("About this", reply_to=await an_answer_on(session, first)))
    await factories.all_arrives(session)
    await tickets.close(session, first, by=None, now=NOON)
    return first


async def test_whose_words_go_on_with_it_is_told_if_the_words_before_joined_the_other_one(
    session: AsyncSession, closed: Ticket, second: Ticket
) -> None:
    second.user.last_joined_id = second.id

    await receive(session, content("It is red"), now=NOON + SECOND)
    await receive(session, content("Or blue"), now=NOON + SECOND)

    assert await told(session) == [closed]


async def test_thanks_that_leave_it_closed_are_told_nothing(
    session: AsyncSession, closed: Ticket, second: Ticket
) -> None:
    second.user.last_joined_id = second.id

    assert await receive(session, content("Thanks!"), now=NOON + SECOND, parting=True) is closed

    assert closed.status is CLOSED
    assert await told(session) == []


async def test_whoever_replies_in_the_ticket_that_took_over_goes_on_there(
    session: AsyncSession, closed: Ticket, second: Ticket
) -> None:
    await factories.link(session, second, 600, chat_id=ANN.telegram_id, kind=LinkKind.COPY)
    await receive(session, content("In this one", reply_to=600), now=NOON + SECOND)

    assert await receive(session, content("And more"), now=NOON + 2 * SECOND) is second
    assert closed.status is CLOSED


async def test_whoever_reads_an_answer_in_the_ticket_that_took_over_goes_on_there(
    session: AsyncSession, closed: Ticket, second: Ticket
) -> None:
    answer = await factories.message(session, second, content("Which?"), Direction.ANSWER)
    await current.answered(session, [answer.id], now=NOON + SECOND)

    assert await receive(session, content("And more"), now=NOON + 2 * SECOND) is second
    assert closed.status is CLOSED


@pytest.mark.parametrize(("seconds", "joins"), [(9, "first"), (10, "second")])
async def test_a_close_that_is_undone_before_the_user_hears_of_it_changes_nothing(
    session: AsyncSession, closed: Ticket, second: Ticket, seconds: int, joins: str
) -> None:
    now = NOON + timedelta(seconds=seconds)
    await tickets.reopen(session, closed, by=None, now=now)

    joined = await receive(session, content("And more"), now=now + HOUR)

    assert joined is {"first": closed, "second": second}[joins]


async def test_a_close_of_another_ticket_changes_nothing_for_the_current_one(
    session: AsyncSession, first: Ticket, second: Ticket
) -> None:
    first.current_since = NOON - timedelta(minutes=1)
    await tickets.close(session, first, by=None, now=NOON)

    assert await receive(session, content("Hello?"), now=NOON) is second
