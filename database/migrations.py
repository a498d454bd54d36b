"""What migrations need on either database; alembic/env.py puts it together."""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, text

log = structlog.get_logger("alembic.migrations")

# Any number that nothing else of ours locks.
MIGRATION_LOCK = 0x4D49_4752_4154_45
# How long a second migrator of a SQLite file waits for the first one.
SQLITE_WAIT_SECONDS = 60


class BrokenForeignKeys(Exception):
    """Rows would refer to rows that do not exist; nothing was changed."""


@contextmanager
def prepared(connection: Connection) -> Iterator[None]:
    """Let SQLite drop a table but not its children's rows: batch mode drops and remakes tables."""
    if not _is_sqlite(connection):
        yield
        return
    before = _pragma(connection, "foreign_keys")
    _pragma(connection, f"busy_timeout={SQLITE_WAIT_SECONDS * 1000}")
    _pragma(connection, "foreign_keys=OFF")
    if _pragma(connection, "foreign_keys"):
        raise RuntimeError("SQLite ignored foreign_keys=OFF: a transaction was open already")
    try:
        yield
    finally:
        _pragma(connection, f"foreign_keys={before}")


def keep_others_out(connection: Connection) -> None:
    """Wait while another container migrates; SQLite's BEGIN IMMEDIATE has already done so."""
    if not _is_sqlite(connection):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def check_foreign_keys(connection: Connection) -> None:
    """Raise rather than commit rows that refer to nothing; PostgreSQL sees to it by itself."""
    if not _is_sqlite(connection):
        return
    broken = Counter(
        f"{table} → {parent}"
        for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check")
    )
    if broken:
        listed = ", ".join(f"{pair}: {rows}" for pair, rows in sorted(broken.items()))
        raise BrokenForeignKeys(f"rows would refer to rows that do not exist ({listed})")


class Steps:
    """The revisions that were run, to be logged once they are committed."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, dict[str, Any]]] = []
        self._since = time.monotonic()

    def note(
        self,
        ctx: MigrationContext,  # noqa: ARG002 - Alembic passes them by name
        step: MigrationInfo,
        heads: Collection[Any],  # noqa: ARG002
        run_args: Mapping[str, Any],  # noqa: ARG002
    ) -> None:
        """Note the step that Alembic has just run."""
        now = time.monotonic()
        facts = {
            "from_revision": ",".join(step.source_revision_ids) or "base",
            "to_revision": ",".join(step.destination_revision_ids) or "base",
            "seconds": round(now - self._since, 3),
        }
        self._lines.append(("stamped" if step.is_stamp else "migrated", facts))
        self._since = now

    def log(self) -> None:
        """Log what was run."""
        for what, facts in self._lines:
            log.info(what, **facts)


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _pragma(connection: Connection, words: str) -> Any:
    """Run a pragma without SQLAlchemy's BEGIN before it: inside a transaction it is ignored."""
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA {words}")
    row = cursor.fetchone()
    cursor.close()
    return row[0] if row else None
