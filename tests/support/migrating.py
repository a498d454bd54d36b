"""Alembic's commands on any database, inside this process, also with revisions made up here."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from core.config import PROJECT
from database.session import make_engine

SCRIPTS = PROJECT / "alembic"
REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{previous}"


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
"""


async def upgrade(url: str, revision: str = "head", scripts: Path = SCRIPTS) -> None:
    await run(url, command.upgrade, revision, scripts=scripts)


async def downgrade(url: str, revision: str, scripts: Path = SCRIPTS) -> None:
    await run(url, command.downgrade, revision, scripts=scripts)


async def run(url: str, what: Callable[..., Any], *arguments: Any, scripts: Path = SCRIPTS) -> None:
    """Run `what` of `alembic.command` on the database at `url`."""
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run, scripts, what, *arguments)
    finally:
        await engine.dispose()


def _run(connection: Connection, scripts: Path, what: Callable[..., Any], *arguments: Any) -> None:
    config = Config(PROJECT / "alembic.ini", attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts))
    what(config, *arguments)


def revisions(scripts: Path = SCRIPTS) -> list[str]:
    """List the revisions, oldest first."""
    walked = ScriptDirectory(str(scripts)).walk_revisions()
    return [script.revision for script in walked][::-1]


def scripts_with_another_revision(folder: Path, upgrade: str, downgrade: str = "pass") -> Path:
    """Copy the migrations to `folder` and put one more on top: `9999`."""
    scripts = Path(shutil.copytree(SCRIPTS, folder / "alembic"))
    text = REVISION.format(
        number="9999", previous=revisions()[-1], upgrade=upgrade, downgrade=downgrade
    )
    (scripts / "versions" / "9999_another.py").write_text(text)
    return scripts
