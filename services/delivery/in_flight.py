"""What is in flight: the trips that left, and the answers that are not written down yet."""

import asyncio
from collections.abc import Collection, Sequence

import structlog

from services.delivery.outcomes import Outcome
from services.delivery.parcel import Trip

log = structlog.get_logger(__name__)

# An answer: which trip it is to, and what it says.
type Answer = tuple[Trip, Outcome]


class InFlight:
    """Trips of one courier, each with the task that makes its call."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        # Whether more may be on its way than these trips: what an earlier process left before stock
        # is taken of it, and what was abandoned.
        self.in_doubt = True
        self._tasks: dict[Trip, asyncio.Task[None]] = {}
        self._changed = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def all_answered(self) -> bool:
        return len(self.answers) == len(self._tasks)

    def chats(self) -> set[int]:
        """Name the chats to which something is on its way."""
        return {trip.parcel.address.chat_id for trip in self._tasks}

    def delivery_ids(self, *, excluding: Sequence[Answer]) -> set[int]:
        """Name the deliveries on their way, other than those of these answers."""
        trips = self._tasks.keys() - {trip for trip, _ in excluding}
        return {one for trip in trips for one in trip.delivery_ids}

    def leave(self, trip: Trip, task: asyncio.Task[None]) -> None:
        self._tasks[trip] = task

    def land(self, settled: Sequence[Answer]) -> None:
        """Forget the oldest answers, which are these, and their trips: they are written down."""
        del self.answers[: len(settled)]
        for trip, _ in settled:
            del self._tasks[trip]

    def abandon(self) -> None:
        """Cancel what has no answer yet; a restart counts it as a possible duplicate."""
        for trip, task in self._tasks.items():
            log.warning("stopped before the answer came", deliveries=trip.delivery_ids)
            task.cancel()
        self.in_doubt = self.in_doubt or bool(self._tasks)
        self._tasks.clear()

    def trips(self) -> Collection[Trip]:
        return set(self._tasks)

    async def landed(self, trips: Collection[Trip]) -> None:
        """Wait until these are written down, or abandoned."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._tasks.keys().isdisjoint(trips))

    async def tell_waiting(self) -> None:
        """Have those who wait look again."""
        async with self._changed:
            self._changed.notify_all()
