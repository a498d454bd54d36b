"""SQLite opened only to read, with the plain driver: statements run in another thread.

Meanwhile the event loop and the writer go on: a transaction sees the database as it was when it
began to read. The log can't be emptied while one is open, so its time is limited.
"""

import sqlite3
import time
from math import inf
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from database.errors import ReadTooLong

# SQLite asks whether to go on after this many of its instructions: about every millisecond.
INSTRUCTIONS = 20_000

_DEADLINE = "reading until"


def make_engine(url: str, seconds: float, **options: Any) -> AsyncEngine:
    """Open the file at `url`, which must exist; no statement may take longer than `seconds`."""
    engine = create_async_engine(url, hide_parameters=True, **options)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN DEFERRED")

    def start(connection: Connection, *_: Any) -> None:
        _deadline_of(connection).until = time.monotonic() + seconds

    for hook, listener in (
        ("do_connect", _open_to_read),
        ("connect", _prepare),
        ("begin", begin),
        ("before_cursor_execute", start),
        ("handle_error", _name_the_limit),
        ("close", _interrupt),
    ):
        event.listen(engine.sync_engine, hook, listener)
    return engine


class _Deadline:
    """When the statement of a connection must end, on the monotonic clock."""

    until = inf

    def is_over(self) -> bool:
        """Answer SQLite, which asks in the connection's thread."""
        return time.monotonic() > self.until


def _open_to_read(
    _dialect: Dialect, _entry: ConnectionPoolEntry, place: list[Any], options: dict[str, Any]
) -> None:
    place[0] = f"{Path(place[0]).as_uri()}?mode=ro"
    options["uri"] = True


def _prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    deadline = entry.info[_DEADLINE] = _Deadline()
    connection.run_async(lambda raw: raw.set_progress_handler(deadline.is_over, INSTRUCTIONS))


def _deadline_of(connection: Connection) -> _Deadline:
    found: _Deadline = connection.info[_DEADLINE]
    return found


def _interrupt(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Stop a statement that nobody waits for any more: closing would wait for its end."""
    entry.info[_DEADLINE].until = -inf


def _name_the_limit(failure: ExceptionContext) -> Exception | None:
    code = getattr(failure.original_exception, "sqlite_errorcode", None)
    return ReadTooLong() if code == sqlite3.SQLITE_INTERRUPT else None
