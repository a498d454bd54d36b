"""Adopt a SQLite file that was made before Alembic. Deprecated: see ALEMBIC_GUIDE.md.

It backs the file up, compares its tables with the first revision, stamps that revision and
upgrades. A file that differs is refused, with a list of the differences. Exit codes: 0 the database
is under Alembic, 1 refused and left as it was, 2 the settings are wrong.
"""

import asyncio
import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DatabaseError

from core import logging as logs
from core.clock import utcnow
from core.config import PROJECT, ConfigError, DatabaseSettings, load, sqlite_url
from database.description import Tables, describe, differences
from database.session import make_engine

DEPRECATED = """\
migrate_db.py is deprecated: it only adopts a database that was made before Alembic.
`alembic upgrade head` makes and upgrades databases; ALEMBIC_GUIDE.md says how.
"""
FIRST = "0001"


class NotAdopted(Exception):
    """The database is left as it was; the message says why."""


class AlreadyAdopted(Exception):
    """Nothing to do: the database is under Alembic. Run `alembic upgrade head`."""


def main(now: datetime) -> int:
    """Adopt the settings' database and return the exit code."""
    sys.stderr.write(DEPRECATED)
    try:
        settings = load(DatabaseSettings)
        logs.configure(settings.log_level, settings.log_format)
        backup = adopt(file_of(settings.async_url), now)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except AlreadyAdopted:
        print(AlreadyAdopted.__doc__)
        return 0
    except NotAdopted as refusal:
        sys.stderr.write(f"{refusal}\nNothing was changed.\n")
        return 1
    print(f"Adopted. The file as it was: {backup}")
    return 0


def file_of(url: str) -> Path:
    """Return the path of the SQLite file; other databases are adopted by hand."""
    place = make_url(url)
    if place.get_backend_name() != "sqlite" or not place.database:
        raise NotAdopted("Only SQLite files are adopted here; ALEMBIC_GUIDE.md has PostgreSQL.")
    return Path(place.database)


def adopt(file: Path, now: datetime) -> Path:
    """Bring a file of the first schema under Alembic, to head; return its backup."""
    check(file)
    backup = back_up(file, now)
    asyncio.run(stamp_and_upgrade(sqlite_url(file)))
    return backup


def check(file: Path) -> None:
    """Raise unless the file holds exactly the tables of the first revision."""
    if not file.is_file():
        raise NotAdopted(f"There is no file {file}: `alembic upgrade head` makes a new database.")
    try:
        found = tables_in(file)
    except DatabaseError as error:
        raise NotAdopted(f"{file} cannot be read: {error.orig}.") from error
    if not found:
        raise NotAdopted(f"{file} is empty: `alembic upgrade head` makes the tables.")
    if "alembic_version" in found:
        raise AlreadyAdopted
    if differing := list(differences(found, tables_of_first_revision())):
        lines = "\n".join(f"- {line}" for line in differing)
        raise NotAdopted(f"{file} is not of the first schema:\n{lines}")


def back_up(file: Path, now: datetime) -> Path:
    """Copy the file, even while somebody writes to it; never overwrite another backup."""
    backup = file.with_name(f"{file.name}.{now:%Y-%m-%dT%H%M%SZ}.backup")
    try:
        backup.touch(mode=0o600, exist_ok=False)  # it holds all that people wrote
    except FileExistsError as error:
        raise NotAdopted(f"{backup} exists already.") from error
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    return backup


async def stamp_and_upgrade(url: str) -> None:
    """Tell Alembic the database's revision, then let it upgrade."""
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_stamp_and_upgrade)
    finally:
        await engine.dispose()


def _stamp_and_upgrade(connection: Connection) -> None:
    config = Config(PROJECT / "alembic.ini", attributes={"connection": connection})
    command.stamp(config, FIRST)
    command.upgrade(config, "head")


def tables_in(file: Path) -> Tables:
    """Describe a file's tables without touching it."""
    place = f"{file.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(place, uri=True))
    try:
        with engine.connect() as connection:
            return describe(connection)
    finally:
        engine.dispose()


def tables_of_first_revision() -> Tables:
    """Describe the tables as the first revision makes them, in memory."""
    first = ScriptDirectory(str(PROJECT / "alembic")).get_revision(FIRST)
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            first.module.upgrade()
        tables = describe(connection)
    engine.dispose()
    return tables


if __name__ == "__main__":
    sys.exit(main(utcnow()))
