"""The line that tells staff how much waits: what it says, on which card, and for how long."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import BacklogSign, Delivery, DeliveryStatus, Precedence
from database.models import Ticket
from services import timers
from services.delivery import backlog, backlog_line
from services.delivery.backlog import Backlog
from services.delivery.backlog_line import BacklogLine, LineShown
from services.delivery.claims import Claims
from services.delivery.decisions import Claimed, Decision, Room
from services.delivery.limiter import Limiter
from services.delivery.parcel import Parcel
from services.delivery.turn import Turn
from services.notices import (
    AnswerDelivered,
    CardPosted,
    CardRedrawn,
    QuestionEdited,
    QuestionPosted,
    TicketClosed,
)
from tests.services import factories
from tests.services.factories import ANN, MINUTE, SECOND, STAFF, delivery
from tests.support.duties import passes
from tests.support.times import NOON

PER_MINUTE = 2

_numbers = count(100)


async def measured(session: AsyncSession, *, excluding: Collection[int] = ()) -> tuple[int, int]:
    found = await backlog.measure(session, STAFF, per_minute=PER_MINUTE, excluding=excluding)
    return found.waiting, found.sends


async def asks(session: AsyncSession, ticket: Ticket, *texts: str) -> list[Delivery]:
    """Have texts of a user wait."""
    return [await question(session, ticket, text=text) for text in texts]


async def question(session: AsyncSession, ticket: Ticket, **fields: Any) -> Delivery:
    message = await factories.message(session, ticket, factories.content(**fields))
    return await delivery(session, QuestionPosted(message.id), ticket)


async def tickets(session: AsyncSession, how_many: int) -> list[Ticket]:
    """Make this many more tickets, each of another user."""
    return [
        await factories.ticket(session, number, user=await factories.user(session, number))
        for number in islice(_numbers, how_many)
    ]


async def queue(session: AsyncSession, how_many: int) -> list[Delivery]:
    """Have follow-ups wait, one in each of this many tickets."""
    return [await question(session, ticket) for ticket in await tickets(session, how_many)]


async def sign(session: AsyncSession) -> tuple[int, datetime] | None:
    await session.flush()
    found = await session.scalar(select(BacklogSign).where(BacklogSign.chat_id == STAFF))
    return (found.ticket_id, found.shown_at) if found is not None else None


async def redraws(session: AsyncSession, *, precedence: Precedence) -> list[int | None]:
    """List the tickets whose cards wait to be redrawn."""
    await session.flush()
    found = await session.scalars(
        select(Delivery.ticket_id)
        .where(Delivery.kind == CardRedrawn.kind, Delivery.precedence == precedence)
        .order_by(Delivery.id)
    )
    return list(found)


async def told(
    session: AsyncSession,
    line: BacklogLine,
    head: Delivery,
    *,
    now: datetime = NOON,
    last_room: bool = True,
) -> Backlog | Decision | None:
    """Have what shows a card go; return what it tells of the backlog, or why it does not go."""
    words: list[Backlog | None] = []

    async def pack(backlog: Backlog | None) -> Decision:
        words.append(backlog)
        return Claimed([head], factories.parcel(head.chat_id))

    turn = Turn(now, 0.0, longest=1.0)
    decision = await line.pack(session, head, turn, last_room=last_room, pack=pack)
    return words[0] if words else decision


async def shows(
    session: AsyncSession, line: BacklogLine, head: Delivery, *, now: datetime = NOON
) -> Backlog | Decision | None:
    """Have a card arrive that went in the last room."""
    words = await told(session, line, head, now=now)
    head.status = DeliveryStatus.DELIVERED
    await session.flush()
    return words


async def makes_way(
    session: AsyncSession, line: BacklogLine, head: Delivery, *, now: datetime = NOON
) -> bool:
    """Whether it leaves the last room to the newest card."""
    return isinstance(await told(session, line, head, now=now), Room)


@pytest.fixture
def line() -> BacklogLine:
    return BacklogLine(PER_MINUTE)


# How much it is


async def test_cards_and_questions_that_wait_are_counted(
    session: AsyncSession, ticket: Ticket
) -> None:
    await delivery(session, CardPosted(ticket.id), ticket)
    await asks(session, ticket, "one", "two")

    assert (await measured(session))[0] == 3


async def test_texts_of_a_ticket_need_one_send_and_pictures_one_each(
    session: AsyncSession, ticket: Ticket
) -> None:
    other, *_ = await tickets(session, 1)
    await asks(session, ticket, "one", "two", "three")
    await asks(session, other, "one", "two")
    for _ in range(2):
        await question(session, other, text=None, kind="photo", file_id="1")

    assert await measured(session) == (7, 4)


async def test_other_deliveries_need_sends_but_are_no_questions(
    session: AsyncSession, ticket: Ticket
) -> None:
    await delivery(session, QuestionEdited(1), ticket)

    assert await measured(session) == (0, 1)


@pytest.mark.parametrize(
    ("notice", "changes"),
    [
        (CardRedrawn(1), {}),
        (CardRedrawn(1), {"precedence": Precedence.SIGN}),
        (AnswerDelivered(1), {}),
        (TicketClosed(1), {"chat_id": ANN.telegram_id}),
        (CardPosted(1), {"status": DeliveryStatus.CLAIMED}),
        (CardPosted(1), {"status": DeliveryStatus.DELIVERED}),
    ],
)
async def test_decorations_and_sends_in_flight_are_not_counted(
    session: AsyncSession, ticket: Ticket, notice: Any, changes: dict[str, Any]
) -> None:
    await delivery(session, notice, ticket, **changes)

    assert await measured(session) == (0, 0)


async def test_the_delivery_that_goes_now_is_not_counted(
    session: AsyncSession, ticket: Ticket
) -> None:
    card = await delivery(session, CardPosted(ticket.id), ticket)

    assert await measured(session, excluding=[card.id]) == (0, 0)


@pytest.mark.parametrize(
    ("sends", "minutes", "is_long"),
    [(0, 0, False), (20, 1, False), (21, 2, True), (40, 2, True), (41, 3, True)],
)
def test_minutes_are_rounded_up_and_more_than_one_is_long(
    sends: int, minutes: int, is_long: bool
) -> None:
    found = Backlog(waiting=100, sends=sends, per_minute=20)

    assert (found.minutes, found.is_long) == (minutes, is_long)


# Which card tells it


async def test_a_new_card_that_takes_the_last_room_shows_a_long_backlog(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    card = await delivery(session, CardPosted(ticket.id), ticket)
    await queue(session, 3)

    assert await shows(session, line, card) == Backlog(3, 3, PER_MINUTE)
    assert await sign(session) == (ticket.id, NOON)


@pytest.mark.parametrize(("waiting", "last_room"), [(2, True), (3, False)])
async def test_a_short_backlog_or_room_for_more_shows_no_line(
    session: AsyncSession, ticket: Ticket, line: BacklogLine, waiting: int, last_room: bool
) -> None:
    card = await delivery(session, CardPosted(ticket.id), ticket)
    await queue(session, waiting)

    assert await told(session, line, card, last_room=last_room) is None


async def test_without_a_limit_there_is_never_a_line(session: AsyncSession, ticket: Ticket) -> None:
    card = await delivery(session, CardPosted(ticket.id), ticket)
    await queue(session, 3)

    assert await told(session, BacklogLine(0), card) is None


async def test_when_another_card_shows_the_line_the_older_one_is_redrawn_without_it(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    newer, *_ = await tickets(session, 1)
    await queue(session, 6)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))

    later = NOON + SECOND
    await shows(session, line, await delivery(session, CardPosted(newer.id), newer), now=later)

    assert await sign(session) == (newer.id, later)
    assert await redraws(session, precedence=Precedence.REDRAW) == [ticket.id]
    redraw = await session.scalar(select(Delivery).where(Delivery.kind == CardRedrawn.kind))
    assert redraw is not None
    assert await told(session, line, redraw, last_room=True) is None


async def test_a_card_redrawn_in_the_turn_in_which_another_takes_over_is_redrawn_once_more(
    session: AsyncSession, ticket: Ticket
) -> None:
    """Its redraw that was claimed just now is not one that still waits."""
    await delivery(session, CardRedrawn(ticket.id), ticket, precedence=Precedence.SIGN)
    for other in await tickets(session, 7):
        await delivery(session, CardPosted(other.id), other)

    async def words(_: object, offered: Sequence[Delivery], *_backlog: object) -> Parcel:
        return factories.parcel(offered[0].chat_id)

    limiter = Limiter(per_chat=0, per_group=PER_MINUTE, total=0)
    claims = Claims(words, limiter, timedelta())
    await claims.make(session, Turn(NOON, 0.0, longest=1.0), travelling=())

    assert await redraws(session, precedence=Precedence.REDRAW) == [ticket.id]


@pytest.mark.parametrize("kind", [CardRedrawn, QuestionEdited])
async def test_a_card_that_shows_the_line_still_does_when_it_is_redrawn(
    session: AsyncSession, ticket: Ticket, line: BacklogLine, kind: Any
) -> None:
    await queue(session, 6)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))

    again = await delivery(session, kind(ticket.id), ticket)

    words = await told(session, line, again, last_room=False)
    assert isinstance(words, Backlog)
    assert words.waiting == 6


async def test_a_card_redrawn_when_the_backlog_is_gone_has_no_line_any_more(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    waiting = await queue(session, 3)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))
    for one in waiting:
        one.status = DeliveryStatus.DELIVERED

    redraw = await delivery(session, CardRedrawn(ticket.id), ticket)

    assert await shows(session, line, redraw) is None
    assert await sign(session) is None


# If no new card comes


async def test_before_a_follow_up_takes_the_last_room_the_newest_card_shows_the_line(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    newest, *_ = await tickets(session, 1)
    await factories.link(session, newest, 60)
    await factories.link(session, ticket, 50)
    follow_up, *_ = [await question(session, ticket), *await queue(session, 3)]

    assert await makes_way(session, line, follow_up)
    assert await redraws(session, precedence=Precedence.SIGN) == [newest.id]
    assert not await makes_way(session, line, follow_up)


async def test_it_is_brought_up_to_date_each_minute_and_not_more_often(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    await factories.link(session, ticket, 50)
    follow_up, *_ = await queue(session, 4)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))

    asked = [
        await makes_way(session, fresh, follow_up, now=NOON + seconds * SECOND)
        for fresh in (line, BacklogLine(PER_MINUTE))
        for seconds in (0, 59)
    ]
    assert asked == [False] * 4
    assert await makes_way(session, line, follow_up, now=NOON + MINUTE)


async def test_a_clock_that_was_set_back_does_not_stop_the_line(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    await factories.link(session, ticket, 50)
    follow_up, *_ = await queue(session, 4)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))

    assert await makes_way(session, line, follow_up, now=NOON - 60 * MINUTE)


async def test_a_short_backlog_or_a_chat_without_a_card_gets_no_line(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    follow_up, *_ = await queue(session, 3)
    assert not await makes_way(session, line, follow_up)
    for one in await queue(session, 1):
        one.status = DeliveryStatus.DELIVERED
    await factories.link(session, ticket, 50)
    assert not await makes_way(session, line, follow_up)

    await queue(session, 1)
    assert await makes_way(session, line, follow_up)


# When it is gone


async def test_when_the_backlog_is_gone_the_line_goes(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    waiting = await queue(session, 3)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))
    looked = NOON + backlog_line.LOOKS_EVERY
    await passes(session, looked)
    assert await redraws(session, precedence=Precedence.REDRAW) == []
    for one in waiting:
        one.status = DeliveryStatus.DELIVERED

    await passes(session, looked + backlog_line.LOOKS_EVERY)

    assert await sign(session) is None
    assert await redraws(session, precedence=Precedence.REDRAW) == [ticket.id]
    assert await timers.find(session, LineShown, STAFF) is None


async def test_a_line_that_went_with_its_card_has_no_timer_any_more(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    waiting = await queue(session, 3)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))
    for one in waiting:
        one.status = DeliveryStatus.DELIVERED
    await shows(session, line, await delivery(session, CardRedrawn(ticket.id), ticket))

    await passes(session, NOON + backlog_line.LOOKS_EVERY)

    assert await redraws(session, precedence=Precedence.REDRAW) == [ticket.id]
    assert await timers.find(session, LineShown, STAFF) is None


async def test_a_line_that_comes_back_has_a_timer_again(
    session: AsyncSession, ticket: Ticket, line: BacklogLine
) -> None:
    waiting = await queue(session, 3)
    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))
    for one in waiting:
        one.status = DeliveryStatus.DELIVERED
    await passes(session, NOON + backlog_line.LOOKS_EVERY)
    await queue(session, 3)

    await shows(session, line, await delivery(session, CardPosted(ticket.id), ticket))

    assert await timers.find(session, LineShown, STAFF) is not None


async def test_a_very_long_backlog_is_counted_only_up_to_a_limit(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "COUNTED", 3)
    await queue(session, 4)

    found = await backlog.measure(session, STAFF, per_minute=PER_MINUTE, excluding=())

    assert (found.waiting, found.sends, found.at_least) == (3, 3, True)
