"""The first message of a burst goes at once; what follows is gathered, but not for long."""

from datetime import timedelta

import pytest

from database.machinery import Delivery
from database.models import Ticket
from services.delivery import gathering
from services.notices import (
    AnswerEdited,
    CardPosted,
    CardRedrawn,
    EditedAfterAnswer,
    QuestionEdited,
    QuestionPosted,
)
from tests.services.delivery.room import USER, Room
from tests.services.factories import SECOND, STAFF

WINDOW = 3 * SECOND


async def test_the_first_goes_at_once_and_what_follows_as_one(room: Room, ann: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.pass_time(SECOND)
        await room.post(2, ticket=ann)
        await room.pass_time(2 * SECOND)
        await room.post(3, ticket=ann)
        await room.turns()
        assert room.telegram.calls == [(STAFF, (1,))]

        await room.pass_time(SECOND)  # three after the first that waits

        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, (2, 3))]


async def test_whoever_writes_on_is_read_every_few_seconds(room: Room, ann: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        for number in range(1, 12):
            await room.post(number, ticket=ann)
            await room.turns()
            await room.courier.settled()
            await room.pass_time(SECOND)
        await room.pass_time(WINDOW)
        await room.courier.settled()

    assert [numbers for _, numbers in room.telegram.calls] == [
        (1,),
        (2, 3, 4),
        (5, 6, 7),
        (8, 9, 10),
        (11,),
    ]


async def test_after_a_pause_the_first_goes_at_once_again(room: Room, ann: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.pass_time(WINDOW)
        await room.post(2, ticket=ann)

        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, (2,))]


async def test_what_follows_a_card_is_gathered(room: Room, ann: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post_all((STAFF, CardPosted(ann.id), ann), (STAFF, QuestionPosted(2), ann))
        await room.settled(1)
        await room.post(3, ticket=ann)
        await room.turns()
        assert len(room.telegram.calls) == 1

        await room.pass_time(WINDOW)

        assert (await room.settled(2))[1:] == [(STAFF, (2, 3))]


async def test_all_that_was_gathered_goes_even_if_it_does_not_fit_into_one_message(
    room: Room, ann: Ticket
) -> None:
    room.words.alone = {2, 3, 4}
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        for number in (2, 3, 4):
            await room.post(number, ticket=ann)
            await room.pass_time(SECOND)

        assert await room.settled(4) == [(STAFF, (number,)) for number in (1, 2, 3, 4)]


async def test_the_parts_of_a_long_message_are_not_gathered(room: Room, ann: Ticket) -> None:
    room.words.parts[1] = 3
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)

        assert await room.settled(3) == [(STAFF, (1,))] * 3


@pytest.mark.parametrize("other", [CardRedrawn(1), CardPosted(1), EditedAfterAnswer(1)])
async def test_nothing_else_of_the_ticket_is_held_up(
    room: Room, ann: Ticket, other: CardRedrawn | CardPosted | EditedAfterAnswer
) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=ann)
        await room.turns()

        await room.post_all((STAFF, other, ann))

        await room.settled(2)
        await room.turns()
        await room.courier.settled()
    assert all(one.sent_at for one in await room.deliveries())


async def test_neither_answers_nor_other_tickets_wait(room: Room, ann: Ticket, bob: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=ann)

        await room.post_all((USER, AnswerEdited(3), ann), (STAFF, QuestionPosted(4), bob))

        assert (await room.settled(3))[1:] == [(USER, (3,)), (STAFF, (4,))]


async def test_edits_wait_with_what_they_change(room: Room, ann: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=ann)

        await room.post_all((STAFF, QuestionEdited(2), ann))
        await room.turns()

        assert room.telegram.calls == [(STAFF, (1,))]


async def test_a_restart_neither_ends_nor_prolongs_the_wait(room: Room, ann: Ticket) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.pass_time(SECOND)
        await room.post(2, ticket=ann)
        await room.turns()
    room.times.now += SECOND

    room.hire(gathers=WINDOW)
    async with room.working():
        await room.turns()
        assert len(room.telegram.calls) == 1

        await room.pass_time(2 * SECOND)

        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, (2,))]


@pytest.mark.parametrize("step", [-3600 * SECOND, -2 * SECOND, 2 * SECOND, 3600 * SECOND])
async def test_nobody_waits_longer_when_the_clock_is_set(
    room: Room, ann: Ticket, step: timedelta
) -> None:
    room.hire(gathers=WINDOW)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=ann)
        await room.turns()

        room.times.stepped = step
        await room.pass_time(WINDOW)

        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, (2,))]


def test_what_no_longer_matters_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_MANY", 0)
    gathers = gathering.Gathering(WINDOW)
    gathers.leave(Delivery(id=1, chat_id=STAFF, lane=7, precedence=3), now=0)

    gathers.forget(now=WINDOW.total_seconds())

    assert gathers.remembered == 0
