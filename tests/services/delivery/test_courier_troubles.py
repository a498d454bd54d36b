"""The courier when one delivery, one chat or its own limits make trouble."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.machinery import Delivery
from database.models import Ticket
from services import outbox
from services.delivery import courier as couriers
from services.delivery import failures
from services.delivery.backlog import Backlog
from services.delivery.limiter import Limiter
from services.delivery.outcomes import BotRefused, ChatRefused, Delivered, Migrated, Paused, Refused
from services.delivery.parcel import Parcel
from services.delivery.rings import LANES_A_LOOK
from services.notices import (
    AnswerEdited,
    CardPosted,
    CardRedrawn,
    DeliveryFailed,
    QuestionFailed,
    QuestionPosted,
    StaffChatMigrated,
)
from tests.services import factories
from tests.services.delivery.room import (
    DELIVERED,
    FAILED,
    NEW_STAFF,
    OTHER_USER,
    USER,
    WAITING,
    Room,
    number_of,
)
from tests.services.factories import HOUR, MINUTE, SECOND, STAFF
from tests.support.duties import passes
from tests.support.times import NOON

# Troubles of one delivery


async def test_what_cannot_be_worded_is_set_aside_and_blocks_nothing(
    room: Room, ann: Ticket, bob: Ticket
) -> None:
    room.words.unspeakable[1] = KeyError("no such kind")
    async with room.working():
        await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
        await room.post(3, ticket=bob)
        assert sorted(await room.settled(2)) == [(STAFF, (3,)), (USER, (2,))]

    first, *_ = await room.deliveries()
    assert (first.status, first.error) == (FAILED, failures.NOT_WORDED)


async def test_a_row_that_wording_does_not_find_blocks_nothing(
    room: Room, ann: Ticket, bob: Ticket
) -> None:
    async def compose(
        session: AsyncSession, offered: Sequence[Delivery], _backlog: Backlog | None = None, /
    ) -> Parcel | None:
        if number_of(offered[0]) == 1:
            await session.get_one(Ticket, 10**9)
        return await room.words(session, offered)

    room.courier._claims.compose = compose
    async with room.working():
        await room.post(1, ticket=ann)
        await room.post(2, ticket=bob)
        assert await room.settled(1) == [(STAFF, (2,))]

    assert (await room.statuses())[:2] == [FAILED, DELIVERED]


async def test_a_query_that_fails_once_while_wording_is_tried_again(
    room: Room, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    tries: list[int] = []

    async def compose(
        session: AsyncSession, offered: Sequence[Delivery], _backlog: Backlog | None = None, /
    ) -> Parcel | None:
        tries.append(number_of(offered[0]))
        if len(tries) == 1:
            await session.execute(text("SELECT nothing FROM nowhere"))
        return await room.words(session, offered)

    room.courier._claims.compose = compose
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)

    assert tries == [1, 1]
    assert await room.statuses() == [DELIVERED]


async def test_a_query_that_fails_each_time_is_set_aside_and_blocks_nothing(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)

    async def compose(
        session: AsyncSession, offered: Sequence[Delivery], _backlog: Backlog | None = None, /
    ) -> Parcel | None:
        if number_of(offered[0]) in {1, 2}:
            await session.execute(text("SELECT nothing FROM nowhere"))
        return await room.words(session, offered)

    room.courier._claims.compose = compose
    await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
    await room.post(3, ticket=bob)
    async with room.working():
        assert await room.settled(1, others=2) == [(STAFF, (3,))]

    first, second, good, *told = await room.deliveries()
    assert [first.status, second.status, good.status] == [FAILED, FAILED, DELIVERED]
    assert first.error == failures.NOT_WORDED
    assert [one.kind for one in told] == ["delivery_failed"] * 2


async def test_what_came_back_is_written_down_although_a_wording_spoils_the_turn(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)

    async def compose(
        session: AsyncSession, offered: Sequence[Delivery], _backlog: Backlog | None = None, /
    ) -> Parcel | None:
        if number_of(offered[0]) == 2:
            await session.execute(text("SELECT nothing FROM nowhere"))
        return await room.words(session, offered)

    room.courier._claims.compose = compose
    answer = room.telegram.holds(1)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.telegram.called(1)
        await room.post(2, ticket=bob)
        answer.set()
        await room.post(3, ticket=ann)
        assert await room.settled(2, others=1) == [(STAFF, (1,)), (STAFF, (3,))]

    assert (await room.statuses())[:3] == [DELIVERED, FAILED, DELIVERED]


async def test_what_was_refused_as_one_goes_one_by_one_in_order(room: Room, ann: Ticket) -> None:
    room.telegram.answers_with(1, Refused("one is bad"))
    room.telegram.answers_with(2, Refused("this one"))
    async with room.sessions.begin() as session:
        for number in range(1, 4):
            outbox.post(session, STAFF, QuestionPosted(number), now=NOON, ticket=ann)
    async with room.working():
        await room.settled(4)
        await room.post(4, ticket=ann)
        calls = await room.settled(5)

    assert calls == [(STAFF, (1, 2, 3)), *[(STAFF, (number,)) for number in range(1, 5)]]
    assert (await room.statuses())[:3] == [DELIVERED, FAILED, DELIVERED]


async def test_content_that_cannot_be_worded_is_shown_to_staff(room: Room, ann: Ticket) -> None:
    room.words.unspeakable[1] = KeyError("no such kind")
    async with room.working():
        await room.post_all((USER, AnswerEdited(1), ann))
        await room.settled(0, others=1)

    failed, told = await room.deliveries()
    assert (failed.status, told.kind, told.chat_id) == (FAILED, "delivery_failed", STAFF)
    assert told.payload["delivery_id"] == failed.id


async def test_a_kind_that_this_version_does_not_know_is_set_aside(room: Room, ann: Ticket) -> None:
    await room.post(1, 2, ticket=ann)
    async with room.sessions.begin() as session:
        first = (await session.scalars(select(Delivery).order_by(Delivery.id))).first()
        assert first is not None
        first.kind = "of_a_later_version"
    async with room.working():
        assert await room.settled(1) == [(STAFF, (2,))]

    assert await room.statuses() == [FAILED, DELIVERED]


async def test_where_nothing_is_left_to_say_it_is_done(room: Room, ann: Ticket) -> None:
    room.words.nothing.add(1)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.turns(3)
        await room.post(2, ticket=ann)
        assert await room.settled(1) == [(STAFF, (2,))]

    first, _ = await room.deliveries()
    assert (first.status, first.sent_at) == (DELIVERED, None)


async def test_a_sender_that_breaks_is_no_answer(room: Room, ann: Ticket) -> None:
    room.telegram.answers_with(1, RuntimeError("a mistake of ours"))
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        (waits,) = await room.deliveries()
        assert (waits.status, waits.error) == (WAITING, "RuntimeError")

        await room.pass_time(2 * SECOND)
        await room.settled(2)

    assert await room.statuses() == [DELIVERED]


async def test_an_answer_that_cannot_be_written_down_is_isolated(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's and SQLite's integers end at 64 bits."""
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    room.telegram.answers_with(1, Delivered((2**70,)))
    held = [room.telegram.holds(number) for number in (1, 2)]
    async with room.working():
        await room.post(1, ticket=ann)
        await room.post(2, ticket=bob)
        await room.telegram.called(2)
        for answer in held:
            answer.set()
        await room.settled(2)
        await room.post(3, ticket=ann)
        await room.settled(3, others=2)

    bad, *good = await room.deliveries()
    assert (bad.status, {one.status for one in good}) == (FAILED, {DELIVERED})
    assert bad.error == failures.NOT_WRITTEN_DOWN
    told = {(one.kind, one.chat_id) for one in good if one.kind != bad.kind}
    assert told == {(DeliveryFailed.kind, STAFF), (QuestionFailed.kind, USER)}


async def test_if_nobody_can_be_told_of_it_the_others_go_on_all_the_same(
    room: Room, ann: Ticket, bob: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_what: object, **_how: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    monkeypatch.setattr(failures, "fail", fails)
    room.telegram.answers_with(1, Delivered((2**70,)))
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=bob)
        await room.settled(2)

    assert await room.statuses() == [FAILED, DELIVERED]


async def test_a_refusal_is_told_in_the_same_turn(room: Room, ann: Ticket) -> None:
    room.telegram.answers_with(1, Refused("Bad Request"))
    async with room.working():
        await room.post_all((USER, AnswerEdited(1), ann))
        await room.settled(1, others=1)

    assert room.telegram.others == [STAFF]
    assert await room.statuses() == [FAILED, DELIVERED]


# Pauses


async def test_after_429_the_chat_rests_and_the_others_do_not(
    room: Room, ann: Ticket, bob: Ticket
) -> None:
    room.telegram.answers_with(1, Paused(30))
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=bob)
        await room.post_all((USER, AnswerEdited(3), ann))
        await room.settled(2)
        await room.pass_time(29 * SECOND)
        assert room.telegram.calls == [(STAFF, (1,)), (USER, (3,))]

        await room.pass_time(SECOND)
        assert sorted((await room.settled(4))[2:]) == [(STAFF, (1,)), (STAFF, (2,))]


async def test_a_pause_outlives_a_restart(room: Room, ann: Ticket) -> None:
    room.telegram.answers_with(1, Paused(3600))
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)

    room.hire()
    async with room.working():
        await room.pass_time(HOUR - SECOND)
        assert len(room.telegram.calls) == 1
        await room.pass_time(SECOND)
        await room.settled(2)


async def test_a_held_chat_is_tried_each_minute_with_one_and_then_takes_all(
    room: Room, ann: Ticket, bob: Ticket
) -> None:
    for number in (1, 2):
        room.telegram.answers_with(number, ChatRefused("kicked"))
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=bob)
        await room.pass_time(MINUTE)
        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, (2,))]

        await room.pass_time(MINUTE)
        assert (await room.settled(4))[2:] == [(STAFF, (1,)), (STAFF, (2,))]

    assert await room.statuses() == [DELIVERED, DELIVERED]


async def test_when_the_bot_is_refused_nothing_goes(room: Room, ann: Ticket, bob: Ticket) -> None:
    room.telegram.answers_with(1, BotRefused("Unauthorized"))
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post_all((OTHER_USER, AnswerEdited(2), bob))
        await room.pass_time(MINUTE - SECOND)
        assert room.telegram.calls == [(STAFF, (1,))]

        await room.pass_time(SECOND)
        await room.settled(3)


async def test_when_the_group_has_moved_everything_goes_to_the_new_one(
    room: Room, ann: Ticket
) -> None:
    room.telegram.answers_with(1, Migrated(NEW_STAFF))
    async with room.working():
        await room.post(1, 2, ticket=ann)
        await room.settled(1)
        await room.come_along()
        await room.settled(3, others=1)

    in_old, in_new, card = room.telegram.calls
    assert (in_old[0], in_new, card[0]) == (STAFF, (NEW_STAFF, (1, 2)), NEW_STAFF)
    assert room.telegram.others[0] == NEW_STAFF


# Limits


def limited(sessions: async_sessionmaker[AsyncSession], **limits: float) -> Room:
    return Room(sessions, Limiter(**{"per_chat": 0, "per_group": 0, "total": 0} | limits))


async def test_the_limits_are_kept(sessions: async_sessionmaker[AsyncSession], ann: Ticket) -> None:
    room = limited(sessions, per_chat=1)
    async with room.working():
        await room.post_all(*[(USER, AnswerEdited(number), ann) for number in range(1, 6)])
        await room.settled(3)
        await room.turns()
        assert len(room.telegram.calls) == 3

        await room.pass_time(3 * SECOND)
        assert len(await room.settled(5)) == 5


async def test_a_full_chat_leaves_the_others_their_turn(
    sessions: async_sessionmaker[AsyncSession], ann: Ticket, bob: Ticket
) -> None:
    room = limited(sessions, per_chat=1)
    async with room.working():
        await room.post_all(*[(USER, AnswerEdited(number), ann) for number in range(1, 6)])
        await room.settled(3)
        await room.post_all((OTHER_USER, AnswerEdited(9), bob))

        assert (await room.settled(4))[3] == (OTHER_USER, (9,))


async def test_under_pressure_messages_merge(
    sessions: async_sessionmaker[AsyncSession], ann: Ticket
) -> None:
    room = limited(sessions, per_group=1)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(*range(2, 12), ticket=ann)
        await room.turns()
        await room.pass_time(MINUTE)

        assert await room.settled(2) == [(STAFF, (1,)), (STAFF, tuple(range(2, 12)))]


async def test_an_album_that_lacks_room_is_not_overtaken(
    sessions: async_sessionmaker[AsyncSession], ann: Ticket, bob: Ticket
) -> None:
    room = limited(sessions, per_group=3)
    room.words.costs[2] = 3
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(1)
        await room.post(2, ticket=ann)
        await room.turns()
        await room.post(3, ticket=bob)
        await room.settled(2)
        await room.post(4, ticket=bob)
        await room.turns()
        assert room.telegram.calls == [(STAFF, (1,)), (STAFF, (3,))]

        await room.pass_time(MINUTE)
        assert (await room.telegram.called(3))[2:] == [(STAFF, (2,))]


async def test_a_restart_knows_of_all_parts_of_what_was_sent(
    sessions: async_sessionmaker[AsyncSession], ann: Ticket, bob: Ticket
) -> None:
    room = limited(sessions, per_group=3)
    room.words.parts[1] = 3
    async with room.working():
        await room.post(1, ticket=ann)
        await room.settled(3)

    room.limiter = Limiter(per_chat=0, per_group=3, total=0)
    room.hire()
    await room.post(2, ticket=bob)
    async with room.working():
        await room.pass_time(MINUTE - SECOND)
        assert len(room.telegram.calls) == 3
        await room.pass_time(SECOND)
        assert (await room.settled(4))[3] == (STAFF, (2,))


async def test_before_follow_ups_fill_the_minute_a_card_tells_how_many_they_are(
    sessions: async_sessionmaker[AsyncSession], ann: Ticket
) -> None:
    room = limited(sessions, per_group=2)
    numbers = []
    async with sessions.begin() as session:
        await factories.link(session, ann, 50)
        for number in range(20, 25):
            user = await factories.user(session, number)
            ticket = await factories.ticket(session, number, user=user)
            message = await factories.message(session, ticket)
            outbox.post(session, STAFF, QuestionPosted(message.id), now=NOON, ticket=ticket)
            numbers.append(message.id)
    async with room.working():
        calls = await room.settled(2)

    assert calls == [(STAFF, (numbers[0],)), (STAFF, (ann.id,))]
    assert room.words.told == {ann.id: Backlog(4, 4, 2)}


async def test_the_line_goes_when_all_is_sent(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    room = limited(sessions, per_group=2)
    async with sessions.begin() as session:
        for number in range(20, 25):
            user = await factories.user(session, number)
            ticket = await factories.ticket(session, number, user=user)
            outbox.post(session, STAFF, CardPosted(ticket.id), now=NOON, ticket=ticket)
    async with room.working():
        await room.settled(2)
        assert [told.waiting for told in room.words.told.values()] == [3]
        for calls in (4, 6):
            await room.pass_time(MINUTE)
            async with sessions.begin() as session:
                await passes(session, until=room.times.clock())
            await room.settled(calls)

    kinds = [(one.kind, one.ticket_id, one.status) for one in await room.deliveries()]
    assert kinds[5:] == [(CardRedrawn.kind, kinds[1][1], DELIVERED)]
    assert len(room.words.told) == 1


async def test_a_restart_provokes_no_429(
    sessions: async_sessionmaker[AsyncSession], ann: Ticket, bob: Ticket
) -> None:
    room = limited(sessions, per_group=2)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.post(2, ticket=bob)
        await room.settled(2)

    room.limiter = Limiter(per_chat=0, per_group=2, total=0)
    room.hire()
    await room.post(3, ticket=ann)
    async with room.working():
        await room.pass_time(MINUTE - SECOND)
        assert len(room.telegram.calls) == 2
        await room.pass_time(SECOND)
        await room.settled(3)


async def test_many_lanes_that_wait_for_room_do_not_keep_the_courier_spinning(
    sessions: async_sessionmaker[AsyncSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = limited(sessions, total=1)
    async with room.sessions.begin() as session:
        for chat_id in range(1, LANES_A_LOOK + 10):
            outbox.post(session, chat_id, StaffChatMigrated(chat_id, 1), now=NOON)
    rests: list[float] = []

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await take_rest(seconds)

    take_rest = room.courier.bell.rest
    monkeypatch.setattr(room.courier.bell, "rest", rest)
    async with room.working():
        await room.settled(0, others=1)
        await room.turns()
        assert rests[-1] == pytest.approx(couriers.LOOKS_EVERY)
