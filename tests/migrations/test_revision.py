"""What a developer gets from `alembic revision`."""

import shutil
from functools import partial
from pathlib import Path

import pytest
from alembic import command

from tests.support import migrating


@pytest.fixture
def no_revisions(tmp_path: Path) -> Path:
    """Copy what makes revisions, but none of them."""
    ignored = shutil.ignore_patterns("0*", "__pycache__")
    return Path(shutil.copytree(migrating.SCRIPTS, tmp_path / "alembic", ignore=ignored))


async def test_a_generated_revision_makes_the_whole_schema_and_imports_nothing_of_ours(
    no_revisions: Path, empty_database_url: str
) -> None:
    await migrating.run(
        empty_database_url,
        partial(command.revision, autogenerate=True),
        "All of it",
        scripts=no_revisions,
    )

    written = read_only_revision(no_revisions, named="0001_all_of_it.py")
    assert "database" not in written
    assert "UtcDateTime" not in written
    await migrating.upgrade(empty_database_url, scripts=no_revisions)
    await migrating.run(empty_database_url, command.check, scripts=no_revisions)
    await migrating.downgrade(empty_database_url, "base", scripts=no_revisions)


def read_only_revision(scripts: Path, *, named: str) -> str:
    (file,) = (scripts / "versions").glob("*.py")
    assert file.name == named
    return file.read_text()


async def test_an_empty_revision_is_numbered_too(sqlite_url: str, tmp_path: Path) -> None:
    scripts = migrating.scripts_with_another_revision(tmp_path, "pass")
    await migrating.upgrade(sqlite_url, scripts=scripts)

    await migrating.run(sqlite_url, command.revision, "Fill in", scripts=scripts)

    assert migrating.revisions(scripts)[-1] == "10000"
