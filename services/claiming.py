"""Claiming: what goes now, best first, as far as the limiter lets it.

A claim is in the database before anything is sent, so that whatever dies, it is known what may
have been said.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import chain
from math import inf

import structlog
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession

from database.errors import is_outage
from database.models import Delivery, DeliveryStatus
from services import failing, lanes, pauses, prefetch
from services.backlog import Backlog, Watch
from services.limiter import Limiter
from services.outcomes import Outcome
from services.parcel import Compose, Parcel, Trip

log = structlog.get_logger(__name__)


class Turn:
    """One turn's time, what it settles and what it claimed, and when the next one is due.

    `settled` is empty as long as the transaction has not begun. `claimed` are the ids of all that
    goes; `batches`, what of it is not written down yet.

    `careful`: a turn before failed, perhaps for a delivery that spoils the transaction when it is
    worded. So each is worded in a savepoint.
    """

    def __init__(
        self, now: datetime, monotonic: float, *, longest: float, careful: bool = False
    ) -> None:
        self.careful = careful
        self.settled: list[tuple[Trip, Outcome]] = []
        self.trips: list[Trip] = []
        self.batches: list[Sequence[Delivery]] = []
        self.claimed: list[int] = []
        self.crowded: set[int] = set()
        self._longest = longest
        self.begin(now, monotonic)

    def begin(self, now: datetime, monotonic: float) -> None:
        """Start to count: what is due by now can be seen."""
        self.now = now
        self.monotonic = monotonic
        self._next = monotonic + self._longest

    def look_at(self, monotonic: float) -> None:
        self._next = min(self._next, monotonic)

    def wait_until(self, time: datetime | None) -> None:
        if time is not None:
            self.look_at(self.monotonic + (time - self.now).total_seconds())

    def rest(self, monotonic: float) -> float:
        return max(0.0, self._next - monotonic)


class Claims:
    """Makes the claims of one courier."""

    def __init__(self, compose: Compose, limiter: Limiter, quiet: timedelta) -> None:
        self.compose = compose
        self.watch = Watch(limiter.per_group)
        self._limiter = limiter
        self._quiet = quiet

    async def make(
        self,
        session: AsyncSession,
        turn: Turn,
        *,
        travelling: Collection[int],
        former: Collection[int] = (),
    ) -> None:
        """Claim for `turn` what may go now.

        `travelling` are the chats of what is on its way, `former` those that get nothing more.
        """
        paused = await pauses.read(session, now=turn.now)
        turn.wait_until(paused.next_end)
        if paused.everything:
            return
        await self.watch.tidy(session, now=turn.now)
        full = self._limiter.full(turn.monotonic)
        turn.look_at(min(full.values(), default=inf))
        heads, more = await lanes.heads(
            session,
            now=turn.now,
            quiet=self._quiet,
            without=paused.blocked.union(full, former),
        )
        offered = await lanes.offered(session, heads, now=turn.now)
        await prefetch.for_deliveries(session, list(chain.from_iterable(offered.values())))
        probing = paused.probed & set(travelling)
        for head in heads:
            when = self._limiter.next_at(turn.monotonic, head.chat_id)
            if when > turn.monotonic:
                turn.look_at(when)
            elif head.chat_id not in turn.crowded | probing:
                probing |= paused.probed & {head.chat_id}
                await self._pack(session, head, offered[head.id], turn)
        await _write_down(session, turn)
        if more and turn.trips:
            turn.look_at(turn.monotonic)
        elif not heads:
            turn.wait_until(await lanes.next_due(session, now=turn.now))

    async def _pack(
        self, session: AsyncSession, head: Delivery, offered: Sequence[Delivery], turn: Turn
    ) -> None:
        """Put a lane's first delivery, and what can travel with it, on the way."""
        last_room = self._limiter.is_last_room(turn.monotonic, head.chat_id)
        besides = [head.id, *turn.claimed]
        if last_room and await self.watch.asks(session, head, besides=besides, now=turn.now):
            _wait_for_room(head, turn, turn.monotonic)
            return
        if not offered:
            turn.look_at(turn.monotonic)
            return
        backlog = await self.watch.seen_with(session, head, besides=besides, last_room=last_room)
        try:
            parcel = await self._word(session, offered, backlog, turn)
        except Exception as error:
            if _spoils_the_transaction(error, turn):
                raise
            await _set_aside(session, head, error, turn)
            return
        if parcel is None:
            head.status = DeliveryStatus.DELIVERED
            turn.look_at(turn.monotonic)
            return
        when = self._limiter.next_at(turn.monotonic, parcel.chat_id, parcel.cost)
        if when > turn.monotonic:
            _wait_for_room(head, turn, when)
            return
        if backlog is not None:  # which may ask what waits, and so must not find what goes now
            await _write_down(session, turn)
        await self.watch.shown(session, head, backlog, now=turn.now)
        self._claim(offered[: parcel.taken], parcel, turn)

    async def _word(
        self,
        session: AsyncSession,
        offered: Sequence[Delivery],
        backlog: Backlog | None,
        turn: Turn,
    ) -> Parcel | None:
        if not turn.careful:
            return await self.compose(session, offered, backlog)
        async with session.begin_nested():
            return await self.compose(session, offered, backlog)

    def _claim(self, batch: Sequence[Delivery], parcel: Parcel, turn: Turn) -> None:
        self._limiter.leave(parcel.chat_id, parcel.cost)
        first, ids = batch[0], [delivery.id for delivery in batch]
        turn.batches.append(batch)
        turn.claimed += ids
        turn.trips.append(Trip(parcel, ids, first.ticket_id, first.kind, first.part, turn.now))


async def _write_down(session: AsyncSession, turn: Turn) -> None:
    """Write the claims that are not written yet."""
    await lanes.claim(session, turn.batches, now=turn.now)
    turn.batches.clear()


def _wait_for_room(head: Delivery, turn: Turn, until: float) -> None:
    """Keep the room of a chat for what comes first: what is smaller must not take it."""
    turn.crowded.add(head.chat_id)
    turn.look_at(until)


def _spoils_the_transaction(error: Exception, turn: Turn) -> bool:
    """Whether this turn can do nothing more; a careful one has a savepoint to go back to."""
    of_database = isinstance(error, DBAPIError | PendingRollbackError)
    return is_outage(error) or (of_database and not turn.careful)


async def _set_aside(session: AsyncSession, head: Delivery, error: Exception, turn: Turn) -> None:
    log.error("a delivery cannot be worded", delivery=head.id, kind=head.kind, exc_info=error)
    await failing.fail(session, [head], failing.NOT_WORDED, now=turn.now)
    turn.look_at(turn.monotonic)
