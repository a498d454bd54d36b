"""The courier: takes what waits in the outbox to Telegram, in order, until it has arrived.

One turn is one transaction: settle what came back, claim what may go now. What was claimed is
sent after the commit, so whatever dies, the database knows what may have been said.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.errors import is_outage
from database.models import Delivery, DeliveryStatus
from services import lanes, settling, staff_chat
from services.limiter import Limiter
from services.outcomes import Outcome, Unknown
from services.parcel import Compose, Parcel, Send

log = structlog.get_logger(__name__)

# What other processes wrote is noticed within this time, in seconds.
LOOKS_EVERY = 1.0

# A send in flight gets so many seconds when the program stops.
LAST_SENDS = 5.0

# The limiter's longest window: so far back it has to know what was sent.
REMEMBERED = timedelta(minutes=1)


@dataclass(frozen=True, eq=False)
class Trip:
    """A parcel on its way, and the deliveries in it."""

    parcel: Parcel
    delivery_ids: list[int]
    ticket_id: int | None
    part: int


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
    ) -> None:
        """`staff_chat_id` is the one in the settings; `on_turn` hears that we are alive."""
        self._sessions = sessions
        self._compose = compose
        self._send = send
        self._limiter = limiter
        self._staff_chat_id = staff_chat_id
        self._clock = clock
        self._monotonic = monotonic
        self._quiet = quiet
        self._on_turn = on_turn
        self._wake = asyncio.Event()
        self._stopping = False
        self._trips: dict[Trip, asyncio.Task[None]] = {}
        self._back: list[tuple[Trip, Outcome]] = []
        self._after_turn = asyncio.Condition()
        self._outage = False
        self._one_by_one = False
        self._unsure = False

    def wake(self) -> None:
        """Look at once: something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight is settled, or is late."""
        self._stopping = True
        self._wake.set()

    async def settled(self) -> None:
        """Wait until what is on its way now has come back and is written down."""
        waiting = set(self._trips)
        async with self._after_turn:
            await self._after_turn.wait_for(lambda: not waiting & self._trips.keys())

    async def run(self) -> None:
        """Take turns until stopped."""
        while not self._stopping and not await self._survives(self._begin()):
            await self._rest(LOOKS_EVERY)
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
        now = self._clock()
        async with self._sessions.begin() as session:
            doubtful = await lanes.in_doubt(session)
            sent = await lanes.sent_since(session, now - REMEMBERED)
        for delivery in doubtful:
            log.warning("possible duplicate", delivery=delivery.id, ticket=delivery.ticket_id)
        monotonic = self._monotonic()
        self._limiter.remember(
            (monotonic - max(0.0, (now - (one.sent_at or now)).total_seconds()), one.chat_id)
            for one in [*sent, *doubtful]
        )
        log.info("courier started", possible_duplicates=len(doubtful))

    async def _take_turn(self, group: asyncio.TaskGroup) -> float:
        """Take one turn; return how many seconds to rest, unless woken."""
        self._on_turn()
        alone = self._one_by_one
        settled = self._back[:1] if alone else list(self._back)
        turn = _Turn(self._clock(), self._monotonic())
        if not await self._survives(self._transaction(turn, settled)):
            for trip in turn.trips:
                self._limiter.answer(turn.monotonic, trip.parcel.chat_id, trip.parcel.cost)
            self._unsure = True
            if not self._outage:
                await self._suspect(settled, alone=alone)
            return LOOKS_EVERY
        del self._back[: len(settled)]
        self._unsure = False
        self._one_by_one = alone and bool(self._back)
        for trip, _ in settled:
            del self._trips[trip]
        for trip in turn.trips:
            self._trips[trip] = group.create_task(self._carry(trip))
        await self._tell_waiting()
        return 0.0 if self._back or alone else turn.rest(self._monotonic())

    async def _transaction(self, turn: "_Turn", settled: list[tuple[Trip, Outcome]]) -> None:
        """Settle and claim.

        After a turn that failed we can't know: a connection may be lost just after the commit.
        Then what is settled already is left alone, and what was claimed but never sent put back.
        """
        async with self._sessions.begin() as session:
            staff_chat_id = await staff_chat.current(session, self._staff_chat_id)
            for trip, outcome in settled:
                batch = await lanes.still_claimed(session, trip.delivery_ids, part=trip.part)
                if batch:
                    await settling.settle(
                        session,
                        trip.parcel,
                        batch,
                        outcome,
                        staff_chat_id=staff_chat_id,
                        now=turn.now,
                    )
            await session.flush()
            if self._unsure:
                travelling = self._trips.keys() - {trip for trip, _ in settled}
                ids = {one for trip in travelling for one in trip.delivery_ids}
                await lanes.in_doubt(session, without=ids)
            if not self._stopping and not self._one_by_one:
                await self._claim(session, turn)

    async def _claim(self, session: AsyncSession, turn: "_Turn") -> None:
        """Claim what may go now, best first, as far as the limiter lets it."""
        pauses = await lanes.pauses(session, now=turn.now)
        turn.wait_until(pauses.next_end)
        if pauses.everything:
            return
        full = self._limiter.full(turn.monotonic)
        turn.look_at(min(full.values(), default=inf))
        heads = await lanes.heads(
            session, now=turn.now, quiet=self._quiet, without=pauses.blocked | full.keys()
        )
        travelling = {trip.parcel.chat_id for trip in self._trips}
        for head in heads:
            when = self._limiter.next_at(turn.monotonic, head.chat_id)
            if when > turn.monotonic:
                turn.look_at(when)
            elif head.chat_id not in turn.crowded | (pauses.probed & travelling):
                travelling.add(head.chat_id)
                await self._pack(session, head, turn)
        if len(heads) == lanes.HEADS_A_TURN and turn.trips:
            turn.look_at(turn.monotonic)
        elif not heads:
            turn.wait_until(await lanes.next_due(session, now=turn.now))

    async def _pack(self, session: AsyncSession, head: Delivery, turn: "_Turn") -> None:
        """Put a lane's first delivery, and what can travel with it, on the way."""
        offered = await lanes.offered(session, head, now=turn.now)
        try:
            parcel = await self._compose(session, offered)
        except (DBAPIError, PendingRollbackError):
            raise
        except Exception as error:
            log.exception("a delivery cannot be worded", delivery=head.id, kind=head.kind)
            reason = f"it cannot be worded ({type(error).__name__})"
            await settling.fail(session, [head], reason, now=turn.now)
            turn.look_at(turn.monotonic)
            return
        if parcel is None:
            head.status = DeliveryStatus.DELIVERED
            turn.look_at(turn.monotonic)
            return
        when = self._limiter.next_at(turn.monotonic, parcel.chat_id, parcel.cost)
        if when > turn.monotonic:
            # An album waits for as much room as it needs: what is smaller must not take it first.
            turn.crowded.add(head.chat_id)
            turn.look_at(when)
            return
        batch = offered[: parcel.taken]
        lanes.claim(batch, now=turn.now)
        self._limiter.leave(parcel.chat_id, parcel.cost)
        ids = [delivery.id for delivery in batch]
        turn.trips.append(Trip(parcel, ids, head.ticket_id, head.part))

    async def _carry(self, trip: Trip) -> None:
        """Send, and have the answer settled in the next turn."""
        bound = {"delivery": trip.delivery_ids[0], "ticket": trip.ticket_id}
        with structlog.contextvars.bound_contextvars(**bound):
            try:
                outcome = await self._send(trip.parcel)
            except Exception as error:
                log.exception("the sender failed")
                outcome = Unknown(repr(error))
        self._limiter.answer(self._monotonic(), trip.parcel.chat_id, trip.parcel.cost)
        self._back.append((trip, outcome))
        self._wake.set()

    async def _survives(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do `work`; False if the database or a mistake of ours kept it from being done.

        Of an outage the operator is told once. Nothing is lost: what came back stays with us.
        """
        try:
            await work
        except Exception as error:
            outage = is_outage(error)
            if not outage:
                log.exception("the courier's turn failed")
            elif not self._outage:
                log.error("the database does not answer", error=type(error).__name__)  # noqa: TRY400
            self._outage = outage
            return False
        if self._outage:
            log.info("the database answers again")
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
        if alone and await self._survives(self._set_aside(*settled[0])):
            del self._back[0], self._trips[settled[0][0]]

    async def _set_aside(self, trip: Trip, outcome: Outcome) -> None:
        async with self._sessions.begin() as session:
            await session.execute(
                update(Delivery)
                .where(Delivery.id.in_(trip.delivery_ids))
                .values(status=DeliveryStatus.FAILED, error=f"not settled: {outcome!r}")
            )

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        self._wake.clear()


class _Turn:
    """One turn's time, what it claimed, and when the next one is due."""

    def __init__(self, now: datetime, monotonic: float) -> None:
        self.now = now
        self.monotonic = monotonic
        self.trips: list[Trip] = []
        self.crowded: set[int] = set()
        self._next = monotonic + LOOKS_EVERY

    def look_at(self, monotonic: float) -> None:
        self._next = min(self._next, monotonic)

    def wait_until(self, time: datetime | None) -> None:
        if time is not None:
            self.look_at(self.monotonic + (time - self.now).total_seconds())

    def rest(self, monotonic: float) -> float:
        return max(0.0, self._next - monotonic)
