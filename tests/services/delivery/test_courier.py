"""The courier's daily round: lanes, merging, restarts, stopping."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from database.machinery import Delivery, DeliveryStatus
from database.models import MessageLink, Ticket
from services import outbox
from services.delivery import bell
from services.delivery import courier as couriers
from services.delivery.outcomes import Unknown
from services.notices import (
    AnswerEdited,
    CardPosted,
    QuestionPosted,
)
from tests.services.delivery.room import CLAIMED, DELIVERED, USER, WAITING, Room
from tests.services.factories import SECOND, STAFF
from tests.support.times import NOON

# Lanes


async def test_what_was_committed_goes_at_once(
    room: Room, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 3600.0)
    async with room.working():
        await room.turns()
        await room.post(1, ticket=ann)
        assert await room.settled(1) == [(STAFF, (1,))]

    assert await room.statuses() == [DELIVERED]


async def test_what_another_process_wrote_is_noticed_without_a_wake(
    room: Room, ann: Ticket
) -> None:
    async with room.working():
        await room.turns()
        async with room.sessions.begin() as session:
            outbox.post(session, STAFF, QuestionPosted(1), now=NOON, ticket=ann)

        assert await room.settled(1) == [(STAFF, (1,))]


async def test_a_lane_keeps_its_order(room: Room, ann: Ticket) -> None:
    answers = [(USER, AnswerEdited(number), ann) for number in range(1, 11)]

    async with room.working():
        await room.post_all(*answers)

        assert await room.settled(10) == [(USER, (number,)) for number in range(1, 11)]


async def test_the_second_of_a_lane_waits_for_the_firsts_answer(room: Room, ann: Ticket) -> None:
    first = room.telegram.holds(1)
    async with room.working():
        await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
        await room.telegram.called(1)
        await room.turns()
        assert room.telegram.calls == [(USER, (1,))]

        first.set()
        assert await room.settled(2) == [(USER, (1,)), (USER, (2,))]


async def test_lanes_travel_in_parallel(room: Room, ann: Ticket, bob: Ticket) -> None:
    held = [room.telegram.holds(1), room.telegram.holds(2)]
    async with room.working():
        await room.post(1, ticket=ann)
        await room.post(2, ticket=bob)

        assert sorted(await room.telegram.called(2)) == [(STAFF, (1,)), (STAFF, (2,))]
        for answer in held:
            answer.set()


async def test_one_stubborn_lane_blocks_no_other(room: Room, ann: Ticket, bob: Ticket) -> None:
    room.telegram.answers_with(1, *[Unknown("Bad Gateway")] * 100)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=ann)
        await room.post(3, ticket=bob)
        await room.settled(2)

    assert room.telegram.calls == [(STAFF, (1,)), (STAFF, (3,))]
    assert await room.statuses() == [WAITING, WAITING, DELIVERED]


async def test_a_postponed_lane_goes_on_in_order_when_its_time_has_come(
    room: Room, ann: Ticket
) -> None:
    room.telegram.answers_with(1, Unknown("Bad Gateway"))
    async with room.working():
        await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
        await room.settled(1)
        await room.pass_time(2 * SECOND)

        assert await room.settled(3) == [(USER, (1,)), (USER, (1,)), (USER, (2,))]


@asynccontextmanager
async def on_their_way(
    room: Room, monkeypatch: pytest.MonkeyPatch, *tickets: Ticket
) -> AsyncIterator[list[asyncio.Event]]:
    """Have a send for each ticket without an answer, and a courier whom nothing else wakes."""
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 3600.0)
    resting, take_rest = asyncio.Event(), room.courier.bell.rest

    async def rest(seconds: float) -> None:
        resting.set()
        await take_rest(seconds)
        resting.clear()

    monkeypatch.setattr(room.courier.bell, "rest", rest)
    answers = [room.telegram.holds(number) for number, _ in enumerate(tickets, 1)]
    async with room.working():
        for number, ticket in enumerate(tickets, 1):
            await room.post(number, ticket=ticket)
        await room.telegram.called(len(tickets))
        while not resting.is_set() or room.courier.bell._rung.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0)
        yield answers
        for answer in answers:
            answer.set()


async def written_down(room: Room, *statuses: DeliveryStatus) -> None:
    """Wait until this is what became of the deliveries."""
    async with asyncio.timeout(3):
        while await room.statuses() != list(statuses):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_answers_that_come_close_together_are_written_down_together(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "GATHERS", 3600.0)
    async with on_their_way(room, monkeypatch, ann, bob) as (first, second):
        first.set()
        for _ in range(5):
            assert await room.statuses() == [CLAIMED, CLAIMED]
        second.set()
        await room.courier.settled()
        assert await room.statuses() == [DELIVERED, DELIVERED]


async def test_an_answer_waits_a_moment_for_others_and_no_longer(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "GATHERS", 0.0)
    async with on_their_way(room, monkeypatch, ann, bob) as (first, _):
        first.set()
        await written_down(room, DELIVERED, CLAIMED)


async def test_the_answer_to_a_single_send_is_written_down_at_once(
    room: Room, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "GATHERS", 3600.0)
    async with on_their_way(room, monkeypatch, ann) as (answer,):
        answer.set()
        await written_down(room, DELIVERED)


async def test_answers_wait_for_what_is_about_to_be_committed(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "GATHERS", 0.0)
    async with on_their_way(room, monkeypatch, ann, bob) as (first, second):
        room.courier.bell.expect()
        first.set()
        second.set()
        for _ in range(20):
            assert await room.statuses() == [CLAIMED, CLAIMED]
        await room.post(3, ticket=ann)
        await room.settled(3)
        assert await room.statuses() == [DELIVERED, DELIVERED, DELIVERED]


async def test_what_was_about_to_be_committed_is_not_waited_for_at_the_end(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "GATHERS", 0.0)
    async with on_their_way(room, monkeypatch, ann, bob) as (first, second):
        room.courier.bell.expect()
        room.courier.stop()
        for _ in range(20):  # until it has looked, and rests again
            assert await room.statuses() == [CLAIMED, CLAIMED]
        first.set()
        second.set()
        await written_down(room, DELIVERED, DELIVERED)


async def test_it_tells_when_all_that_may_go_is_sent(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 3600.0)
    monkeypatch.setattr(bell, "GATHERS", 3600.0)
    first, second = room.telegram.holds(1), room.telegram.holds(2)
    async with asyncio.timeout(10), room.working(), asyncio.TaskGroup() as group:
        room.courier.wake()  # for nothing
        await room.courier.bell.all_back()
        # At once, so that no further turn is due.
        await room.post_all((STAFF, QuestionPosted(1), ann), (STAFF, QuestionPosted(2), bob))
        sent = group.create_task(room.courier.bell.all_back())
        await room.telegram.called(2)
        first.set()
        for _ in range(20):
            assert await room.statuses() == [CLAIMED, CLAIMED]
        assert not sent.done()
        second.set()


async def test_what_matters_goes_first(room: Room, ann: Ticket, bob: Ticket) -> None:
    await room.post(1, ticket=ann)
    await room.post_all((STAFF, CardPosted(2), bob), (USER, AnswerEdited(3), ann))

    async with room.working():
        await room.settled(3)

    assert room.telegram.calls == [(USER, (3,)), (STAFF, (2,)), (STAFF, (1,))]


# Merging


async def test_follow_ups_that_wait_travel_as_one_message(room: Room, ann: Ticket) -> None:
    first = room.telegram.holds(1)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.telegram.called(1)
        await room.post(2, 3, 4, ticket=ann)
        first.set()

        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, (2, 3, 4))]

    one, *merged = await room.deliveries()
    assert {delivery.batch_id for delivery in merged} == {merged[0].id} != {one.batch_id}


async def test_a_merged_message_that_may_have_been_sent_is_tried_in_the_same_composition(
    room: Room, ann: Ticket
) -> None:
    room.telegram.answers_with(1, Unknown("cut off"))
    async with room.working():
        await room.post(1, 2, ticket=ann)
        await room.settled(1)
        await room.post(3, ticket=ann)
        await room.pass_time(2 * SECOND)

        calls = await room.settled(3)

    assert calls[0] == calls[1]
    assert [number for _, numbers in calls[1:] for number in numbers] == [1, 2, 3]


async def test_a_long_message_goes_part_by_part_before_the_next(room: Room, ann: Ticket) -> None:
    room.words.parts[1] = 3
    async with room.working():
        await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
        await room.settled(4)

    assert room.telegram.calls[:4] == [(USER, (1,))] * 3 + [(USER, (2,))]
    async with room.sessions() as session:
        parts = await session.scalars(select(MessageLink.part).order_by(MessageLink.id))
        assert parts.all()[:4] == [0, 1, 2, 0]


# Restarts


async def test_a_restart_sends_what_was_on_its_way_again_as_it_was_and_says_so(
    room: Room, ann: Ticket
) -> None:
    await room.post(1, 2, 3, ticket=ann)
    async with room.sessions.begin() as session:
        ids = list(await session.scalars(select(Delivery.id).order_by(Delivery.id)))
        await session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids[:2]))
            .values(status=CLAIMED, batch_id=ids[0], attempts=1, first_tried_at=NOON)
        )

    with capture_logs() as logs:
        async with room.working():
            calls = await room.settled(2)

    assert calls == [(STAFF, (1, 2)), (STAFF, (3,))]
    duplicates = [entry["delivery"] for entry in logs if entry["event"] == "possible duplicate"]
    assert duplicates == ids[:2]
    started = next(entry for entry in logs if entry["event"] == "courier started")
    assert started["possible_duplicates"] == 2


async def test_a_restart_with_nothing_in_doubt_says_so_too(room: Room) -> None:
    with capture_logs() as logs:
        async with room.working():
            await room.turns()

    started = next(entry for entry in logs if entry["event"] == "courier started")
    assert started["possible_duplicates"] == 0


# Waiting for what is on its way


async def test_settled_waits_for_what_is_on_its_way_now_and_for_nothing_later(
    room: Room, ann: Ticket, bob: Ticket
) -> None:
    first, second = room.telegram.holds(1), room.telegram.holds(2)
    async with room.working(), asyncio.TaskGroup() as group:
        await room.post(1, ticket=ann)
        await room.telegram.called(1)
        waiting = group.create_task(room.courier.settled())
        await room.post(2, ticket=bob)
        await room.telegram.called(2)
        assert not waiting.done()

        first.set()
        await waiting
        assert await room.statuses() == [DELIVERED, CLAIMED]
        second.set()


async def test_settled_returns_at_once_when_nothing_is_on_its_way(room: Room) -> None:
    async with room.working(), asyncio.timeout(10):
        await room.courier.settled()


async def test_settled_waits_until_it_is_known_what_an_earlier_process_left(room: Room) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(room.courier.settled())
        await asyncio.sleep(0)
        assert not waiting.done()

        async with room.working():
            await waiting


# Stopping


async def test_stopping_gives_what_is_on_its_way_time_to_come_back(room: Room, ann: Ticket) -> None:
    answer = room.telegram.holds(1)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(room.courier.run())
        await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
        await room.telegram.called(1)
        room.courier.stop()
        await asyncio.sleep(0)
        assert not running.done()
        answer.set()

    assert (await room.statuses())[:2] == [DELIVERED, WAITING]
    assert room.telegram.calls == [(USER, (1,))]


async def test_what_does_not_come_back_in_time_is_in_doubt_after_the_stop(
    room: Room, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LAST_SENDS", 0.1)
    room.telegram.holds(1)
    with capture_logs() as logs:
        async with asyncio.TaskGroup() as group:
            group.create_task(room.courier.run())
            await room.post(1, ticket=ann)
            await room.telegram.called(1)
            waiting = group.create_task(never_settled(room))
            await asyncio.sleep(0)
            room.courier.stop()
            await waiting
        await never_settled(room)

    assert await room.statuses() == [CLAIMED]
    assert "stopped before the answer came" in [entry["event"] for entry in logs]


def test_a_send_in_flight_gets_five_seconds() -> None:
    assert couriers.LAST_SENDS == 5.0


async def test_a_courier_that_is_stopped_first_does_nothing(room: Room, ann: Ticket) -> None:
    await room.post(1, ticket=ann)
    room.courier.stop()

    await room.courier.run()

    assert room.telegram.calls == []
    await never_settled(room)


async def never_settled(room: Room) -> None:
    """Wait for what is on its way, until a stop puts an end to that."""
    with pytest.raises(couriers.Stopped):
        await room.courier.settled()
