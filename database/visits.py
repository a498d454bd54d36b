"""SQLite with few visits to the thread that aiosqlite keeps for a connection.

aiosqlite goes there four times for a statement, and waking two threads takes longer than most of
our statements. Here only what has to wait goes there: BEGIN, if another program writes, COMMIT, for
the disk, and ROLLBACK behind them. What stands between runs where it is asked for.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self, override

import aiosqlite


class DirectCursor(aiosqlite.Cursor):
    """Runs a statement and fetches all its rows at once; SQLAlchemy asks for all anyway."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._conn = connection
        self._rows: list[Any] = []

    @override
    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        if not sql.startswith("BEGIN"):
            self._run(sql, parameters or ())
        elif not self._begins_at_once(sql):
            await self._execute(self._run, sql, ())  # type: ignore[no-untyped-call]
        return self

    @override
    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        self._cursor = self._raw.executemany(sql, parameters)  # type: ignore[arg-type]
        return self

    @override
    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    @override
    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = self.arraysize if size is None else size
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    @override
    async def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    @override
    async def close(self) -> None:
        """Nothing is left open: all rows were fetched."""

    def _begins_at_once(self, sql: str) -> bool:
        """Begin; False if another program has the lock, which is to be waited for elsewhere."""
        ((patience,),) = self._raw.execute("PRAGMA busy_timeout")
        self._raw.execute("PRAGMA busy_timeout=0")
        try:
            self._run(sql, ())
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._raw.execute(f"PRAGMA busy_timeout={patience}")
        return True

    def _run(self, sql: str, parameters: Iterable[Any]) -> None:
        self._cursor = self._raw.execute(sql, parameters)  # type: ignore[arg-type]
        if self._cursor.description is not None:
            self._rows = self._cursor.fetchall()

    @property
    def _raw(self) -> sqlite3.Connection:
        return self._conn._conn  # noqa: SLF001 - aiosqlite's own name for it


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, with such cursors, and a rollback only of what was begun."""

    @override
    def cursor(self) -> DirectCursor:  # type: ignore[override]
        return DirectCursor(self)

    @override
    async def rollback(self) -> None:
        """Undo what there is to undo: SQLAlchemy asks for it behind each commit, too."""
        if self.in_transaction:
            await super().rollback()


def connect(database: str | Path, **options: Any) -> Connection:
    """Open a file; see `sqlite3.connect` for the options.

    Two threads use the connection, but never at once: each statement waits for the one before.
    """
    options["check_same_thread"] = False
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with those it opens itself
    return connection
