"""A user who blocked the bot and came back: what is sent, taken back and told then."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Message, Ticket
from services.delivery import settling
from services.delivery.outcomes import UserGone
from services.helpdesk import failure_notices, people, resend
from services.notices import (
    AnswerPosted,
    AnswerRetracted,
    DeliveryFailed,
    Notice,
    SentAgain,
    UserReturned,
)
from services.problems import AnswerIsNote, NothingToResend
from tests.services import factories
from tests.services.factories import ANN, HOUR, MINUTE, SECOND, STAFF
from tests.support.times import NOON

USER = ANN.telegram_id


async def on_its_way(
    session: AsyncSession,
    ticket: Ticket,
    kind: type[AnswerPosted | AnswerRetracted] = AnswerPosted,
    direction: Direction = Direction.ANSWER,
) -> Delivery:
    written = factories.content(chat_id=STAFF)
    answer = await factories.message(session, ticket, written, direction)
    return await factories.claimed(session, kind(answer.id), ticket, chat_id=USER)


async def refused(
    session: AsyncSession, sent: Delivery, *, left_at: datetime, now: datetime
) -> None:
    trip = factories.trip_of([sent], factories.parcel(USER), left_at=left_at)
    blocked = UserGone("bot was blocked by the user")
    await settling.settle(session, trip, [sent], blocked, now=now)
    await session.flush()


async def back(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    await people.came_back(session, ticket.user, now=now)
    await session.flush()


async def told(session: AsyncSession, kind: type[Notice]) -> list[Delivery]:
    found = select(Delivery).where(Delivery.kind == kind.kind).order_by(Delivery.id)
    return list(await session.scalars(found))


async def standing(session: AsyncSession, ticket: Ticket, notice: Notice, place: int) -> None:
    """Have a notice that has arrived in the staff chat as a message."""
    posted = await factories.delivery(session, notice, ticket, status=DeliveryStatus.DELIVERED)
    failure_notices.note_place(posted, place)
    await session.flush()


async def edits(session: AsyncSession) -> list[tuple[int, list[int]]]:
    shown = [one.payload for one in await told(session, SentAgain)]
    return [(one["message_id"], [one["delivery_id"], *one["others"]]) for one in shown]


async def test_a_refusal_that_is_read_after_the_return_has_it_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    await people.blocked(session, USER, now=NOON - MINUTE)
    sent = await on_its_way(session, ticket)
    await back(session, ticket, now=NOON + SECOND)

    await refused(session, sent, left_at=NOON, now=NOON + 2 * SECOND)

    assert ticket.user.blocked_at is None
    assert sent.status is DeliveryStatus.WAITING
    assert await told(session, DeliveryFailed) == []


@pytest.mark.parametrize(
    ("returned_at", "left_at"),
    [
        pytest.param(NOON - SECOND, NOON, id="blocked again"),
        pytest.param(NOON + HOUR, NOON, id="the clock was set back"),
    ],
)
async def test_a_refusal_of_today_is_a_block(
    session: AsyncSession, ticket: Ticket, returned_at: datetime, left_at: datetime
) -> None:
    ticket.user.returned_at = returned_at
    sent = await on_its_way(session, ticket)

    await refused(session, sent, left_at=left_at, now=NOON + SECOND)

    assert ticket.user.blocked_at == left_at
    assert sent.status is DeliveryStatus.FAILED


async def test_what_was_in_flight_when_the_block_became_known_counts_as_missed(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await on_its_way(session, ticket)
    await people.blocked(session, USER, now=NOON + SECOND)
    await refused(session, sent, left_at=NOON, now=NOON + 2 * SECOND)

    await back(session, ticket, now=NOON + HOUR)

    (notice,) = await told(session, UserReturned)
    assert notice.payload == UserReturned(ticket.id, int(NOON.timestamp())).to_json()


async def test_what_failed_in_an_earlier_block_is_not_sent_at_a_later_return(
    session: AsyncSession, ticket: Ticket
) -> None:
    old = await on_its_way(session, ticket)
    await refused(session, old, left_at=NOON - HOUR, now=NOON - HOUR)
    await back(session, ticket, now=NOON - MINUTE)
    new = await on_its_way(session, ticket)
    await refused(session, new, left_at=NOON, now=NOON)
    await back(session, ticket, now=NOON + MINUTE)

    await resend.resend_missed(session, ticket, since=NOON, notice_id=None, now=NOON + HOUR)

    assert (old.status, new.status) == (DeliveryStatus.FAILED, DeliveryStatus.WAITING)
    with pytest.raises(NothingToResend):
        await resend.resend_missed(session, ticket, since=NOON, notice_id=None, now=NOON + HOUR)


async def test_what_became_a_note_meanwhile_is_not_said_to_have_arrived(
    session: AsyncSession, ticket: Ticket
) -> None:
    missed = await on_its_way(session, ticket)
    await refused(session, missed, left_at=NOON, now=NOON)
    await back(session, ticket, now=NOON + MINUTE)
    answer = await session.get_one(Message, missed.payload["message_id"])
    answer.direction = Direction.NOTE

    with pytest.raises(AnswerIsNote):
        await resend.resend_missed(session, ticket, since=NOON, notice_id=None, now=NOON + HOUR)

    assert missed.status is DeliveryStatus.FAILED


async def test_what_could_not_be_taken_back_is_at_the_return(
    session: AsyncSession, ticket: Ticket
) -> None:
    retraction = await on_its_way(session, ticket, AnswerRetracted, Direction.NOTE)
    await refused(session, retraction, left_at=NOON, now=NOON)
    await standing(session, ticket, DeliveryFailed(ticket.id, retraction.id, "blocked"), 5)

    await back(session, ticket, now=NOON + HOUR)

    assert retraction.status is DeliveryStatus.WAITING
    assert await told(session, UserReturned) == []
    assert await edits(session) == [(5, [retraction.id])]


async def test_all_that_tells_of_what_is_sent_again_shows_how_it_ended(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second = [await on_its_way(session, ticket) for _ in range(2)]
    for place, one in enumerate([first, second], start=5):
        await refused(session, one, left_at=NOON, now=NOON)
        await standing(session, ticket, DeliveryFailed(ticket.id, one.id, "blocked"), place)
    await standing(session, ticket, UserReturned(ticket.id, int(NOON.timestamp())), 7)

    await resend.resend(session, ticket, first.id, notice_id=5, now=NOON + HOUR)
    assert await edits(session) == [(5, [first.id])]
    await resend.resend(session, ticket, second.id, notice_id=6, now=NOON + HOUR)
    assert await edits(session) == [(5, [first.id]), (6, [second.id]), (7, [second.id])]


async def test_one_press_settles_the_notices_of_all_that_it_sends_but_edits_no_more_than_ten(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = [await on_its_way(session, ticket) for _ in range(20)]
    for place, one in enumerate(sent):
        await refused(session, one, left_at=NOON, now=NOON)
        await standing(session, ticket, DeliveryFailed(ticket.id, one.id, "blocked"), 100 + place)

    await resend.resend_missed(session, ticket, since=NOON, notice_id=7, now=NOON + HOUR)

    shown = await edits(session)
    assert [place for place, _ in shown] == [7, *range(119, 110, -1)]
    assert shown[0][1] == [one.id for one in sent]
    assert shown[1][1] == [sent[-1].id]
