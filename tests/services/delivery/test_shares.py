"""Fair shares: however much some write, nobody else waits longer than a known number of sends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import override

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address
from database.machinery import Delivery, DeliveryStatus, Precedence
from database.models import Ticket
from services import outbox
from services.delivery import lanes
from services.delivery.claims import Claims
from services.delivery.limiter import Limiter
from services.delivery.parcel import Parcel
from services.delivery.shares import IN_A_STAFF_CHAT, A, B, C, Division, Shares
from services.delivery.turn import Turn
from services.notices import CardPosted, CardRedrawn, Notice, QuestionEdited, UserReturned
from tests.services import factories
from tests.services.factories import STAFF
from tests.support.times import NOON

ALBUM = 10


class Group:
    """A staff chat with a full queue, which takes a message whenever there is room for one."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.sent: list[tuple[int, int]] = []
        self.prepared: set[int | None] = set()
        self._numbers = iter(range(1000, 10_000))
        self._limiter = Limiter(per_chat=0, per_group=20, total=0)
        self.claims = Claims(self._words, self._limiter, timedelta())
        self._monotonic = 0.0

    async def ticket(self) -> Ticket:
        number = next(self._numbers)
        user = await factories.user(self.session, number)
        return await factories.ticket(self.session, number, user=user)

    async def post(
        self, notice: Notice, ticket: Ticket, times: int = 1, *, album: bool = False
    ) -> None:
        for number in range(times):
            outbox.post(
                self.session,
                STAFF,
                notice,
                now=NOON,
                ticket=ticket,
                precedence=Precedence.ALBUM if album else None,
                media_group_id=f"{ticket.id}-{number}" if album else None,
            )
        await self.session.flush()

    async def takes_until(self, ticket: Ticket, most: int) -> int:
        """Tell how many messages were sent before the ticket's first, up to `most`."""
        while sum(cost for _, cost in self.sent) <= most:
            for lane, cost in await self._turn():
                if lane == ticket.id:
                    return sum(cost for _, cost in self.sent)
                self.sent.append((lane, cost))
        return sum(cost for _, cost in self.sent)

    async def _turn(self) -> Sequence[tuple[int, int]]:
        """Let three seconds pass, which is room for one, and have what goes arrive."""
        self._monotonic += 3.0
        turn = Turn(NOON, self._monotonic, longest=1.0)
        await self.claims.make(self.session, turn, travelling=())
        went = []
        for trip in turn.trips:
            self._limiter.answer(self._monotonic, STAFF, trip.parcel.cost)
            found = await lanes.still_claimed(self.session, trip.delivery_ids)
            prepared = trip.parcel.prepares
            self.prepared |= {trip.ticket_id} if prepared else set()
            for one in found.values():
                one.status = DeliveryStatus.WAITING if prepared else DeliveryStatus.DELIVERED
            went.append((0 if prepared else trip.ticket_id or 0, trip.parcel.cost))
        await self.session.flush()
        return went

    async def _words(
        self, _: AsyncSession, offered: Sequence[Delivery], *_backlog: object
    ) -> Parcel:
        cost = ALBUM if offered[0].media_group_id else 1
        return Parcel(Address(offered[0].chat_id), None, cost=cost)


class Forum(Group):
    """The same with topics: before each card its topic is made, which is a message, too."""

    @override
    async def _words(
        self, session: AsyncSession, offered: Sequence[Delivery], *backlog: object
    ) -> Parcel:
        parcel = await super()._words(session, offered, *backlog)
        is_card = offered[0].kind == CardPosted.kind
        prepares = is_card and offered[0].ticket_id not in self.prepared
        return replace(parcel, prepares=prepares)


@pytest.fixture
async def group(session: AsyncSession) -> Group:
    """Have a group in which strangers write for all they are worth."""
    return await full(Group(session))


@pytest.fixture
async def forum(session: AsyncSession) -> Group:
    """Have such a forum."""
    return await full(Forum(session))


async def full[G: Group](group: G) -> G:
    """Have strangers write in every class, more than anybody can send."""
    for _ in range(4):
        talker = await group.ticket()
        await group.post(CardPosted(talker.id), talker)
        await group.post(QuestionEdited(1), talker, times=60)
        await group.post(UserReturned(talker.id), talker, times=10)
    for _ in range(3):
        await group.post(QuestionEdited(1), await group.ticket(), times=60)
        photographer, returned, renamed = [await group.ticket() for _ in range(3)]
        await group.post(QuestionEdited(1), photographer, times=20, album=True)
        await group.post(UserReturned(1), returned, times=60)
        await group.post(CardRedrawn(renamed.id), renamed)
    return group


@pytest.mark.parametrize("late", [0, 7, 23])
async def test_a_first_message_goes_after_a_known_number_of_sends(group: Group, late: int) -> None:
    alice, waiting = await _first_message(group, late)

    most = A + B * waiting

    assert await group.takes_until(alice, most=most) <= most


@pytest.mark.parametrize("late", [0, 7, 23])
async def test_in_a_forum_a_first_message_is_two_for_its_topic_and_its_card(
    forum: Group, late: int
) -> None:
    alice, waiting = await _first_message(forum, late)

    most = A + B * (2 * waiting + 1)

    assert await forum.takes_until(alice, most=most) <= most
    assert alice.id in forum.prepared


async def _first_message(group: Group, late: int) -> tuple[Ticket, int]:
    """Have somebody write a first message after others; return how many first ones wait."""
    stranger = await group.ticket()
    await group.takes_until(stranger, most=late)
    group.sent.clear()
    earlier = 5
    for _ in range(earlier):
        other = await group.ticket()
        await group.post(CardPosted(other.id), other)
        await group.post(QuestionEdited(1), other, times=30)
    alice = await group.ticket()
    await group.post(CardPosted(alice.id), alice)
    return alice, earlier + 4


@pytest.mark.parametrize("late", [0, 7, 23])
async def test_a_follow_up_goes_after_a_known_number_of_sends(group: Group, late: int) -> None:
    stranger = await group.ticket()
    await group.takes_until(stranger, most=late)
    group.sent.clear()
    alice = await group.ticket()
    await group.post(QuestionEdited(1), alice)

    most = A + C * 16

    assert await group.takes_until(alice, most=most) <= most


async def test_new_tickets_without_end_do_not_hold_up_a_follow_up(group: Group) -> None:
    alice = await group.ticket()
    await group.post(QuestionEdited(1), alice)
    for _ in range(80):
        stranger = await group.ticket()
        await group.post(CardPosted(stranger.id), stranger)

    assert await group.takes_until(alice, most=A + C * 16) <= A + C * 16


async def test_turns_go_on_after_a_restart(group: Group) -> None:
    first, second = await group.ticket(), await group.ticket()
    for ticket in (first, second):
        await group.post(QuestionEdited(1), ticket, times=5)
    group.claims.remember([(STAFF, first.id, Precedence.FOLLOW_UP, 0.0)])

    await group.takes_until(second, most=A)

    assert first.id not in {lane for lane, _ in group.sent}


def test_a_class_has_its_share_and_what_the_others_leave() -> None:
    division = Division()
    everything = {STAFF: list(IN_A_STAFF_CHAT)}
    counts = dict.fromkeys(IN_A_STAFF_CHAT, 0)

    for _ in range(150):
        chat_id, which = division.first(everything)
        division.charge(chat_id, which, 1)
        counts[which] += 1

    assert counts == {one: weight * 10 for one, weight in IN_A_STAFF_CHAT.items()}
    assert division.first({STAFF: [Precedence.REDRAW]}) == (STAFF, Precedence.REDRAW)


def test_who_had_nothing_to_send_has_saved_up_nothing() -> None:
    shares = Shares()
    for _ in range(100):
        shares.charge(1, 1)

    went = []
    for _ in range(6):
        went.append(shares.first([1, 2]))
        shares.charge(went[-1], 1)

    assert went.count(2) <= 4


def test_what_is_only_for_the_eyes_goes_when_nothing_else_does() -> None:
    division = Division()
    refusal, answer = Precedence.REFUSAL, Precedence.ANSWER

    assert division.first({0: [refusal, answer]}) == (0, answer)
    assert division.first({0: [refusal], STAFF: [refusal]}) == (STAFF, refusal)
    assert division.first({0: [refusal]}) == (0, refusal)


def test_answers_and_staff_chats_share_what_the_whole_bot_may_send() -> None:
    division = Division()
    waiting = {0: [Precedence.ANSWER, Precedence.CONFIRMATION], STAFF: [Precedence.CARD]}
    counts = {0: 0, STAFF: 0}

    for _ in range(100):
        chat_id, which = division.first(waiting)
        division.charge(chat_id, which, 1)
        counts[chat_id] += 1

    assert counts == {0: 60, STAFF: 40}


def test_asides_leave_half_of_the_room_to_all_others() -> None:
    limiter = Limiter(per_chat=0, per_group=0, total=30)
    for _ in range(15):
        assert limiter.next_at(0.0, 7, spare=True) == 0.0
        limiter.leave(7)
        limiter.answer(0.0, 7)

    assert limiter.next_at(0.0, 7, spare=True) > 0.0
    assert limiter.next_at(0.0, 7) == 0.0
    assert limiter.room(0.0) == 15
