import asyncio
import traceback
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from database.errors import DatabaseUnreachable
from database.models import User
from database.session import make_engine, make_sessions
from tests.database import rows
from tests.support.postgres import free_port


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)],
)
async def test_sqlite_writes_to_disk_before_a_commit_returns(
    sqlite_url: str, pragma: str, value: str | int
) -> None:
    engine = make_engine(sqlite_url)

    async with engine.connect() as connection:
        found = await connection.scalar(text(f"PRAGMA {pragma}"))
    await engine.dispose()

    assert found == value


async def test_writers_on_sqlite_take_turns_and_none_is_locked_out(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    sessions = make_sessions(engine)

    async def write(telegram_id: int) -> None:
        async with sessions.begin() as session:
            await session.scalar(select(User))
            session.add(rows.user(telegram_id))

    async with asyncio.TaskGroup() as group:
        for telegram_id in range(50):
            group.create_task(write(telegram_id))

    async with sessions() as session:
        assert len((await session.scalars(select(User))).all()) == 50
    await engine.dispose()


async def test_a_reader_of_sqlite_does_not_wait_for_the_writer(sqlite_url: str) -> None:
    writer = make_engine(sqlite_url)
    reader = make_engine(sqlite_url).execution_options(sqlite_begin="DEFERRED")

    async with make_sessions(writer).begin() as session:
        session.add(rows.user())
        await session.flush()
        async with make_sessions(reader)() as other:
            seen = (await other.scalars(select(User))).all()

    assert seen == []
    await writer.dispose()
    await reader.dispose()


async def test_what_is_committed_on_sqlite_is_there_for_the_next_program(
    sqlite_url: str, tmp_path: Path
) -> None:
    engine = make_engine(sqlite_url)
    async with make_sessions(engine).begin() as session:
        session.add(rows.user())
    file = Path(make_url(sqlite_url).database or "")
    # As a crash leaves it: the file and its log, with nobody to close them.
    for part in (file, file.with_name(f"{file.name}-wal")):
        (tmp_path / f"copy{part.name.removeprefix(file.name)}").write_bytes(part.read_bytes())

    copy = make_engine(f"sqlite+aiosqlite:///{(tmp_path / 'copy').as_posix()}")
    async with make_sessions(copy)() as session:
        assert await session.scalar(select(User.telegram_id)) == 7
    await copy.dispose()
    await engine.dispose()


async def test_objects_stay_readable_after_the_commit(engine: AsyncEngine) -> None:
    async with make_sessions(engine)() as session:
        user = rows.user()
        session.add(user)
        await session.commit()

        assert user.name == "Ann"


async def test_an_error_does_not_show_what_was_written(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text("SELECT * FROM nowhere WHERE x = :x"), {"x": "my secret"})

    assert "my secret" not in str(caught.value)


async def test_a_refused_row_is_not_quoted(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions() as session:
        session.add(rows.user(name="my secret", language=None))
        with pytest.raises(DBAPIError) as caught:
            await session.flush()

    assert "my secret" not in "".join(traceback.format_exception(caught.value))


async def test_a_server_that_is_not_there_has_a_name() -> None:
    engine = make_engine(f"postgresql+asyncpg://bot@127.0.0.1:{free_port()}/support")

    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1"):
        await engine.connect()
