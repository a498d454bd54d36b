"""Far more messages than Telegram's limits allow: what waits for staff and what is sent, over time.

It runs in the virtual time of `make simulate`, so that twenty minutes take some seconds. It counts
sends, and seconds of Telegram's limits, which are the same on every machine.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from sandbox.methods import METHODS
from tests.proofs.simulation.run import Simulation
from tests.proofs.simulation.script import Operation, Plan

# Messages that a group accepts in a minute (core.telegram.org/bots/faq): the limit without merging.
A_MINUTE = 20

# When all tickets are open and no earlier send counts any more, in seconds.
OPEN = 1200.0
WITHIN = 10.0

# Seconds, and the number up to then.
type Curve = list[tuple[float, int]]


@dataclass(frozen=True)
class Pressure:
    """The results: messages `waiting`, and `sends` so far, over time."""

    messages: int
    waiting: Curve
    sends: Curve

    @property
    def seconds(self) -> float:
        """How long it took until all was visible."""
        return self.waiting[-1][0]

    @property
    def ratio(self) -> float:
        """How long that is, compared with a bot that sends each message by itself."""
        return self.seconds / (self.messages / A_MINUTE * 60)


def measure(
    *, tickets: int = 200, follow_ups: int = 5, new: int = 40, begins: float = OPEN
) -> Pressure:
    """Let users with open tickets and new ones write within ten seconds."""
    plan = _plan(tickets, follow_ups, new, begins)
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(plan, Path(folder))
        simulation.telegram.slow = simulation.telegram.endless = 0.0
        with simulation.log.kept():
            result = simulation.run()
    assert result.findings == [], result.findings  # noqa: S101 - else the figures are of no use
    group = simulation.people.group.id
    written = [one.at - begins for one in plan.operations if one.at >= begins]
    seen: dict[str, float] = {}
    for sight in simulation.witness.sights:
        if sight.chat_id == group:
            for token in sight.tokens:
                seen.setdefault(token, sight.at - begins)
    sends = [
        call.processed_at - begins
        for call in simulation.telegram.calls
        if call.chat_id == group and call.processed and METHODS[call.method.lower()].cost
    ]
    return Pressure(
        len(written),
        _counted([(at, 1) for at in written] + [(at, -1) for at in seen.values() if at >= 0]),
        _counted((at, 1) for at in sends if at >= 0),
    )


def _plan(tickets: int, follow_ups: int, new: int, begins: float) -> Plan:
    first = [Operation(one / tickets, "write", {"user": one}) for one in range(tickets)]
    step = WITHIN / (tickets * follow_ups)
    more = [
        Operation(begins + one * step, "write", {"user": one % tickets})
        for one in range(tickets * follow_ups)
    ]
    others = [
        Operation(begins + one * WITHIN / new, "write", {"user": tickets + one})
        for one in range(new)
    ]
    return Plan(
        seed=1,
        users=tickets + new,
        staff=1,
        limits=True,
        zone="UTC",
        start="2026-11-23T12:00:00+00:00",
        operations=tuple(sorted([*first, *more, *others], key=lambda one: one.at)),
    )


def _counted(changes: Iterable[tuple[float, int]]) -> Curve:
    ordered = sorted(changes)
    counts = accumulate(change for _, change in ordered)
    return [(at, count) for (at, _), count in zip(ordered, counts, strict=True)]
