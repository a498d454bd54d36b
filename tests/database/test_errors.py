"""Every error here is a real one, of a real database."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from database.errors import DatabaseUnreachable, is_outage
from database.models import User
from database.session import make_engine, make_sessions
from tests.support.postgres import NoPostgres, Server, find_programs

type Sessions = async_sessionmaker[AsyncSession]

USER = "INSERT INTO users (id, telegram_id, name, language, created_at) VALUES "
ANN = USER + "(1, 1, 'Ann', 'en', '2026-11-23 12:00:00')"
BOB = USER + "(2, 2, 'Bob', 'en', '2026-11-23 12:00:00')"
ONE_WAITS = "UPDATE users SET name = 'x' WHERE id = 1"
TWO_WAITS = "UPDATE users SET name = 'x' WHERE id = 2"


async def execute(engine: AsyncEngine, *statements: str) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def error_of(engine: AsyncEngine, *statements: str) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the question
        await execute(engine, *statements)
    return caught.value


# The update fails -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(ANN, id="a duplicate"),
        pytest.param("UPDATE users SET name = NULL", id="nothing where something must be"),
        pytest.param("UPDATE users SET id = 'seven'", id="not a number"),
        pytest.param("SELEC 1", id="not SQL"),
        pytest.param("SELECT * FROM nowhere", id="no such table"),
        pytest.param("UPDATE tickets SET nothing = 1", id="no such column"),
    ],
)
async def test_what_the_database_refuses_is_the_updates_fault(
    engine: AsyncEngine, statement: str
) -> None:
    await execute(engine, ANN)

    error = await error_of(engine, statement)

    assert isinstance(error, DBAPIError)
    assert not is_outage(error)


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), FileNotFoundError("no"), ConnectionResetError(), TimeoutError()]
)
def test_what_does_not_come_from_the_database_is_no_outage(error: Exception) -> None:
    assert not is_outage(error)


async def test_what_comes_after_a_refusal_is_no_outage(sessions: Sessions) -> None:
    async with sessions() as session:
        session.add(User(telegram_id=1))
        with pytest.raises(IntegrityError):
            await session.flush()

        with pytest.raises(PendingRollbackError) as caught:
            await session.execute(text("SELECT 1"))

    assert not is_outage(caught.value)


# SQLite fails ---------------------------------------------------------------------------------


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(make_url(sqlite_url).database or "")


async def sqlite_error(file: Path, *statements: str, **options: Any) -> BaseException:
    engine = make_engine(f"sqlite+aiosqlite:///{file.as_posix()}", **options)
    try:
        return await error_of(engine, *statements)
    finally:
        await engine.dispose()
        wait_for_threads()


def wait_for_threads() -> None:
    """Let aiosqlite's thread say that it could not open the file while there is a loop to hear."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            thread.join()


def damage(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


async def test_a_file_that_somebody_else_writes_to_is_an_outage(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        engine = make_engine(f"sqlite+aiosqlite:///{file.as_posix()}")
        waiting = engine.execution_options(sqlite_begin="DEFERRED")

        error = await error_of(waiting, "PRAGMA busy_timeout=1", ANN)

        await engine.dispose()
    assert is_outage(error)


async def test_a_file_that_may_only_be_read_is_an_outage(file: Path) -> None:
    assert is_outage(await sqlite_error(file, "PRAGMA query_only=ON", ANN))


async def test_a_full_disk_is_an_outage(file: Path) -> None:
    fill = (
        "INSERT INTO dead_updates (id, update_id, raw, error, died_at, staff_chat_id) "
        "VALUES (1, 1, hex(zeroblob(100000)), '', '', 0)"
    )

    assert is_outage(await sqlite_error(file, "PRAGMA max_page_count=1", fill))


async def test_a_folder_that_is_gone_is_an_outage(tmp_path: Path) -> None:
    assert is_outage(await sqlite_error(tmp_path / "gone" / "support.db", ANN))


async def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path) -> None:
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"not a database " * 100)

    assert is_outage(await sqlite_error(junk, ANN))


async def test_a_damaged_file_is_an_outage(file: Path) -> None:
    damage(file)

    assert is_outage(await sqlite_error(file, ANN))


async def test_no_connection_within_the_time_is_an_outage(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url, pool_timeout=0.01)

    async with engine.begin():
        error = await error_of(engine, "SELECT 1")
    await engine.dispose()

    assert isinstance(error, PoolTimeout)
    assert is_outage(error)


# PostgreSQL fails -----------------------------------------------------------------------------


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(postgres_url)
    await execute(engine, ANN, BOB)
    yield engine
    await engine.dispose()


async def end_of(connection: AsyncConnection, *, by: AsyncConnection) -> None:
    """End the server's process of a connection, as a restart or a failover does."""
    process = await connection.scalar(text("SELECT pg_backend_pid()"))
    await by.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})


async def test_a_connection_that_the_server_ends_is_an_outage(postgres: AsyncEngine) -> None:
    async with postgres.connect() as connection, postgres.connect() as other:
        await end_of(connection, by=other)

        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text(ANN))

    assert is_outage(caught.value)


async def test_what_comes_after_a_lost_connection_is_an_outage_too(postgres: AsyncEngine) -> None:
    async with make_sessions(postgres)() as session, postgres.connect() as other:
        await end_of(await session.connection(), by=other)
        with pytest.raises(DBAPIError):
            await session.execute(text(ANN))

        with pytest.raises(PendingRollbackError) as caught:
            await session.execute(text(ANN))

    assert is_outage(caught.value)


async def test_a_lost_commit_is_an_outage(postgres: AsyncEngine) -> None:
    async with make_sessions(postgres)() as session, postgres.connect() as other:
        await session.execute(text(ONE_WAITS))
        await end_of(await session.connection(), by=other)

        with pytest.raises(DBAPIError) as caught:
            await session.commit()

    assert is_outage(caught.value)


async def test_a_deadlock_is_an_outage_for_one_of_the_two(postgres: AsyncEngine) -> None:
    async with postgres.connect() as one, postgres.connect() as two:
        await one.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
        await one.execute(text(ONE_WAITS))
        await two.execute(text(TWO_WAITS))

        async def cross(connection: AsyncConnection, statement: str) -> None:
            await connection.execute(text(statement))
            await connection.rollback()

        results = await asyncio.gather(
            cross(one, TWO_WAITS), cross(two, ONE_WAITS), return_exceptions=True
        )

    errors = [result for result in results if result is not None]
    assert [is_outage(error) for error in errors] == [True]


async def test_a_serialization_failure_is_an_outage(postgres: AsyncEngine) -> None:
    async with postgres.connect() as late, postgres.connect() as early:
        await late.execution_options(isolation_level="REPEATABLE READ")
        await late.execute(text("SELECT * FROM users"))
        await early.execute(text(ONE_WAITS))
        await early.commit()

        with pytest.raises(DBAPIError) as caught:
            await late.execute(text(ONE_WAITS))

    assert is_outage(caught.value)


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(("SET TRANSACTION READ ONLY", ONE_WAITS), id="read only"),
        pytest.param(("SET LOCAL statement_timeout = '1ms'", "SELECT pg_sleep(5)"), id="cancelled"),
        *(
            pytest.param((f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$",), id=name)
            for state, name in [
                ("08006", "connection failure"),
                ("53100", "disk full"),
                ("53200", "out of memory"),
                ("53300", "too many connections"),
                ("55P03", "lock not available"),
                ("57P01", "shutting down"),
                ("57P03", "starting up"),
                ("58030", "I/O error"),
                ("XX001", "a damaged page"),
            ]
        ),
    ],
)
async def test_a_server_in_trouble_is_an_outage(
    postgres: AsyncEngine, statements: tuple[str, ...]
) -> None:
    assert is_outage(await error_of(postgres, *statements))


async def test_a_database_that_is_gone_is_an_outage(postgres_url: str) -> None:
    gone = make_url(postgres_url).set(database="gone")

    assert is_outage(await connection_error(gone))


async def test_a_role_that_is_gone_is_an_outage(postgres_url: str) -> None:
    gone = make_url(postgres_url).set(username="gone")

    assert is_outage(await connection_error(gone))


async def connection_error(url: URL) -> BaseException:
    return await error_of(make_engine(url.render_as_string(hide_password=False)), "SELECT 1")


@pytest.fixture
def server() -> Iterator[Server]:
    try:
        server = Server(find_programs())
    except NoPostgres:
        pytest.skip("a server that can be stopped needs PostgreSQL's programs")
    try:
        server.start()
        yield server
    finally:
        server.remove()


async def test_a_server_that_stops_is_an_outage_until_it_is_back(server: Server) -> None:
    engine = make_engine(server.url)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        server.halt()
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text("SELECT 1"))
        assert is_outage(caught.value)

    refused = await error_of(engine, "SELECT 1")
    assert isinstance(refused, DatabaseUnreachable)
    assert is_outage(refused)

    server.resume()
    await execute(engine, "SELECT 1")
    await engine.dispose()
