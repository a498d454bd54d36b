"""Timers that are due are done soon, as long as the bot runs."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from database.machinery import Timer
from database.models import Ticket, TicketStatus
from services.invariants.rule import Rule

LATE = timedelta(hours=1)

# While the bot runs, the sweep (services/sweep.py) is done several times within half an hour.
SWEEP = "sweep_due"
RUNNING = timedelta(minutes=30)

# services/helpdesk/closing.py
CLOSE = "close_told"

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
    open_again = and_(Ticket.id == Timer.subject, Ticket.status != TicketStatus.CLOSED)
    yield Rule(
        "only closes are told",
        "This is to tell a user that a ticket is closed, which is not",
        "timers",
        select(Timer.id).join(Ticket, open_again).where(Timer.kind == CLOSE),
    )
    yield Rule(
        "timers that fail",
        "These fail and are tried again; the log says why",
        "timers",
        select(Timer.id).where(Timer.failures > 0),
        wrong=False,
    )
