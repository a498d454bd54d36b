"""The courier: takes what waits in the outbox to Telegram, in order, until it has arrived.

One turn is one transaction:

1. The answers that came back are settled.
2. What was postponed is brought forward, if Telegram is back after a silence.
3. After a turn that failed, what it claimed and never sent is put back.
4. What may go now is claimed.

Only after the commit is it sent. So whatever dies, the database knows what may have been said.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.alarm import Alarm
from services import memo
from services.delivery import duplicates, recent_sends, relocating, settling
from services.delivery.bell import Bell
from services.delivery.claims import Claims
from services.delivery.contact import Contact
from services.delivery.holds import Holds
from services.delivery.in_flight import InFlight
from services.delivery.limiter import Limiter
from services.delivery.outcomes import Unknown
from services.delivery.parcel import Compose, Send, Trip
from services.delivery.recovery import Attempt, Recovery, State
from services.delivery.turn import Turn

log = structlog.get_logger(__name__)

# How soon rows that other processes wrote are noticed, in seconds.
LOOKS_EVERY = 1.0

# How long a stop waits for the answers to what is in flight, in seconds.
LAST_SENDS = 5.0

# The limiter's longest window: sends of this time are remembered across a restart.
REMEMBERED = timedelta(minutes=1)


class Stopped(Exception):
    """The courier stopped before it learnt what became of all that was sent."""


class Courier:
    """Runs until stopped; there is one for a database."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        compose: Compose,
        send: Send,
        limiter: Limiter,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        gathers: timedelta = timedelta(),
        on_turn: Callable[[], None] = lambda: None,
        alarm: Alarm | None = None,
    ) -> None:
        """Follow-ups are gathered for the time `gathers`; `on_turn` hears that we are alive."""
        self.bell = Bell()
        self.holds = Holds(on_release=self.bell.wake)
        self._sessions = sessions
        self._claims = Claims(compose, limiter, gathers)
        self._send = send
        self._limiter = limiter
        self._clock = clock
        self._monotonic = monotonic
        self._on_turn = on_turn
        self._in_flight = InFlight()
        self._contact = Contact()
        self._recovery = Recovery(alarm or Alarm(monotonic))
        self._begun = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something was committed."""
        self.bell.wake()

    def hear(self, *, after_silence: bool) -> None:
        """Note that Telegram answers; after a silence, send what was postponed."""
        self._contact.heard(self._monotonic(), after_silence=after_silence)
        if after_silence:
            self.bell.ring()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is in flight is settled, or is late."""
        self.bell.stop()

    async def settled(self) -> None:
        """Wait until what is in flight now has come back and is written down.

        That includes what was in flight when an earlier process died. Raises Stopped if that can't
        be known before the next start.
        """
        await self._begun.wait()
        trips = self._in_flight.trips()
        self.wake()
        await self._in_flight.landed(trips)
        if self._in_flight.in_doubt:
            raise Stopped

    async def run(self) -> None:
        """Take turns until stopped."""
        while not self.bell.stopping:
            if await self._recovery.attempt(self._begin()) is Attempt.DONE:
                break
            self._on_turn()
            await self.bell.rest(LOOKS_EVERY)
        self._begun.set()
        async with asyncio.TaskGroup() as group:
            while not self.bell.stopping:
                await self.bell.rest(await self._take_turn(group))
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SENDS):
                    while self._in_flight:
                        seconds = await self._take_turn(group)
                        await self.bell.rest(seconds if self._in_flight else 0)
            self._in_flight.abandon()
        await self._in_flight.tell_waiting()

    async def _begin(self) -> None:
        """Take stock of what was in flight when we died, and of what was sent just before."""
        now, monotonic = self._clock(), self._monotonic()
        async with self._sessions.begin() as session:
            counted = await recent_sends.since(session, now - REMEMBERED, now=now)
            minute_ago = monotonic - REMEMBERED.total_seconds()
            lately = await recent_sends.lately(session, now - REMEMBERED, monotonic=minute_ago)
            possible_duplicates = await duplicates.put_back(session, now=now)
        self._in_flight.in_doubt = False
        self._limiter.remember(
            (monotonic - (now - at).total_seconds(), chat_id) for at, chat_id in counted
        )
        self._claims.remember(lately)
        log.info("courier started", possible_duplicates=possible_duplicates)

    async def _take_turn(self, group: asyncio.TaskGroup) -> float:
        """Take one turn; return how many seconds to rest, unless the bell rings."""
        self._on_turn()
        one_by_one = self._recovery.state is State.ONE_BY_ONE
        careful = self._recovery.state is not State.NORMAL
        turn = Turn(self._clock(), self._monotonic(), longest=LOOKS_EVERY, careful=careful)
        attempt = await self._recovery.attempt(self._transaction(turn, one_by_one=one_by_one))
        if turn.relocates:
            self.holds.hold()
        if attempt is not Attempt.DONE:
            await self._recover(turn, attempt)
            return LOOKS_EVERY
        self._in_flight.land(turn.settled)
        self._recovery.done(answers_left=bool(self._in_flight.answers))
        for trip in turn.trips:
            self._in_flight.leave(trip, group.create_task(self._carry(trip)))
        self._note_all_back()
        await self._in_flight.tell_waiting()
        return 0.0 if one_by_one else turn.rest(self._monotonic())

    async def _transaction(self, turn: Turn, *, one_by_one: bool) -> None:
        """Settle what came back by now, and claim."""
        async with self._sessions.begin() as session:
            await session.connection()  # we may wait for it, and what comes meanwhile counts
            turn.begin(self._clock(), self._monotonic())
            turn.settled = self._in_flight.answers[: 1 if one_by_one else None]
            self.bell.begin_turn()
            await settling.settle_all(
                session, turn.settled, stalls=self._contact.stalls, now=turn.now
            )
            await session.flush()
            turn.relocates = memo.of(session).relocates
            await self._contact.bring_forward(session, turn)
            if self._recovery.unsent is not None:
                in_flight = self._in_flight.delivery_ids(excluding=turn.settled)
                unsent = self._recovery.unsent
                await duplicates.put_back(
                    session, in_flight=in_flight, unsent=unsent, now=self._clock()
                )
            if not self.bell.stopping and not one_by_one:
                travelling, held = self._in_flight.chats(), await self._held(session, turn)
                await self._claims.make(session, turn, travelling=travelling, held=held)

    async def _held(self, session: AsyncSession, turn: Turn) -> frozenset[int]:
        """List the groups that get nothing for now, as tickets come along."""
        if turn.relocates:
            self.holds.hold()
        if not self.holds.is_on:
            return frozenset()
        return await relocating.held(session)

    async def _recover(self, turn: Turn, attempt: Attempt) -> None:
        """Take back what a failed turn changed outside the database, and find who is to blame."""
        for trip in turn.trips:
            self._limiter.answer(turn.monotonic, trip.parcel.address.chat_id, trip.parcel.cost)
        self._claims.line.forget()
        self._contact.undo()
        claimed = [one for trip in turn.trips for one in trip.delivery_ids]
        to_blame = self._recovery.failed(attempt, claimed=claimed, with_answers=bool(turn.settled))
        if to_blame and await self._recovery.attempt(self._give_up(turn)) is Attempt.DONE:
            self._in_flight.land(turn.settled)

    async def _give_up(self, turn: Turn) -> None:
        """Set aside the one answer of a turn that failed."""
        ((trip, outcome),) = turn.settled
        async with self._sessions.begin() as session:
            await settling.give_up(session, trip, outcome, now=self._clock())

    async def _carry(self, trip: Trip) -> None:
        """Send, and have the answer settled in the next turn."""
        # For all that is logged in this task.
        structlog.contextvars.bind_contextvars(delivery=trip.delivery_ids[0], ticket=trip.ticket_id)
        try:
            outcome = await self._send(trip.parcel)
        except Exception as error:
            log.exception("the sender failed")
            outcome = Unknown(type(error).__name__)  # its words may hold what nobody may read
        now, answer = self._monotonic(), (trip, outcome)
        self._limiter.answer(now, trip.parcel.address.chat_id, trip.parcel.cost)
        self._in_flight.answers.append(answer)
        self._contact.answered(answer, now)
        self._note_all_back()
        self.bell.answered(others_in_flight=len(self._in_flight) > 1)

    def _note_all_back(self) -> None:
        if self._in_flight.all_answered:
            self.bell.note_all_back()
