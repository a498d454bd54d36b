"""Updates were not handled in the future, and those that could not be handled wait for a replay."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from database.machinery import DeadUpdate, SeenUpdate
from services.invariants.rule import Rule

# A clock that is only a little wrong is not this far ahead.
FUTURE = timedelta(days=1)


def rules(now: datetime) -> Iterator[Rule]:
    """List the rules of updates."""
    yield Rule(
        "seen in time",
        "An update was handled in the future: it would never be forgotten",
        "updates",
        select(SeenUpdate.update_id).where(SeenUpdate.seen_at > now + FUTURE),
    )
    yield Rule(
        "set aside",
        "These could not be handled and wait for `python main.py replay`",
        "numbers",
        select(DeadUpdate.id).where(DeadUpdate.replayed_at.is_(None)),
        wrong=False,
    )
