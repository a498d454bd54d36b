"""A database in memory that outlives the processes that write to it.

It is SQLite, used without a thread. Time may pass between two statements, so a process can die
there; what it has not committed is lost.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from database.session import make_engine
from database.tables import METADATA
from tests.proofs.simulation.clockwork import Agenda, Loop

# The shares of statements that let other tasks run, and that take a while, and how long at most.
YIELDS, SLOW, SLOWEST = 0.5, 0.02, 0.03


class Store:
    """Stands for the database's file; while it is `down`, every statement fails."""

    def __init__(self, template: bytes, rng: random.Random) -> None:
        self.raw = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.raw.deserialize(template)
        self._saved = sqlite3.connect(":memory:", check_same_thread=False)
        self._saved.deserialize(template)
        self.rng = rng
        self.down = False
        self.loses_next_commit = False
        self.failures = 0

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Read what is committed."""
        return self.raw.execute(statement).fetchall()

    def save(self) -> None:
        """Make a backup of what is committed."""
        self.raw.backup(self._saved)

    def restore(self) -> None:
        """Go back to the backup; what was written since is lost."""
        self._saved.backup(self.raw)

    def close(self) -> None:
        self.raw.close()
        self._saved.close()


class Access:
    """One process's connection to the store; once `cut`, nothing of that process gets through."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.cut = False

    async def open(self) -> AsyncEngine:
        """Open the product's own engine, with no connection of an earlier process left in it."""
        engine = _engine()
        await engine.dispose(close=False)
        _newest[:] = [self]
        return engine

    def die(self) -> None:
        """Cut the connection, and roll back what was not committed."""
        self.cut = True
        if self.store.raw.in_transaction:
            self.store.raw.rollback()

    async def do[T](self, work: Callable[[], T]) -> T:
        """Do it, with a pause before and after, in which other tasks may run."""
        await self._pause()
        self._check()
        result = work()
        await self._pause()
        return result

    async def commit(self) -> None:
        """Commit; if the store `loses_next_commit`, report a failure although all was written."""
        await self._pause()
        self._check()
        self.store.raw.commit()
        if self.store.loses_next_commit:
            self.store.loses_next_commit = False
            self.store.failures += 1
            raise _failure("disk I/O error", sqlite3.SQLITE_IOERR)
        await self._pause()

    async def rollback(self) -> None:
        if not self.cut and self.store.raw.in_transaction:
            self.store.raw.rollback()

    def _check(self) -> None:
        if self.cut:
            raise _failure("this process is dead", sqlite3.SQLITE_IOERR)
        if self.store.down:
            self.store.failures += 1
            raise _failure("database is locked", sqlite3.SQLITE_BUSY)

    async def _pause(self) -> None:
        if self.cut:
            return
        chance = self.store.rng.random()
        if chance < SLOW:
            await asyncio.sleep(self.store.rng.uniform(0, SLOWEST))
        elif chance < YIELDS:
            await asyncio.sleep(0)


# The process for which the engine now makes connections.
_newest: list[Access] = []


@cache
def _engine() -> AsyncEngine:
    """Make one engine for all processes: compiling its statements is most of its cost."""

    async def connect(*_where: Any, **_options: Any) -> _Connection:
        return _Connection(_newest[0])

    url = "sqlite+aiosqlite:///simulated.db"
    return make_engine(url, connect_args={"async_creator_fn": connect})


class _Connection:
    """Looks like a connection of aiosqlite to SQLAlchemy."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._conn = access.store.raw
        self._connection = access.store.raw
        self._tx = self

    @property
    def isolation_level(self) -> str | None:
        return self._conn.isolation_level

    def put_nowait(self, item: tuple[asyncio.Future[None], Callable[[], None]]) -> None:
        """Do a job of aiosqlite's thread at once: SQLAlchemy puts it in the queue directly."""
        future, work = item
        work()
        future.set_result(None)

    def cursor(self) -> "_Cursor":
        return _Cursor(self._access)

    async def commit(self) -> None:
        await self._access.commit()

    async def rollback(self) -> None:
        await self._access.rollback()

    async def create_function(self, *_what: Any, **_how: Any) -> None:
        """Do nothing: SQLAlchemy adds REGEXP to each connection, which nobody uses."""

    async def close(self) -> None:
        await self._access.rollback()

    def stop(self) -> None:
        """There is no thread."""


class _Cursor:
    """Looks like a cursor of aiosqlite to SQLAlchemy."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._cursor = access.store.raw.cursor()
        self._rows: list[Any] = []
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Any = ()) -> Self:
        self._rows = await self._access.do(lambda: self._run(statement, parameters))
        return self

    def _run(self, statement: str, parameters: Any) -> list[Any]:
        """Read all rows at once: a statement that a dead process left open would hold its locks."""
        self._cursor.execute(statement, parameters)
        return self._cursor.fetchall() if self._cursor.description else []

    async def executemany(self, statement: str, parameters: Any) -> Self:
        await self._access.do(lambda: self._cursor.executemany(statement, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._cursor.close()


@cache
def template() -> bytes:
    """Make an empty database once, to be copied for every seed."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - only this needs a synchronous one

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        raw: Any = connection.connection.driver_connection
        raw.commit()
        image: bytes = raw.serialize()
    engine.dispose()
    asyncio.run(_connect_once(image), loop_factory=lambda: Loop(Agenda()))
    return image


async def _connect_once(image: bytes) -> None:
    """Have SQLAlchemy ask what it asks only once, or the first run would differ from the second."""
    access = Access(Store(image, random.Random(0)))
    async with (await access.open()).connect():
        pass
    access.store.close()


def _failure(words: str, code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error
