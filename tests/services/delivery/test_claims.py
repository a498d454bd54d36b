"""Claims: what is decided about a delivery says when the courier looks again."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address
from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket
from services import outbox
from services.delivery import claims as claiming
from services.delivery.claims import Claims
from services.delivery.decisions import Again, Claimed, Decision, Later, Nothing, Room
from services.delivery.limiter import Limiter
from services.delivery.parcel import Parcel
from services.delivery.queue import Queue
from services.delivery.rings import Head
from services.delivery.shares import Division
from services.delivery.turn import Turn
from services.notices import BoardShown, NoteKept, QuestionPosted
from tests.services import factories
from tests.services.factories import STAFF, delivery
from tests.support.times import NOON

LONGEST = 60.0
USER = 7


async def never(*_: object) -> Parcel | None:
    raise AssertionError


def head(number: int, chat_id: int) -> Head:
    return Head(
        ring=0,
        found_as=0,
        chat_id=chat_id,
        lane=number,
        id=number,
        precedence=0,
        kind=QuestionPosted.kind,
        due_at=NOON,
        created_at=NOON,
        attempts=0,
        media_group_id=None,
        busy=False,
        behind=False,
        followed=False,
    )


@pytest.mark.parametrize(
    ("decision", "rest"),
    [(Later(5.0), 5.0), (Room(7.0), 7.0), (Again(), 0.0), (Nothing(), LONGEST)],
    ids=lambda value: type(value).__name__,
)
def test_each_decision_says_when_to_look_again(decision: Decision, rest: float) -> None:
    turn = Turn(NOON, 100.0, longest=LONGEST)
    if isinstance(decision, Later | Room):
        decision = type(decision)(decision.at + 100.0)

    Claims(never, Limiter(), timedelta())._note(decision, turn)

    assert turn.rest(100.0) == rest
    assert turn.trips == []


async def test_what_is_claimed_travels_and_counts_for_the_limits(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await delivery(session, QuestionPosted(number), ticket) for number in (1, 2)]
    limiter, turn = Limiter(per_group=1), Turn(NOON, 100.0, longest=LONGEST)

    Claims(never, limiter, timedelta())._note(Claimed(batch, Parcel(Address(STAFF), None)), turn)

    (trip,) = turn.trips
    assert trip.delivery_ids == turn.claimed == [one.id for one in batch]
    assert limiter.room(100.0, STAFF) == 0
    assert turn.rest(100.0) == LONGEST


@pytest.mark.parametrize(
    ("decision", "chat_id", "goes_on_with"),
    [
        (Claimed([], Parcel(Address(STAFF), None)), STAFF, 2),
        (Again(), STAFF, 2),
        (Later(1.0), STAFF, None),
        (Room(1.0), STAFF, None),
        (Nothing(), STAFF, None),
        (Later(1.0), USER, 2),
        (Room(1.0), USER, 2),
        (Nothing(), USER, 2),
    ],
)
def test_where_a_staff_chat_has_no_room_the_rest_for_it_is_passed_over(
    decision: Decision, chat_id: int, goes_on_with: int | None
) -> None:
    owner = chat_id if chat_id == STAFF else 0
    first, second = head(1, chat_id), head(2, chat_id)
    queue = Queue([(owner, first), (owner, second)], Division())
    assert queue.first() == (owner, first)

    queue.note(owner, first, decision)

    found = queue.first()
    assert (found and found[1].id) == goes_on_with
    assert (first.place in queue.served) is isinstance(decision, Claimed)


async def test_nothing_left_to_say_is_done_and_what_is_behind_it_is_looked_for_at_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    async def nothing(*_: object) -> Parcel | None:
        return None

    posted: Delivery = await delivery(session, QuestionPosted(1), ticket)
    turn = Turn(NOON, 100.0, longest=LONGEST)

    await Claims(nothing, Limiter(), timedelta()).make(session, turn, travelling=())

    assert (posted.status, turn.trips) == (DeliveryStatus.DELIVERED, [])
    assert turn.rest(100.0) == 0.0


async def test_when_nothing_waits_only_time_brings_the_next_turn(session: AsyncSession) -> None:
    turn = Turn(NOON, 100.0, longest=LONGEST)

    await Claims(never, Limiter(), timedelta()).make(session, turn, travelling=())

    assert turn.rest(100.0) > claiming.LOOKS_FURTHER


async def kind_of(_session: object, offered: Sequence[Delivery], *_: object) -> Parcel:
    kind = offered[0].kind
    return Parcel(Address(STAFF), kind, cost=0 if kind == NoteKept.kind else 1)


async def claimed(session: AsyncSession, limiter: Limiter, at: float = 100.0) -> list[object]:
    """Take a turn at this moment; say what goes, and have it answered."""
    turn = Turn(NOON, at, longest=LONGEST)
    await Claims(kind_of, limiter, timedelta()).make(session, turn, travelling=())
    for trip in turn.trips:
        limiter.answer(at, STAFF, trip.parcel.cost)
    return [trip.parcel.call for trip in turn.trips]


async def test_a_board_goes_when_nothing_else_does_and_leaves_a_quarter_of_the_room(
    session: AsyncSession, ticket: Ticket
) -> None:
    limiter = Limiter(per_group=8)
    outbox.post(session, STAFF, BoardShown(1), now=NOON, lane=outbox.BOARDS)
    for number in range(6):
        user = await factories.user(session, 20 + number)
        other = await factories.ticket(session, 20 + number, user=user)
        await delivery(session, QuestionPosted(number), other)

    assert await claimed(session, limiter) == [QuestionPosted.kind] * 6
    assert limiter.room(100.0, STAFF) == 2
    assert await claimed(session, limiter) == []

    assert await claimed(session, limiter, at=159.0) == []
    await delivery(session, QuestionPosted(9), ticket)
    assert await claimed(session, limiter, at=159.0) == [QuestionPosted.kind]
    assert await claimed(session, limiter, at=161.0) == [BoardShown.kind]


async def test_a_reaction_takes_no_room_and_waits_for_none(
    session: AsyncSession, ticket: Ticket
) -> None:
    limiter = Limiter(per_group=1)
    claims = Claims(kind_of, limiter, timedelta())

    async def sent(at: float) -> list[object]:
        turn = Turn(NOON, at, longest=LONGEST)
        await claims.make(session, turn, travelling=())
        return [trip.parcel.call for trip in turn.trips]

    await delivery(session, QuestionPosted(1), ticket)
    assert await sent(100.0) == [QuestionPosted.kind]
    for number, notice in enumerate([QuestionPosted(2), NoteKept(3), NoteKept(4)], 20):
        user = await factories.user(session, number)
        await delivery(session, notice, await factories.ticket(session, number, user=user))

    assert await sent(101.0) == [NoteKept.kind, NoteKept.kind]
    assert limiter.room(101.0, STAFF) == 0


async def test_boards_are_looked_for_once_a_second(session: AsyncSession) -> None:
    claims, at = Claims(kind_of, Limiter(), timedelta()), 100.0
    found = []
    for later in (0.0, 0.4, 0.8, 1.0):
        outbox.post(session, STAFF, BoardShown(1), now=NOON, lane=outbox.BOARDS)
        await session.flush()
        turn = Turn(NOON, at + later, longest=LONGEST)
        await claims.make(session, turn, travelling=())
        found.append(len(turn.trips))
        await session.execute(delete(Delivery))

    assert found == [1, 0, 0, 1]
