"""Timers that only this test sets: each is done once, soon after it is due, whatever dies."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from services import timers
from services.timers import Due, Moment

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

HOW_MANY = 3

# The duty loop looks once a second, and the database takes a moment.
SOON = timedelta(seconds=3)

# Operations that keep the bot from working for a while, or set its clock.
_DELAYS = {"die", "stop", "choose", "database", "lose_commit", "clock", "outage", "kick"}


@dataclass(frozen=True)
class BellRings(Due):
    """A bell is to be rung, once."""


@dataclass(frozen=True)
class BellRang(Due):
    """Records how often a bell was rung, and when it was last."""

    times: int = 0
    at: str = ""


@timers.does(BellRings)
async def ring(session: AsyncSession, due: BellRings, moment: Moment) -> None:
    """Count the ring, in the transaction that also removes the timer."""
    rang = await timers.find(session, BellRang, due.subject) or BellRang(due.subject)
    rang = replace(rang, times=rang.times + 1, at=moment.now.isoformat())
    await timers.set(session, rang, moment.now + timedelta(days=36500), now=moment.now)


class Bells:
    """Sets bells in one run, as another process would, and checks that they were rung."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self._due: dict[int, datetime] = {}

    def hang(self, seconds: float) -> None:
        """Set bells at random moments within this time."""
        rng = random.Random(f"bells {self.simulation.plan.seed}")
        for number in range(1, HOW_MANY + 1):
            at, after = rng.uniform(0, seconds), rng.uniform(0, seconds / 2)
            self.simulation.agenda.at(at, partial(self._set, number, after))

    def _set(self, number: int, after: float) -> None:
        store, clock = self.simulation.store, self.simulation.machine.clock
        if store.raw.in_transaction:
            self.simulation.agenda.after(0.003, partial(self._set, number, after))
            return
        now = clock()
        due_at = self._due[number] = now + timedelta(seconds=after)
        store.raw.execute(
            "INSERT INTO timers (kind, subject, payload, set_at, due_at, failures) "
            "VALUES (?, ?, '{}', ?, ?, 0)",
            (BellRings.kind, number, _stored(now), _stored(due_at)),
        )

    def waiting(self) -> list[str]:
        """List the bells that have not been rung yet."""
        rows = self.simulation.store.ask("SELECT subject FROM timers WHERE kind = 'bell_rings'")
        return [f"bell {number}" for (number,) in rows]

    def findings(self) -> Iterator[str]:
        """Each bell is rung once, and soon if nothing kept the bot from it."""
        rang = {
            number: json.loads(payload)
            for number, payload in self.simulation.store.ask(
                "SELECT subject, payload FROM timers WHERE kind = 'bell_rang'"
            )
        }
        for number, due_at in self._due.items():
            record = rang.get(number, {"times": 0})
            if record["times"] != 1:
                yield f"bell {number} was rung {record['times']} times"
            elif not (_DELAYS & {*self.simulation.done} or self._started_late()):
                late = datetime.fromisoformat(record["at"]) - due_at
                if not timedelta() <= late <= SOON:
                    yield f"bell {number} was rung {late} after its time"

    def _started_late(self) -> bool:
        """Whether Telegram took its time to say who the bot is: until then, nothing is due."""
        calls = self.simulation.telegram.calls
        first = next((one.at for one in calls if one.method == "getUpdates"), 0.0)
        return timedelta(seconds=first) > SOON


def _stored(time: datetime) -> str:
    """Write a time as SQLAlchemy does for SQLite."""
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")
