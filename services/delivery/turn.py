"""One turn of the courier: its time, what it settles and claims, and when the next one is due."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery
from services.delivery import lanes
from services.delivery.in_flight import Answer
from services.delivery.parcel import Parcel, Trip


class Turn:
    """Lasts for one transaction, and until what it claimed has left.

    `settled` are the answers that it writes down; empty until the transaction has begun. `claimed`
    are the ids of all that goes, `batches` what of it is not written down yet.

    `relocates`: it has found that tickets have to come along to another group. `careful`: each
    delivery is worded in a savepoint (services/delivery/recovery.py).
    """

    def __init__(
        self, now: datetime, monotonic: float, *, longest: float, careful: bool = False
    ) -> None:
        self.careful = careful
        self.relocates = False
        self.settled: Sequence[Answer] = ()
        self.trips: list[Trip] = []
        self.batches: list[Sequence[Delivery]] = []
        self.claimed: list[int] = []
        self._longest = longest
        self.begin(now, monotonic)

    def begin(self, now: datetime, monotonic: float) -> None:
        """Start to count: what is due by now can be seen."""
        self.now = now
        self.monotonic = monotonic
        self._next = monotonic + self._longest

    def claim(self, batch: Sequence[Delivery], parcel: Parcel) -> None:
        """Have the parcel go, with these deliveries in it."""
        first, ids = batch[0], [delivery.id for delivery in batch]
        self.batches.append(batch)
        self.claimed += ids
        step = first.part, first.prepared
        self.trips.append(Trip(parcel, ids, first.ticket_id, first.kind, *step, self.now))

    async def write_claims(self, session: AsyncSession) -> None:
        """Write down what of the claims is not written yet."""
        await lanes.claim(session, self.batches, now=self.now)
        self.batches.clear()

    def look_at(self, monotonic: float) -> None:
        """Be followed by the next turn at this time at the latest."""
        self._next = min(self._next, monotonic)

    def wait_until(self, time: datetime | None) -> None:
        """Be followed by the next turn at this time at the latest; None: at no certain time."""
        if time is not None:
            self.look_at(self.monotonic_at(time))

    def monotonic_at(self, time: datetime) -> float:
        """Give the monotonic time that belongs to a time of the clock."""
        return self.monotonic + (time - self.now).total_seconds()

    def rest(self, monotonic: float) -> float:
        """Give the seconds until the next turn is due."""
        return max(0.0, self._next - monotonic)
