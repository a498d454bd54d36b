"""SQLite's cursor without a thread: however rows are asked for, they come."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.config import sqlite_url
from database import sqlite_driver
from database.session import make_engine

THREE = "SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 ORDER BY n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


async def test_rows_come_one_by_one_or_some_at_a_time(file: Path) -> None:
    connection = sqlite_driver.connect(file)
    async with connection:
        cursor = await sqlite_driver.DirectCursor(connection).execute(THREE)

        assert await cursor.fetchone() == (1,)
        assert await cursor.fetchmany(5) == [(2,), (3,)]
        assert (await cursor.fetchone(), await cursor.fetchall()) == (None, [])


async def test_who_has_to_wait_for_the_lock_lets_others_go_on(file: Path) -> None:
    engine = make_engine(sqlite_url(file))
    async with engine.connect() as connection:
        patience = await connection.scalar(text("PRAGMA busy_timeout"))
        await connection.rollback()
        with closing(sqlite3.connect(file, isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            async with asyncio.TaskGroup() as group:
                begins = group.create_task(connection.execute(text("SELECT 1")))
                done, _ = await asyncio.wait([begins], timeout=0.05)
                assert not done
                holder.execute("COMMIT")
        assert begins.result().all() == [(1,)]
        assert await connection.scalar(text("PRAGMA busy_timeout")) == patience
    await engine.dispose()


async def test_rows_are_streamed(file: Path) -> None:
    engine = make_engine(sqlite_url(file))
    async with engine.connect() as connection:
        rows = await connection.stream(text(THREE))

        assert [row.n async for row in rows] == [1, 2, 3]
    await engine.dispose()


async def test_after_a_commit_there_is_nothing_to_undo_and_no_visit(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visited: list[str] = []
    visit = sqlite_driver.Connection._execute

    async def note(connection: sqlite_driver.Connection, work: Any, *arguments: Any) -> Any:
        visited.append(work.__name__)
        return await visit(connection, work, *arguments)  # type: ignore[no-untyped-call]

    engine = make_engine(sqlite_url(file))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE some (n INTEGER)"))
    monkeypatch.setattr(sqlite_driver.Connection, "_execute", note)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO some VALUES (1)"))
    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO some VALUES (2)"))
        await connection.rollback()
    monkeypatch.undo()

    assert visited == ["commit", "rollback"]
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT n FROM some"))).all() == [(1,)]
    await engine.dispose()
