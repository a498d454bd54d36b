"""Migrations: on the settings' database, all in one transaction, one migrator at a time."""

import asyncio
import logging
import sys
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core import logging as logs
from core.config import ConfigError, DatabaseSettings, load
from database.columns import UtcDateTime
from database.errors import is_outage
from database.migrations import Steps, check_foreign_keys, keep_others_out, prepared
from database.schema import DatabaseNotAtHead, ensure_exists, ensure_folder
from database.session import make_engine
from database.tables import METADATA


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own type out as the library's: a revision must outlive database/columns.py."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def number(migration: MigrationContext, _revision: object, scripts: list[MigrationScript]) -> None:
    """Call a new revision by the next number, unless `--rev-id` names it."""
    config = migration.config
    if config is not None and scripts and not getattr(config.cmd_opts, "rev_id", None):
        head = ScriptDirectory.from_config(config).get_current_head() or "0"
        scripts[0].rev_id = f"{int(head) + 1:04}"


OPTIONS: dict[str, Any] = {
    "target_metadata": METADATA,
    "render_as_batch": True,  # on both databases: a revision written on one runs on the other
    "render_item": render_item,
    "process_revision_directives": number,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}


def makes_a_database() -> bool:
    """Tell whether the command may make a SQLite file; `current` and `check` only look at one."""
    called = getattr(context.config.cmd_opts, "cmd", None)  # None: by a program, not by hand
    return called is None or called[0].__name__ in {"upgrade", "stamp"}


def migrate(connection: Connection) -> None:
    """Run what Alembic was asked for, all of it or none of it, and log it once it is true."""
    steps = Steps()
    with prepared(connection):
        context.configure(
            connection=connection,
            transactional_ddl=True,  # Alembic doubts it for SQLite; our own BEGIN makes it true
            on_version_apply=steps.note,
            **OPTIONS,
        )
        with context.begin_transaction():
            keep_others_out(connection)
            context.run_migrations()
            check_foreign_keys(connection)
    steps.log()


async def migrate_at(url: str) -> None:
    """Open the database at `url` for the time of the migration."""
    engine = make_engine(url)
    try:
        ensure_folder(engine.url)
        if not makes_a_database():
            ensure_exists(engine.url)
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    except DatabaseNotAtHead as missing:
        sys.exit(str(missing))
    except Exception as error:
        if not is_outage(error):
            raise
        sys.exit(f"The database cannot be migrated now: {str(error).splitlines()[0]}")
    finally:
        await engine.dispose()


def write_sql(url: str) -> None:
    """Print the statements instead (`--sql`)."""
    context.configure(url=url, literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def configure_logging(config: DatabaseSettings) -> None:
    """Log as the bot does."""
    logs.configure(config.log_level, config.log_format, config.secrets)
    # It tells of a revision before that is committed; Steps does so after.
    logging.getLogger("alembic.runtime").setLevel(logging.WARNING)


def main() -> None:
    """Migrate the connection that a program hands over, else the settings' database."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        migrate(connection)
        return
    try:
        config = load(DatabaseSettings)
        configure_logging(config)
        if context.is_offline_mode():
            write_sql(config.async_url)
        else:
            asyncio.run(migrate_at(config.async_url))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


main()
