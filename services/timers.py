"""Timers: what is due later is a row here, set in the transaction of its cause.

A kind is a class and a function:

    @dataclass(frozen=True)
    class SnoozeOver(Due):
        pass

    @timers.does(SnoozeOver)
    async def wake(session: AsyncSession, due: SnoozeOver, moment: Moment) -> datetime | None:
        ...

`timers.set(session, SnoozeOver(ticket.id), at, now=now)` sets it, or sets it to a new time. The
duty loop (bot/process/duties.py) calls the function once, in a transaction that also removes the
timer, or sets it for the time that the function returns. A function is short, and uses only the
database: what people are to read goes to the outbox, as always.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self, override

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import Team
from database import dialect
from database.bulk_rows import touched
from database.machinery import Timer

# A timer that fails is tried again after a time that doubles, up to an hour.
SHORTEST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(hours=1)

# Timers that were set in the future are corrected in portions, like all long work.
SET_BACK_AT_A_TIME = 500

_KEYS = ("kind", "subject")


@dataclass(frozen=True)
class Due:
    """Something to do at a time, about `subject`: a key or a chat, or 0.

    Field names are the shape of its JSON: add, never rename. A `standing` one is always set.
    """

    subject: int = 0

    standing: ClassVar[bool] = False
    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["Due"]]] = {}

    @override
    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        Due.registry[cls.kind] = cls

    @classmethod
    def read(cls, row: Timer) -> Self:
        return cls(row.subject, **row.payload)

    def payload(self) -> dict[str, Any]:
        """Make the JSON of all fields but the subject."""
        fields = asdict(self)
        del fields["subject"]
        return fields


@dataclass(frozen=True)
class Moment:
    """What a function gets besides the database."""

    team: Team
    now: datetime


type Function[D: Due] = Callable[[AsyncSession, D, Moment], Awaitable[datetime | None]]

_functions: dict[str, Function[Any]] = {}


def does[D: Due](kind: type[D]) -> Callable[[Function[D]], Function[D]]:
    """Have the function do what is due; it returns when to do it again, or None for never."""

    def register(function: Function[D]) -> Function[D]:
        _functions[kind.kind] = function
        return function

    return register


# For services -------------------------------------------------------------------------------------


async def set(session: AsyncSession, due: Due, at: datetime, *, now: datetime) -> None:  # noqa: A001 - always called through its module
    """Have something done at a time; if it is set already, at this time instead."""
    await dialect.put(session, Timer, _KEYS, _row(due, at, now))


async def cancel(session: AsyncSession, due: Due) -> bool:
    """Do not do it; return whether it was set, and not done yet."""
    return touched(await session.execute(delete(Timer).where(*_is(due)))) > 0


async def find[D: Due](session: AsyncSession, kind: type[D], subject: int = 0) -> D | None:
    """Read what is set of a kind about a subject."""
    row = await session.scalar(
        select(Timer)
        .where(Timer.kind == kind.kind, Timer.subject == subject)
        .execution_options(populate_existing=True)
    )
    return kind.read(row) if row else None


async def amend(session: AsyncSession, due: Due) -> None:
    """Change what is to be done, if it is set, but not when."""
    await session.execute(update(Timer).where(*_is(due)).values(payload=due.payload()))


# For the duty loop --------------------------------------------------------------------------------


async def set_standing(session: AsyncSession, *, now: datetime) -> None:
    """Set those standing timers that are not set yet."""
    for kind in Due.registry.values():
        if kind.standing:
            await dialect.put(session, Timer, _KEYS, _row(kind(), now, now), unless_known=True)


async def set_back(session: AsyncSession, *, now: datetime) -> bool:
    """Correct some timers that were set in the future; return whether more may be left.

    The clock was set back since: each waits from now for as long as it was meant to.
    """
    ahead = select(Timer).where(Timer.set_at > now).order_by(Timer.id).limit(SET_BACK_AT_A_TIME)
    rows = (await session.scalars(ahead)).all()
    for row in rows:
        row.due_at, row.set_at = now + (row.due_at - row.set_at), now
    return len(rows) == SET_BACK_AT_A_TIME


async def first_due(session: AsyncSession, *, now: datetime) -> Timer | None:
    """Get the timer that was due first, for `do`, locked against others."""
    overdue = select(Timer).where(Timer.due_at <= now).order_by(Timer.due_at, Timer.id).limit(1)
    row: Timer | None = await session.scalar(overdue.with_for_update())
    return row


async def do(session: AsyncSession, row: Timer, moment: Moment) -> None:
    """Call the timer's function. Raises what it raises, and KeyError if this version has none."""
    due = Due.registry[row.kind].read(row)
    again = await _functions[row.kind](session, due, moment)
    if again is None:
        await session.execute(delete(Timer).where(Timer.id == row.id))
    else:
        row.set_at, row.due_at, row.failures = moment.now, again, 0


async def postpone(session: AsyncSession, timer_id: int, *, now: datetime) -> None:
    """Try a failed timer again later."""
    row = await session.get(Timer, timer_id, with_for_update=True)
    if row is not None:
        row.failures += 1
        row.set_at, row.due_at = now, now + backoff(row.failures)


def backoff(failures: int) -> timedelta:
    """Say how long to wait after this number of failures in a row."""
    return min(SHORTEST_BACKOFF * (1 << min(failures - 1, 10)), LONGEST_BACKOFF)


def _row(due: Due, at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "kind": due.kind,
        "subject": due.subject,
        "payload": due.payload(),
        "set_at": now,
        "due_at": at,
        "failures": 0,
    }


def _is(due: Due) -> tuple[Any, ...]:
    return Timer.kind == due.kind, Timer.subject == due.subject
