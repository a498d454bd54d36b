"""The check of the database that an operator can make, also while the bot runs: it only reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.machinery import Delivery
from database.models import Message, Ticket
from database.schema import ensure_at_head
from database.session import make_reader
from services.invariants import rules

# How many offenders a finding lists.
NAMED = 20


@dataclass(frozen=True)
class Finding:
    """A broken rule, and what breaks it. If not `wrong`, it is only worth knowing."""

    rule: str
    line: str
    wrong: bool = True


async def check(url: str, *, now: datetime, say: Callable[[str], Any]) -> int:
    """Say, a line each, what is wrong with the database at `url`; return the number of errors.

    Raises DatabaseNotAtHead, and the errors of an outage.
    """
    reader = make_reader(url)
    try:
        await ensure_at_head(reader)
        async with reader.connect() as connection:
            found = await findings(connection, now=now)
            well = await _totals(connection)
    finally:
        await reader.dispose()
    wrong = sum(finding.wrong for finding in found)
    for finding in found:
        say(finding.line if finding.wrong else f"(for your information) {finding.line}")
    if not wrong:
        say(f"all is well: {well}")
    return wrong


async def findings(connection: AsyncConnection, *, now: datetime) -> list[Finding]:
    """Check the database against every rule."""
    found = await _damage(connection) if connection.dialect.name == "sqlite" else []
    if found:
        return found
    for rule in rules(now):
        broken = (await connection.execute(rule.broken.limit(NAMED + 1))).scalars().all()
        if broken:
            line = f"{rule.sentence}: {rule.things} {_named(sorted(broken))}"
            found.append(Finding(rule.name, line, rule.wrong))
    return found


async def _damage(connection: AsyncConnection) -> list[Finding]:
    """Have SQLite check its file. Rows of a damaged file prove nothing."""
    found = []
    integrity = await connection.exec_driver_sql(f"PRAGMA integrity_check({NAMED})")
    words = [row[0] for row in integrity if row[0] != "ok"]
    if words:
        line = f"SQLite finds the file damaged, restore a backup: {'; '.join(words)}"
        found.append(Finding("integrity", line))
    orphans = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).fetchmany(NAMED + 1)
    if orphans:
        rows = _named([f"{table} {row}" for table, row, *_ in map(tuple, orphans)])
        found.append(Finding("foreign keys", f"A row refers to one that is gone: {rows}"))
    return found


async def _totals(connection: AsyncConnection) -> str:
    counts = []
    for model, name in ((Ticket, "tickets"), (Message, "messages"), (Delivery, "deliveries")):
        total = await connection.scalar(select(func.count()).select_from(model))
        counts.append(f"{total} {name}")
    return ", ".join(counts)


def _named(things: Iterable[object]) -> str:
    names = [str(thing) for thing in things]
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
