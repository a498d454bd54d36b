"""Rules that every database must keep and no constraint can express; each selects what breaks it.

A rule reads whole tables by their indexes, never one row at a time, so that checking a large
database takes seconds.
"""

from collections.abc import Iterator
from datetime import datetime

from services.invariants import (
    boards,
    deliveries,
    links,
    messages,
    settings,
    threads,
    tickets,
    timers,
    updates,
)
from services.invariants.rule import Rule

__all__ = ["Rule", "rules"]


def rules(now: datetime) -> Iterator[Rule]:
    """List all rules."""
    yield from tickets.rules()
    yield from messages.rules()
    yield from links.rules()
    yield from deliveries.rules(now)
    yield from updates.rules(now)
    yield from timers.rules(now)
    yield from settings.rules()
    yield from boards.rules()
    yield from threads.rules()
