"""Checks that the database is at the revision which this program was written for."""

from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

SCRIPTS = Path(__file__).resolve().parent.parent / "alembic"


class DatabaseNotAtHead(Exception):
    """The database is not at the revision this program was written for."""


async def revision_of(engine: AsyncEngine) -> str | None:
    """Return the revision that Alembic left in the database."""
    async with engine.connect() as connection:
        return await connection.run_sync(_revision)


async def ensure_at_head(engine: AsyncEngine) -> None:
    """Raise DatabaseNotAtHead, with a sentence that says what to do, unless all is well."""
    ensure_exists(engine.url)
    async with engine.connect() as connection:
        problem = await connection.run_sync(_problem)
    if problem:
        raise DatabaseNotAtHead(problem)


def ensure_exists(url: URL) -> None:
    """Raise DatabaseNotAtHead if SQLite would have to make the file first."""
    ensure_folder(url)
    if is_missing(url):
        raise DatabaseNotAtHead(
            f"There is no database at {url.database}: run `alembic upgrade head`."
        )


def ensure_folder(url: URL) -> None:
    """Raise DatabaseNotAtHead if the folder for SQLite's file is missing: nothing creates it."""
    folder = Path(url.database or "").parent
    if is_missing(url) and not folder.is_dir():
        raise DatabaseNotAtHead(
            f"There is no folder {folder}: make it, or correct DATABASE_URL or DB_NAME."
        )


def is_missing(url: URL) -> bool:
    """Whether the file is missing; to be asked before SQLite creates it."""
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _problem(connection: Connection) -> str | None:
    revision = _revision(connection)
    scripts = ScriptDirectory(str(SCRIPTS))
    if revision == scripts.get_current_head():
        return None
    if revision is None:
        return _problem_without_revision(inspect(connection).get_table_names())
    if revision in {script.revision for script in scripts.walk_revisions()}:
        return f"The database is at revision {revision}, an older one: run `alembic upgrade head`."
    return (
        f"The database is at revision {revision}, which this version does not know: "
        "run the newer version that made it, or restore a backup (ALEMBIC_GUIDE.md)."
    )


def _problem_without_revision(tables: list[str]) -> str:
    if set(tables) <= {"alembic_version"}:
        return "The database is empty: run `alembic upgrade head`."
    return (
        "The database has tables but no revision, so it was made before Alembic or by something "
        "else: run `python migrate_db.py` (ALEMBIC_GUIDE.md)."
    )
