"""Tells a failing database, which we wait for, from a failing update, which is set aside."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.config import ConfigError

# SQLite's primary result codes (sqlite.org/rescode.html) for trouble with the file.
SQLITE_OUTAGES = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)

SQLITE_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
POSTGRES_DAMAGE = frozenset({"XX001", "XX002"})

# How a SQLSTATE (PostgreSQL's manual, appendix A) begins for trouble with the server.
POSTGRES_OUTAGES = (
    "08",  # connection
    "25006",  # read only: a standby that is not the primary yet
    "28",  # the password is not accepted, or no longer
    "3D000",  # the database does not exist, or no longer
    "40001",  # serialization failure: trying again cures it
    "40P01",  # deadlock: trying again cures it
    "53",  # disk full, out of memory, too many connections
    "55P03",  # a lock could not be had in time
    "57",  # shutting down, starting up, cancelled by an operator
    "58",  # input and output
    "F0",  # the server's own configuration
    "XX001",  # a damaged page
    "XX002",  # a damaged index
)

# SQLAlchemy's mark of a transaction whose connection was lost earlier (sqlalche.me/e/21/8s2b).
LOST_BEFORE = "8s2b"


class DatabaseUnreachable(Exception):
    """The server cannot be connected to, or does not answer."""


class ReadTooLong(DatabaseUnreachable):
    """A statement that only reads took too long."""

    def __init__(self) -> None:
        super().__init__("reading takes too long")


class FileReplaced(DatabaseUnreachable):
    """SQLite's file, or its log, was removed or replaced while it was open."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} was removed or replaced while the bot is running. Nothing is accepted or sent "
            "until it is back; to go on with the file that is there now, restart the bot."
        )


class LogRemoved(FileReplaced):
    """Only SQLite's log was removed: closing the connection writes all of it to the file."""


class FileNotOurs(Exception):
    """This process must not run on the SQLite file; the message tells the operator why."""


class ForeignDatabase(Exception):
    """The database belongs to another bot; its message ids and files mean nothing to this one."""


class WrongUrl(ConfigError):
    """The database's URL is unusable; the message says what is wrong with it."""

    def __init__(self, why: object) -> None:
        super().__init__(f"DATABASE_URL cannot be used: {why}.")


class NotLeading(Exception):
    """This process may not write at the moment (database/leadership.py)."""


def is_outage(error: BaseException) -> bool:
    """Whether the database failed, so that a later try may succeed, and not the update."""
    match error:
        case PoolTimeout() | DatabaseUnreachable() | NotLeading():
            return True
        case PendingRollbackError():
            return error.code == LOST_BEFORE
        case DBAPIError():
            return error.connection_invalidated or is_server_error(error.orig)
        case _:
            return False


def is_damage(error: BaseException) -> bool:
    """Whether it is an outage that no later try will end: stored data cannot be read."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in SQLITE_DAMAGE
    return getattr(cause, "sqlstate", None) in POSTGRES_DAMAGE


def is_server_error(cause: BaseException | None) -> bool:
    """Whether the driver's own error says that the database failed."""
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary code; errors of the Python module itself have none.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in SQLITE_OUTAGES
    sqlstate: str | None = getattr(cause, "sqlstate", None)
    return sqlstate is not None and sqlstate.startswith(POSTGRES_OUTAGES)


def reason(error: BaseException) -> str:
    """Say in a line why the database fails, in the words of its driver or of the system."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return (str(cause) or type(error).__name__).splitlines()[0]
