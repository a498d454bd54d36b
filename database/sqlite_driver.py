"""SQLite with few switches to the thread that aiosqlite keeps for each connection.

aiosqlite switches four times for a statement, and waking two threads takes longer than most of our
statements. Here only what may have to wait goes there: BEGIN if another program is writing, COMMIT,
which waits for the disk, and ROLLBACK after them. All other statements run in the caller's thread.
"""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, override

import aiosqlite

from database.errors import FileReplaced, LogRemoved
from database.ownership import OwnFile


class DirectCursor(aiosqlite.Cursor):
    """Runs a statement and fetches all its rows at once; SQLAlchemy asks for all anyway."""

    def __init__(self, connection: "Connection") -> None:
        self._conn: Connection = connection
        self._rows: list[Any] = []

    @override
    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        if sql.startswith("BEGIN"):
            await self._begin(sql)
        else:
            self._run(sql, parameters or ())
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
        """Do nothing: all rows were fetched."""

    async def _begin(self, sql: str) -> None:
        self._conn.check()
        if not self._begins_at_once(sql):
            await self._execute(self._run, sql, ())  # type: ignore[no-untyped-call]

    def _begins_at_once(self, sql: str) -> bool:
        """Begin; False if another program has the lock, which the other thread must wait for."""
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
    """aiosqlite's connection with such cursors; it rolls back only if a transaction was begun."""

    own: OwnFile | None = None
    _is_left_alone = False

    @override
    def cursor(self) -> DirectCursor:  # type: ignore[override]
        return DirectCursor(self)

    @override
    async def commit(self) -> None:
        """Commit; raises if the file is not the one that the next process will open."""
        await super().commit()
        self.check()

    def check(self) -> None:
        """Raise FileReplaced if the file must not be written to. Does nothing if it is not ours."""
        if self.own is None:
            return
        try:
            self.own.check()
        except LogRemoved:
            raise
        except FileReplaced:
            self._leave_alone(yes=True)
            raise
        if self._is_left_alone:
            self._leave_alone(yes=False)

    def _leave_alone(self, *, yes: bool) -> None:
        """On closing, write nothing of the log into a file that somebody else put there."""
        self._conn.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, yes)
        self._is_left_alone = yes

    @override
    async def rollback(self) -> None:
        """Roll back if there is anything to undo: SQLAlchemy asks for it after each commit too."""
        if self.in_transaction:
            await super().rollback()


def connect(database: str | Path, *, own: OwnFile | None = None, **options: Any) -> Connection:
    """Open a file, or make it, readable for its owner only; see `sqlite3.connect` for the options.

    Two threads use the connection, but never at the same time: each statement waits for the last.
    If it must be our `own`: raises FileNotOurs, FileReplaced and DatabaseUnreachable.
    """
    options["check_same_thread"] = False
    if own is None:
        _make_private(database)
    else:
        own.take()
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    connection.own = own
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with those it opens itself
    return connection


def _make_private(database: str | Path) -> None:
    """Make the file, which SQLite would make readable for all; side files copy its permissions."""
    if str(database) != ":memory:":
        with suppress(OSError):  # it exists, or SQLite will say the same
            os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))
