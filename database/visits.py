"""SQLite in fewer visits: aiosqlite goes to the connection's thread four times for a statement.

It makes a cursor there, runs the statement, fetches, and closes the cursor, and each time two
threads have to wake. That takes longer than most of our statements, so here it goes once.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self, override

import aiosqlite


class OneVisitCursor(aiosqlite.Cursor):
    """Runs a statement and fetches all its rows in one visit; SQLAlchemy asks for all anyway."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._conn = connection
        self._rows: list[Any] = []

    @override
    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        await self._execute(self._run, sql, parameters or ())  # type: ignore[no-untyped-call]
        return self

    @override
    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        await self._execute(self._run_many, sql, parameters)  # type: ignore[no-untyped-call]
        return self

    @override
    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    @override
    async def close(self) -> None:
        """Nothing is left open: all rows were fetched."""

    def _run(self, sql: str, parameters: Iterable[Any]) -> None:
        self._cursor = self._conn._conn.execute(sql, parameters)  # type: ignore[arg-type]  # noqa: SLF001
        if self._cursor.description is not None:
            self._rows = self._cursor.fetchall()

    def _run_many(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        self._cursor = self._conn._conn.executemany(sql, parameters)  # type: ignore[arg-type]  # noqa: SLF001


class Connection(aiosqlite.Connection):
    """aiosqlite's connection, with such cursors."""

    @override
    def cursor(self) -> OneVisitCursor:  # type: ignore[override]
        return OneVisitCursor(self)


def connect(database: str | Path, **options: Any) -> Connection:
    """Open a file; see `sqlite3.connect` for the options."""
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with those it opens itself
    return connection
