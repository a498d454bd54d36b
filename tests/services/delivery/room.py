"""A courier at work: a real database, and a Telegram that does as it is told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.address import Address
from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket
from services import notices, outbox
from services.delivery import relocating
from services.delivery.backlog import Backlog
from services.delivery.courier import Courier
from services.delivery.limiter import Limiter
from services.delivery.outcomes import Delivered, Outcome
from services.delivery.parcel import Parcel, Shown, links_of
from services.notices import (
    AnswerEdited,
    CardPosted,
    CardRedrawn,
    Notice,
    QuestionPosted,
)
from tests.services.factories import ANN, STAFF
from tests.support.times import NOON

USER = ANN.telegram_id
OTHER_USER = 8
NEW_STAFF = -1002
WAITING, CLAIMED, DELIVERED, FAILED = DeliveryStatus

NUMBERED = {kind.kind for kind in (AnswerEdited, CardPosted, CardRedrawn, QuestionPosted)}

# What travels, by its numbers: (chat, (1, 2)) is a message that holds the texts 1 and 2.
type Sent = tuple[int, tuple[int, ...]]


class Telegram:
    """Remembers what it was sent; answers "ok" unless told otherwise, and holds what it must.

    `calls` are those with a number, `others` the chats of what those led to.
    """

    def __init__(self) -> None:
        self.calls: list[Sent] = []
        self.others: list[int] = []
        self.answers: dict[int, list[Outcome | Exception]] = {}
        self._held: dict[int, asyncio.Event] = {}
        self._called = asyncio.Condition()
        self._last_id = 100

    def answers_with(self, number: int, *outcomes: Outcome | Exception) -> None:
        """Answer the call that carries this text with these, one after the other."""
        self.answers[number] = list(outcomes)

    def holds(self, number: int) -> asyncio.Event:
        """Leave the call that carries this text without an answer until the event is set."""
        return self._held.setdefault(number, asyncio.Event())

    async def called(self, times: int, *, others: int = 0) -> list[Sent]:
        """Wait for this many calls, and list all there were."""
        async with self._called:
            await self._called.wait_for(
                lambda: len(self.calls) >= times and len(self.others) >= others
            )
        return self.calls

    async def __call__(self, parcel: Parcel) -> Outcome:
        numbers: tuple[int, ...] = parcel.call  # type: ignore[assignment]
        async with self._called:
            if numbers[0]:
                self.calls.append((parcel.address.chat_id, numbers))
            else:
                self.others.append(parcel.address.chat_id)
            self._called.notify_all()
        if numbers[0] in self._held:
            await self._held[numbers[0]].wait()
        if waiting := self.answers.get(numbers[0]):
            answer = waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        self._last_id += 1
        return Delivered(tuple(self._last_id for _ in parcel.effects))


class Words:
    """Composes: follow-ups that wait travel together; some notices need several parts, or fail."""

    def __init__(self) -> None:
        self.parts: dict[int, int] = {}
        self.costs: dict[int, int] = {}
        self.unspeakable: dict[int, Exception] = {}
        self.nothing: set[int] = set()
        self.alone: set[int] = set()
        self.told: dict[int, Backlog] = {}

    async def __call__(
        self,
        _session: AsyncSession,
        offered: Sequence[Delivery],
        backlog: Backlog | None = None,
        /,
    ) -> Parcel | None:
        head = offered[0]
        notices.read(head.kind, head.payload)
        together = offered if head.kind == QuestionPosted.kind else offered[:1]
        numbers = tuple(number_of(one) for one in together)
        if self.alone & {*numbers}:
            numbers = numbers[:1]
        if backlog is not None:
            self.told[numbers[0]] = backlog
        if numbers[0] in self.unspeakable:
            raise self.unspeakable[numbers[0]]
        if numbers[0] in self.nothing:
            return None
        return Parcel(
            Address(head.chat_id),
            call=numbers,
            cost=self.costs.get(numbers[0], 1),
            effects=links_of([Shown(part=head.part)]),
            carries=len(numbers),
            more=head.part + 1 < self.parts.get(numbers[0], 1),
        )


def number_of(delivery: Delivery) -> int:
    """Tell a test's notices apart by their one number; what they lead to has none."""
    numbers = list(delivery.payload.values())
    return int(numbers[0]) if delivery.kind in NUMBERED else 0


class Times:
    """What time it is, for the courier; and that it takes its turns."""

    def __init__(self) -> None:
        self.now = NOON
        self.stepped = timedelta()
        self.turns = 0
        self._turned = asyncio.Condition()

    def clock(self) -> datetime:
        return self.now + self.stepped

    def monotonic(self) -> float:
        return self.now.timestamp()

    def on_turn(self) -> None:
        self.turns += 1


class Room:
    """All that a test touches."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], limiter: Limiter) -> None:
        self.sessions = sessions
        self.telegram, self.words, self.times = Telegram(), Words(), Times()
        self.limiter = limiter
        self.courier = self.hire()

    def hire(self, *, gathers: timedelta = timedelta()) -> Courier:
        """Make the courier, or the one after a restart."""
        self.courier = Courier(
            self.sessions,
            self.words,
            self.telegram,
            self.limiter,
            clock=self.times.clock,
            monotonic=self.times.monotonic,
            gathers=gathers,
            on_turn=self.times.on_turn,
        )
        return self.courier

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Have the courier run."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.courier.run())
            yield
            self.courier.stop()

    async def post(self, *numbers: int, ticket: Ticket, chat_id: int = STAFF) -> None:
        """Commit follow-ups with these numbers, as the poller does."""
        await self.post_all(*[(chat_id, QuestionPosted(number), ticket) for number in numbers])

    async def post_all(self, *posts: tuple[int, Notice, Ticket | None]) -> None:
        """Commit anything, each in its transaction."""
        for chat_id, notice, ticket in posts:
            async with self.sessions.begin() as session:
                outbox.post(session, chat_id, notice, now=self.times.clock(), ticket=ticket)
        self.courier.wake()

    async def settled(self, calls: int, *, others: int = 0) -> list[Sent]:
        """Wait until this many calls were made, and all is written down."""
        made = await self.telegram.called(calls, others=others)
        await self.courier.settled()
        return list(made)

    async def come_along(self) -> None:
        """Have all tickets come along to their staff chat."""
        holds, more = await self.courier.holds.wait(), True
        while more:
            async with self.sessions.begin() as session:
                more = await relocating.go_on(session, now=self.times.clock())
        self.courier.holds.release(holds)

    async def turns(self, count: int = 2) -> None:
        """Let the courier take this many turns; after two, one has seen all there was."""
        until = self.times.turns + count
        while self.times.turns < until:
            self.courier.wake()
            await asyncio.sleep(0)

    async def pass_time(self, time: timedelta) -> None:
        """Let time pass, and the courier see it."""
        self.times.now += time
        await self.turns()

    async def deliveries(self) -> list[Delivery]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Delivery).order_by(Delivery.id)))

    async def statuses(self) -> list[DeliveryStatus]:
        return [delivery.status for delivery in await self.deliveries()]
