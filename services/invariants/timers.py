"""Timers that are due are done soon, as long as the bot runs."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from database.machinery import Timer
from services.invariants.rule import Rule

LATE = timedelta(hours=1)

# While the bot runs, the sweep (services/sweep.py) is done several times within half an hour.
SWEEP = "sweep_due"
RUNNING = timedelta(minutes=30)

_Sweep = aliased(Timer)


def rules(now: datetime) -> Iterator[Rule]:
    """List the rules of timers."""
    bot_runs = and_(_Sweep.kind == SWEEP, _Sweep.set_at > now - RUNNING)
    yield Rule(
        "due things are done",
        "This has been due for more than an hour, although the bot runs",
        "timers",
        select(Timer.id).join(_Sweep, bot_runs).where(Timer.due_at < now - LATE),
    )
    yield Rule(
        "timers that fail",
        "These fail and are tried again; the log says why",
        "timers",
        select(Timer.id).where(Timer.failures > 0),
        wrong=False,
    )
