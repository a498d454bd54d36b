"""What the tests of the lead ask, and do to it."""

import asyncio
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database import leadership
from database.leadership import LockedLead

# Makes a process; it may take what hears that it is alive while it stands by.
type Open = Callable[..., LockedLead]

LOCKS = f"SELECT count(*) FROM pg_locks WHERE objid = {leadership.LEAD_LOCK} AND "  # noqa: S608 - our own number
GRANTED = f"{LOCKS} granted"
AWAITED = f"{LOCKS} NOT granted"


async def wins(lead: LockedLead) -> None:
    assert await lead.win(asyncio.Event())


async def pid(lead: LockedLead) -> int:
    async with lead.engine.connect() as connection:
        found: int = await connection.scalar(text("SELECT pg_backend_pid()"))
        return found


async def end(operator: AsyncEngine, *processes: int) -> None:
    """End sessions as a restart of the server does."""
    async with operator.connect() as connection:
        for process in processes:
            await connection.execute(text(f"SELECT pg_terminate_backend({process}, 5000)"))


async def ask(engine: AsyncEngine, query: str) -> object:
    async with engine.connect() as connection:
        return await connection.scalar(text(query))


class Tries:
    """Counts how often somebody who stands by asked for the lock."""

    def __init__(self) -> None:
        self._made = asyncio.Semaphore(0)

    def __call__(self) -> None:
        self._made.release()

    async def more(self, count: int = 1) -> None:
        """Wait for this many further ones."""
        while not self._made.locked():
            await self._made.acquire()
        for _ in range(count):
            await self._made.acquire()
