"""The courier: takes what waits in the outbox to Telegram, in order, until it has arrived.

One turn is one transaction: settle what came back, claim what may go now. What was claimed is
sent after the commit, so whatever dies, the database knows what may have been said.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.alarm import Alarm
from database.errors import is_outage
from database.machinery import Delivery, DeliveryStatus
from services import read_ahead
from services.delivery import failures, lanes, recent_sends, relocating, settling
from services.delivery.claims import Claims, Turn
from services.delivery.limiter import Limiter
from services.delivery.outcomes import Outcome, Unknown
from services.delivery.parcel import Compose, Send, Trip
from services.delivery.silence import Silence
from services.delivery.stalls import Stalls
from services.helpdesk import orphans

log = structlog.get_logger(__name__)

# What other processes wrote is noticed within this time, in seconds.
LOOKS_EVERY = 1.0

# When several are on their way, an answer waits so many seconds for the others, and for what is
# committed meanwhile: a turn that settles many and claims costs little more than one for a single
# answer. Who kills us in that time makes possible duplicates of them.
GATHERS = 0.05

# A send in flight gets so many seconds when the program stops.
LAST_SENDS = 5.0

# The limiter's longest window: so far back it has to know what was sent.
REMEMBERED = timedelta(minutes=1)


class Courier:
    """Runs until stopped; there is one for a database."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        compose: Compose,
        send: Send,
        limiter: Limiter,
        *,
        staff_chat_id: int,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        quiet: timedelta = timedelta(),
        on_turn: Callable[[], None] = lambda: None,
        alarm: Alarm | None = None,
    ) -> None:
        """`staff_chat_id` is the one in the settings; `on_turn` hears that we are alive."""
        self._sessions = sessions
        self._claims = Claims(compose, limiter, quiet)
        self._send = send
        self._limiter = limiter
        self._staff_chat_id = staff_chat_id
        self._clock = clock
        self._monotonic = monotonic
        self._on_turn = on_turn
        self._wake = asyncio.Event()
        self._holds, self._relocates = 0, asyncio.Event()
        self._relocates.set()  # for all we know
        self._stopping = False
        self._trips: dict[Trip, asyncio.Task[None]] = {}
        self._back: list[tuple[Trip, Outcome]] = []
        self._gathering: asyncio.TimerHandle | None = None
        self._expecting = False
        self._all_back = asyncio.Event()
        self._after_turn = asyncio.Condition()
        self._begun = asyncio.Event()
        self._alarm = alarm or Alarm(monotonic)
        self._outage = False
        self._one_by_one = False
        self._careful = False
        self._unsure: set[int] | None = None
        self._silence, self._stalls = Silence(), Stalls()
        self._returned = self._bringing = False

    def wake(self) -> None:
        """Look at once: something was committed."""
        self._expecting = False
        self._all_back.clear()
        self._wake.set()

    def expect(self) -> None:
        """Leave answers lying until `wake`, or the next look: what is about to be committed merges.

        A turn for the answers alone would take single messages along that are one a moment later.
        """
        self._expecting = True

    def hold_staff_chats(self) -> None:
        """Send nothing to chats between which tickets come along (services/delivery/relocating.py).

        Called before the commit that says so, and again after it: `relocates` then counts anew.
        """
        self._holds += 1
        self._relocates.set()

    async def relocates(self) -> int:
        """Wait until tickets may have to come along; return how often that was said."""
        await self._relocates.wait()
        return self._holds

    def settled_in(self, holds: int) -> None:
        """Send to staff again, as all came along, unless something was said since (`relocates`)."""
        if holds == self._holds:
            self._relocates.clear()
            self.wake()

    def hear(self, *, after_silence: bool) -> None:
        """Note that Telegram answers; after a silence, send what was postponed."""
        self._stalls.hear(self._monotonic())
        if after_silence:
            self._returned = True
            self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight is settled, or is late."""
        self._stopping = True
        self.wake()

    async def settled(self) -> None:
        """Wait until what is on its way now has come back and is written down.

        So is then what was on its way when an earlier process died.
        """
        await self._begun.wait()
        waiting = set(self._trips)
        self.wake()
        async with self._after_turn:
            await self._after_turn.wait_for(lambda: not waiting & self._trips.keys())

    async def sent(self) -> None:
        """Wait until what was committed before `wake` is sent, as far as it may go now."""
        await self._all_back.wait()

    async def run(self) -> None:
        """Take turns until stopped."""
        while not self._stopping and not await self._survives(self._begin()):
            self._on_turn()
            await self._rest(LOOKS_EVERY)
        self._begun.set()
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                await self._rest(await self._take_turn(group))
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SENDS):
                    while self._trips:
                        seconds = await self._take_turn(group)
                        await self._rest(seconds if self._trips else 0)
            for trip, task in self._trips.items():
                log.warning("stopped before the answer came", deliveries=trip.delivery_ids)
                task.cancel()
        self._trips.clear()
        await self._tell_waiting()

    async def _begin(self) -> None:
        """Take stock of what was on its way when we died, and of what was sent just before."""
        now, monotonic = self._clock(), self._monotonic()
        async with self._sessions.begin() as session:
            counted = await recent_sends.since(session, now - REMEMBERED, now=now)
            lately = await recent_sends.lately(session, now - REMEMBERED)
            doubtful = await lanes.in_doubt(session)
            await orphans.note_all(session, doubtful, until=now)
            # Now: should only the answer to the commit get lost, they are not found again.
            _announce(doubtful)
        self._limiter.remember(
            (monotonic - (now - at).total_seconds(), chat_id) for at, chat_id in counted
        )
        self._claims.remember(lately)
        log.info("courier started", possible_duplicates=len(doubtful))

    async def _take_turn(self, group: asyncio.TaskGroup) -> float:
        """Take one turn; return how many seconds to rest, unless woken."""
        self._on_turn()
        alone = self._one_by_one
        turn = Turn(self._clock(), self._monotonic(), longest=LOOKS_EVERY, careful=self._careful)
        survived = await self._survives(self._transaction(turn))
        if turn.relocates:
            self.hold_staff_chats()
        if not survived:
            await self._undo(turn, alone=alone)
            return LOOKS_EVERY
        del self._back[: len(turn.settled)]
        self._unsure = None
        self._careful = self._careful and alone
        self._one_by_one = alone and bool(self._back)
        for trip, _ in turn.settled:
            del self._trips[trip]
        for trip in turn.trips:
            self._trips[trip] = group.create_task(self._carry(trip))
        self._note_all_back()
        await self._tell_waiting()
        return 0.0 if alone else turn.rest(self._monotonic())

    async def _undo(self, turn: Turn, *, alone: bool) -> None:
        """Take back what a turn that failed has changed outside the database."""
        for trip in turn.trips:
            self._limiter.answer(turn.monotonic, trip.parcel.chat_id, trip.parcel.cost)
        claimed = {one for trip in turn.trips for one in trip.delivery_ids}
        self._unsure = (self._unsure or set()) | claimed
        self._claims.watch.forget()
        self._returned |= self._bringing
        if not self._outage:
            self._careful = True
            await self._suspect(turn.settled, alone=alone)

    async def _transaction(self, turn: Turn) -> None:
        """Settle what came back by now, and claim."""
        async with self._sessions.begin() as session:
            await session.connection()  # we may wait for it, and what comes meanwhile counts
            turn.begin(self._clock(), self._monotonic())
            turn.settled = self._back[:1] if self._one_by_one else list(self._back)
            self._hear_anew()
            await settling.settle_together(
                session,
                turn.settled,
                configured=self._staff_chat_id,
                stalls=self._stalls,
                now=turn.now,
            )
            await session.flush()
            turn.relocates = read_ahead.of(session).relocates
            await self._bring_forward(session, turn)
            if self._unsure is not None:
                await self._put_back(session, self._unsure, turn.settled)
            if not self._stopping and not self._one_by_one:
                chats = {trip.parcel.chat_id for trip in self._trips}
                held = await self._held(session, turn)
                await self._claims.make(session, turn, travelling=chats, held=held)

    async def _held(self, session: AsyncSession, turn: Turn) -> frozenset[int]:
        """List the groups that get nothing for now, as tickets come along."""
        if turn.relocates:
            self.hold_staff_chats()
        if not self._relocates.is_set():
            return frozenset()
        return await relocating.held(session, self._staff_chat_id)

    async def _bring_forward(self, session: AsyncSession, turn: Turn) -> None:
        """Try what was postponed for want of an answer: all once Telegram answers, or else one."""
        self._bringing, self._returned = self._returned, False
        if self._bringing:
            await lanes.bring_forward(session, now=turn.now)
        elif self._silence.asks(turn.monotonic):
            await lanes.bring_forward(session, now=turn.now, most=1)

    async def _put_back(
        self, session: AsyncSession, unsent: set[int], settled: list[tuple[Trip, Outcome]]
    ) -> None:
        """Put back what is claimed and not on its way, after a turn that failed.

        Its commit may have been lost, or only the answer to it. What it claimed (`unsent`) was
        never sent; what somebody else claimed, whose commit came after we took stock, may be.
        """
        travelling = self._trips.keys() - {trip for trip, _ in settled}
        ids = {one for trip in travelling for one in trip.delivery_ids}
        doubtful = await lanes.in_doubt(session, without=ids)
        perhaps_sent = [one for one in doubtful if one.id not in unsent]
        await orphans.note_all(session, perhaps_sent, until=self._clock())
        _announce(perhaps_sent)

    async def _carry(self, trip: Trip) -> None:
        """Send, and have the answer settled in the next turn."""
        # For all that is logged in this task.
        structlog.contextvars.bind_contextvars(delivery=trip.delivery_ids[0], ticket=trip.ticket_id)
        try:
            outcome = await self._send(trip.parcel)
        except Exception as error:
            log.exception("the sender failed")
            outcome = Unknown(type(error).__name__)  # its words may name what no one is to read
        self._limiter.answer(self._monotonic(), trip.parcel.chat_id, trip.parcel.cost)
        self._back.append((trip, outcome))
        self._listen(trip, outcome)
        self._note_all_back()
        if self._gathering is None:
            seconds = GATHERS if len(self._trips) > 1 else 0
            self._gathering = asyncio.get_running_loop().call_later(seconds, self._gathered)

    def _listen(self, trip: Trip, outcome: Outcome) -> None:
        """Notice when Telegram falls silent, for all or for one, and when it answers again."""
        now, first = self._monotonic(), trip.delivery_ids[0]
        if isinstance(outcome, Unknown):
            self._silence.failed(now)
            self._stalls.failed(first, now)
            return
        self._stalls.sent(first, now)
        if self._silence.answered(now):
            self._returned = True

    def _note_all_back(self) -> None:
        if len(self._back) == len(self._trips) and not self._wake.is_set():
            self._all_back.set()

    def _gathered(self) -> None:
        self._gathering = None
        if not self._expecting:
            self._wake.set()

    def _hear_anew(self) -> None:
        """Have what comes from now on bring about another turn."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if not self._stopping:
            self._wake.clear()

    async def _survives(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do `work`; False if the database or a mistake of ours kept it from being done.

        Of an outage the operator is told. Nothing is lost: what came back stays with us.
        """
        try:
            await work
        except Exception as error:
            self._outage = is_outage(error)
            if self._outage:
                self._alarm.fails(error)
            else:
                log.exception("the courier's turn failed")
            return False
        self._alarm.works()
        self._outage = False
        return True

    async def _tell_waiting(self) -> None:
        async with self._after_turn:
            self._after_turn.notify_all()

    async def _suspect(self, settled: list[tuple[Trip, Outcome]], *, alone: bool) -> None:
        """Find the answer that can't be written down, and set its deliveries aside as failed.

        Each is tried alone, in a turn that claims nothing; what fails then is to blame.
        """
        self._one_by_one = bool(settled)
        if alone and settled and await self._survives(self._set_aside(*settled[0])):
            del self._back[0], self._trips[settled[0][0]]

    async def _set_aside(self, trip: Trip, outcome: Outcome) -> None:
        """Give up what became of a trip, and tell who can do something about it, if that can be."""
        reason = failures.NOT_WRITTEN_DOWN
        log.error(
            "an outcome cannot be written down",
            outcome=type(outcome).__name__,
            deliveries=trip.delivery_ids,
        )
        async with self._sessions.begin() as session:
            claimed = await lanes.still_claimed(session, trip.delivery_ids)
            batch = [claimed[one] for one in trip.delivery_ids if one in claimed]
            try:
                async with session.begin_nested():
                    await failures.fail(session, batch, reason, now=self._clock())
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("nobody could be told what failed")
                for delivery in batch:
                    delivery.status, delivery.error = DeliveryStatus.FAILED, reason

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()


def _announce(doubtful: Iterable[Delivery]) -> None:
    for delivery in doubtful:
        log.warning("possible duplicate", delivery=delivery.id, ticket=delivery.ticket_id)
