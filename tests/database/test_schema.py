from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.schema import DatabaseNotAtHead, ensure_at_head, revision_of
from database.session import make_engine
from database.tables import METADATA
from tests.support import migrating


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncEngine:
    engine = make_engine(empty_database_url)
    async with engine.begin():
        pass  # SQLite makes the file
    return engine


async def test_a_database_at_head_is_all_right(engine: AsyncEngine) -> None:
    await ensure_at_head(engine)

    assert await revision_of(engine) is not None


async def test_an_empty_database_is_told_to_upgrade(empty: AsyncEngine) -> None:
    with pytest.raises(DatabaseNotAtHead, match=r"empty: run `alembic upgrade head`\.$"):
        await ensure_at_head(empty)

    assert await revision_of(empty) is None
    await empty.dispose()


async def test_a_database_that_was_downgraded_to_nothing_is_told_to_upgrade(
    empty: AsyncEngine,
) -> None:
    async with empty.begin() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))

    with pytest.raises(DatabaseNotAtHead, match=r"empty: run `alembic upgrade head`\.$"):
        await ensure_at_head(empty)

    await empty.dispose()


async def test_an_unknown_revision_is_told_to_run_the_newer_version(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseNotAtHead, match="at revision 9999, which this version does not"):
        await ensure_at_head(engine)


async def test_a_database_from_before_alembic_is_shown_the_door(empty: AsyncEngine) -> None:
    async with empty.begin() as connection:
        await connection.run_sync(METADATA.create_all)

    with pytest.raises(DatabaseNotAtHead, match=r"before Alembic.*python migrate_db\.py"):
        await ensure_at_head(empty)

    await empty.dispose()


async def test_a_file_that_does_not_exist_is_not_made(empty_sqlite_url: str) -> None:
    engine = make_engine(empty_sqlite_url)

    with pytest.raises(DatabaseNotAtHead, match=r"no database at .*: run `alembic upgrade head`"):
        await ensure_at_head(engine)

    assert not exists(engine)
    await engine.dispose()


def exists(engine: AsyncEngine) -> bool:
    return Path(engine.url.database or "").exists()


async def test_an_older_revision_is_told_to_upgrade(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = migrating.scripts_with_another_revision(tmp_path, "pass")
    monkeypatch.setattr("database.schema.SCRIPTS", newer)

    with pytest.raises(DatabaseNotAtHead, match="an older one: run `alembic upgrade head`"):
        await ensure_at_head(engine)
