"""What reads for long stops neither the writer nor the loop, and writes nothing."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event, func, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from core.config import sqlite_url as url_of_file
from database.errors import ReadTooLong
from database.models import User
from database.session import make_engine, make_reader, make_sessions
from tests.database import rows

# Each takes much longer than a test may.
LONG = {
    "sqlite": (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) "
        "SELECT count(*) FROM n"
    ),
    "postgresql": "SELECT pg_sleep(600)",
}

PEOPLE = select(func.count()).select_from(User)


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine, before = make_reader(database_url), workers()
    yield engine
    given_up = workers() - before
    await engine.dispose()
    await end(given_up)


def workers() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if "_connection_worker" in one.name}


async def end(threads: set[threading.Thread]) -> None:
    """Wait for the threads of connections that were given up: they still report to this loop."""
    for thread in threads:
        await asyncio.to_thread(thread.join, 10)


async def read_long(reader: AsyncEngine) -> None:
    async with reader.connect() as connection:
        await connection.execute(text(LONG[reader.dialect.name]))


async def test_a_long_read_delays_neither_the_loop_nor_a_commit(
    reader: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
) -> None:
    begun = asyncio.Event()
    event.listen(reader.sync_engine, "before_cursor_execute", lambda *_: begun.set())
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        reading = group.create_task(read_long(reader))
        await begun.wait()

        async with sessions.begin() as session:
            session.add(rows.user())

        assert not reading.done()
        reading.cancel()  # which ends the statement, or the group would wait for it


async def test_a_reader_sees_what_was_there_when_it_began(
    reader: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with reader.connect() as connection:
        before = await connection.scalar(PEOPLE)
        async with sessions.begin() as session:
            session.add(rows.user())
        after = await connection.scalar(PEOPLE)

    assert (before, after) == (0, 0)


async def test_a_reader_does_not_wait_for_whoever_writes(
    reader: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with asyncio.timeout(20), sessions.begin() as session:
        session.add(rows.user())
        await session.flush()
        async with make_sessions(reader)() as other:
            assert (await other.scalars(select(User))).all() == []


async def test_a_reader_can_not_write(reader: AsyncEngine) -> None:
    async with reader.connect() as connection:
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            await connection.execute(
                insert(User).values(
                    telegram_id=7, name="Ann", language="en", created_at=func.current_timestamp()
                )
            )


async def test_a_read_that_takes_too_long_ends(database_url: str) -> None:
    reader = make_reader(database_url, seconds=0.1)

    with pytest.raises(ReadTooLong):
        await read_long(reader)
    async with reader.connect() as connection:
        assert await connection.scalar(PEOPLE) == 0
    await reader.dispose()


async def test_a_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "gone.db"
    reader, before = make_reader(url_of_file(file)), workers()

    with pytest.raises(OperationalError):
        await read_long(reader)
    await end(workers() - before)

    assert not file.exists()


async def test_what_a_killed_writer_left_in_the_log_is_read(
    sqlite_url: str, tmp_path: Path
) -> None:
    writer, file = make_engine(sqlite_url), Path(make_url(sqlite_url).database or "")
    async with make_sessions(writer).begin() as session:
        session.add(rows.user())
    left = tmp_path / "a folder's #1, 100% ours" / "left.db"
    left.parent.mkdir()
    shutil.copy(file, left)
    shutil.copy(f"{file}-wal", f"{left}-wal")
    reader = make_reader(url_of_file(left))

    async with reader.connect() as connection:
        found = await connection.scalar(PEOPLE)
    await reader.dispose()
    await writer.dispose()

    assert found == 1
