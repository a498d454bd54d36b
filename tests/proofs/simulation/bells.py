"""Timers of a kind of their own: each is done once, soon after it is due, whatever dies."""

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

# The loop looks once a second, and the database takes its time.
SOON = timedelta(seconds=3)

# What keeps the bot from doing anything for a while, or moves the time.
_DELAYS = {"die", "stop", "database", "lose_commit", "clock", "outage", "kick"}


@dataclass(frozen=True)
class BellRings(Due):
    """To be rung once."""


@dataclass(frozen=True)
class BellRang(Due):
    """Says in the database how often a bell was rung, and when last."""

    times: int = 0
    at: str = ""


@timers.does(BellRings)
async def ring(session: AsyncSession, due: BellRings, moment: Moment) -> None:
    """Count it, in the transaction that it is done in."""
    rang = await timers.find(session, BellRang, due.subject) or BellRang(due.subject)
    rang = replace(rang, times=rang.times + 1, at=moment.now.isoformat())
    await timers.set(session, rang, moment.now + timedelta(days=36500), now=moment.now)


class Bells:
    """Sets bells in one run, as another process would, and judges what became of them."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self._due: dict[int, datetime] = {}

    def hang(self, seconds: float) -> None:
        """Have them set, and due, within this time."""
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
        """List what is not rung yet."""
        rows = self.simulation.store.ask("SELECT subject FROM timers WHERE kind = 'bell_rings'")
        return [f"bell {number}" for (number,) in rows]

    def findings(self) -> Iterator[str]:
        """Each was rung once, and soon if nothing kept the bot from it."""
        rang = {
            number: json.loads(payload)
            for number, payload in self.simulation.store.ask(
                "SELECT subject, payload FROM timers WHERE kind = 'bell_rang'"
            )
        }
        for number, due_at in self._due.items():
            told = rang.get(number, {"times": 0})
            if told["times"] != 1:
                yield f"bell {number} was rung {told['times']} times"
            elif not _DELAYS & {*self.simulation.done}:
                late = datetime.fromisoformat(told["at"]) - due_at
                if not timedelta() <= late <= SOON:
                    yield f"bell {number} was rung {late} after its time"


def _stored(time: datetime) -> str:
    """Write a time as SQLAlchemy does for SQLite."""
    return time.strftime("%Y-%m-%d %H:%M:%S.%f")
