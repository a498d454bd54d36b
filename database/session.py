"""Engines that keep what they commit, one that only reads, and the only way to get a session.

SQLite has one writer connection, and every transaction on it begins with BEGIN IMMEDIATE: that is
the lock which `SELECT … FOR UPDATE` is on PostgreSQL (SQLite has none, and SQLAlchemy silently
leaves it out there). Use `make_reader` for long reads.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from database import bulk_rows, sqlite_driver, sqlite_reader
from database.errors import DatabaseUnreachable, LogRemoved, ReadTooLong, WrongUrl
from database.ownership import OwnFile

# Longer than any transaction of ours; shorter than the 10 s within which a stopped bot must exit.
BUSY_SECONDS = 5

# PostgreSQL ends the leader's session after this much silence.
SILENCE_SECONDS = 3

# Longer than any statement of ours takes: after this no answer will come.
COMMAND_SECONDS = 10
CONNECT_SECONDS = 5

# How long a reader's statement may take, in seconds, and how many connections it uses.
READING_SECONDS = 600
READERS = 2

# How PgBouncer refuses a setting of ours (pgbouncer.org/config.html#ignore_startup_parameters).
REFUSED_BY_A_POOLER = "unsupported startup parameter"

# Lets one of asyncpg's connections write, or refuses it by raising.
type Admit = Callable[[Any], Awaitable[None]]


def make_engine(url: str, own: OwnFile | None = None, **options: Any) -> AsyncEngine:
    """Open the database at `url` (`sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`).

    The process that runs the bot on a SQLite file passes it as its `own`. Raises WrongUrl, as does
    the first connection.
    """
    with _slips_named():
        if make_url(url).get_backend_name() == "sqlite":
            return _sqlite_engine(url, own, **options)
        return _postgres_engine(url, _connect_to_postgres, **options)


def own_file(url: str) -> OwnFile | None:
    """Name the file that the bot's process must own; None for PostgreSQL."""
    place = make_url(url)
    is_file = place.get_backend_name() == "sqlite"
    return OwnFile(Path(place.database or "")) if is_file else None


def make_writer(url: str, admit: Admit) -> AsyncEngine:
    """Open PostgreSQL with a single connection; `admit` must accept each new one.

    A process that is frozen or cut off loses it: the server ends the session after SILENCE_SECONDS,
    and we wait no longer than COMMAND_SECONDS for an answer. It is not pinged before each use, as
    it is never idle for long.
    """
    silence = f"{SILENCE_SECONDS}s"
    settings = {
        "application_name": "support-bot",
        "idle_session_timeout": silence,
        "idle_in_transaction_session_timeout": silence,
    }
    return _postgres_engine(
        url,
        _admitted_by(admit),
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=False,
        connect_args={
            "server_settings": settings,
            "command_timeout": COMMAND_SECONDS,
            "timeout": CONNECT_SECONDS,
        },
    )


def make_reader(url: str, seconds: float = READING_SECONDS) -> AsyncEngine:
    """Open the database at `url` for long reads, which block nobody; it can't write.

    A transaction sees one moment. A statement that takes longer than `seconds` raises ReadTooLong.
    """
    with _slips_named():
        if make_url(url).get_backend_name() == "sqlite":
            return sqlite_reader.make_engine(url, seconds, pool_size=READERS, max_overflow=0)
        return _postgres_reader(url, seconds)


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make sessions whose objects stay readable after the commit."""
    return async_sessionmaker(
        engine, expire_on_commit=False, sync_session_class=bulk_rows.BatchSession
    )


def _postgres_engine(
    url: str, connect: Callable[..., DBAPIConnection], **options: Any
) -> AsyncEngine:
    defaults: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    engine = create_async_engine(url, **defaults | options)
    event.listen(engine.sync_engine, "do_connect", connect)
    event.listen(engine.sync_engine, "handle_error", _name_a_silence)
    event.listen(engine.sync_engine, "handle_error", _do_not_quote_the_row)
    return engine


def _postgres_reader(url: str, seconds: float) -> AsyncEngine:
    engine = _postgres_engine(
        url,
        _connect_to_postgres,
        pool_size=READERS,
        max_overflow=0,
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        connect_args={"command_timeout": seconds, "timeout": CONNECT_SECONDS},
    )
    event.listen(engine.sync_engine, "handle_error", _name_the_limit)
    return engine


def _connect_to_postgres(
    dialect: Dialect, _entry: ConnectionPoolEntry, place: tuple[Any, ...], options: dict[str, Any]
) -> DBAPIConnection:
    """Raise an error of our own for asyncpg's: a bare OSError could come from anywhere."""
    with _slips_named():
        try:
            return dialect.connect(*place, **options)
        except OSError as error:
            raise DatabaseUnreachable(str(error) or type(error).__name__) from error


@contextmanager
def _slips_named() -> Iterator[None]:
    """Raise WrongUrl for the various errors that libraries raise for a mistyped URL."""
    try:
        yield
    except Exception as error:
        for slip in (error, error.__cause__):
            if isinstance(slip, TypeError | ValueError | OverflowError):
                raise WrongUrl(slip) from error
        if REFUSED_BY_A_POOLER in str(error):
            raise WrongUrl(
                "it leads to a pooler such as PgBouncer, and the bot needs a connection of its own"
            ) from error
        raise


def _admitted_by(admit: Admit) -> Callable[..., DBAPIConnection]:
    def connect(*arguments: Any) -> DBAPIConnection:
        connection = _connect_to_postgres(*arguments)
        try:
            connection.run_async(admit)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return connect


def _name_a_silence(failure: ExceptionContext) -> Exception | None:
    """Give up a connection whose answer is overdue; asyncpg raises only a bare TimeoutError."""
    if not isinstance(failure.original_exception, OSError):
        return None
    failure.is_disconnect = True
    return DatabaseUnreachable(type(failure.original_exception).__name__)


def _name_the_limit(failure: ExceptionContext) -> Exception | None:
    return ReadTooLong() if isinstance(failure.original_exception, TimeoutError) else None


def _do_not_quote_the_row(failure: ExceptionContext) -> None:
    """Remove "Failing row contains (…)": nothing that a person wrote belongs in a log."""
    refusal = failure.original_exception.__cause__
    if getattr(refusal, "sqlstate", None) in {"23502", "23514"}:  # NOT NULL, CHECK
        setattr(refusal, "detail", None)  # noqa: B010 - asyncpg's own attribute, set on the instance


def _sqlite_engine(url: str, own: OwnFile | None, **options: Any) -> AsyncEngine:
    defaults: dict[str, Any] = {
        "pool_size": 1,
        "max_overflow": 0,
        "hide_parameters": True,
        "connect_args": {"async_creator_fn": partial(sqlite_driver.connect, own=own)},
    }
    engine = create_async_engine(url, **defaults | options)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    if own is not None:
        event.listen(engine.sync_engine, "connect", lambda *_: own.opened())
        event.listen(engine.sync_engine, "handle_error", _close_after_lost_log)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Have commits reach the disk before they return: Telegram forgets what we confirm."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _close_after_lost_log(failure: ExceptionContext) -> None:
    """Close a connection whose log was removed, which writes the log's content to the file."""
    failure.is_disconnect |= isinstance(failure.original_exception, LogRemoved)


def _begin_immediate(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")
