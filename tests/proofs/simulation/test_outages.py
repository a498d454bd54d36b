"""Long outages of Telegram: afterwards the bot notices at once, and everything is seen in order."""

import random
from pathlib import Path

import pytest

from tests.proofs.simulation.run import Simulation
from tests.proofs.simulation.script import Operation, Plan

# How soon after the outage the first update is fetched, and everything is sent, in seconds.
FETCHED_WITHIN, SENT_WITHIN = 3.0, 10.0

BEGINS = 10.0


def made(outage: float, method: str | None, kind: str) -> Plan:
    """Make a plan in which people write before the outage, during it, and once long after."""
    writing = [1.0, 2.0, 3.0, BEGINS - 0.01, BEGINS + 0.5, BEGINS + 1, BEGINS + outage / 2]
    writes = [_operation("write", at, number % 3) for number, at in enumerate(writing)]
    replies = [_operation("reply", BEGINS + at, 0) for at in (-0.01, 0.7, 1.2)]
    away = {"kind": kind, "chance": 1.0, "seconds": outage, "method": method}
    last = _operation("write", BEGINS + outage + 30, 0)
    operations = [*writes, *replies, Operation(BEGINS, "weather", away), last]
    return Plan(
        seed=1,
        users=3,
        staff=1,
        limits=False,
        zone="UTC",
        start="2026-11-23T12:00:00+00:00",
        operations=tuple(sorted(operations, key=lambda one: one.at)),
    )


def _operation(do: str, at: float, user: int) -> Operation:
    return Operation(at, do, {"user": user, "staff": 0, "pick": 0.5})


@pytest.mark.timeout(300)
@pytest.mark.parametrize("outage", [4, 60, 300], ids=lambda one: f"{one} s")
@pytest.mark.parametrize(
    ("method", "kind"),
    [(None, "cut_before"), (None, "never_left"), (None, "html"), ("getUpdates", "cut_before")],
)
def test_after_an_outage_of_any_length_all_is_seen_within_seconds(
    tmp_path: Path, outage: float, method: str | None, kind: str
) -> None:
    random.seed(1)
    simulation = Simulation(made(outage, method, kind), tmp_path)
    simulation.telegram.slow = simulation.telegram.endless = 0
    with simulation.log.kept():
        result = simulation.run()

    back = BEGINS + outage
    assert result.findings == []
    calls = [one for one in simulation.telegram.calls if one.status == 200 and one.at > back]
    polls = [one.at for one in calls if one.method == "getUpdates"]
    assert polls[0] - back <= FETCHED_WITHIN + 0.2
    shown = {
        token
        for one in simulation.witness.sights
        if one.at <= back + SENT_WITHIN
        for token in one.tokens
    }
    written = [one.token for one in simulation.people.written]
    assert set(written[:-1]) <= shown
    said = simulation.log.events
    assert (said["Telegram does not answer"], said["Telegram answers again"]) == (1, 1)
