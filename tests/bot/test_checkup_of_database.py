"""What `doctor` says of a database that can be read, but not used."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.checkup import database
from bot.checkup.line import Level, Line
from core.config import Settings
from core.team import StaffMode
from database.session import make_engine
from services.helpdesk import boards, staff_chat_changes, staff_chats, staff_modes
from tests.support.times import NOON


async def looked(url: str) -> database.Found:
    fields = {"bot_token": SecretStr("1:a"), "staff_chat_id": -5, "database_url": SecretStr(url)}
    return await database.look(Settings(_env_file=None, **fields))  # type: ignore[arg-type]


async def examined(url: str) -> dict[str, Line]:
    """Give the lines by what they are about."""
    return {line.about: line for line in (await looked(url)).lines}


@asynccontextmanager
async def told(url: str, before: list[str], after: list[str]) -> AsyncIterator[None]:
    """Have the server do something, and undo it at the end."""
    engine = make_engine(url)
    for statements in (before, after):
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
        if statements is before:
            yield
    await engine.dispose()


def folder_of(url: str) -> Path:
    return Path(make_url(url).database or "").resolve().parent


async def test_a_database_that_can_be_written_to_is_well(database_url: str) -> None:
    lines = await examined(database_url)

    assert lines.keys() == {"database", "writable", "disk"}
    assert {line.level for line in lines.values()} == {Level.OK}


async def test_the_groups_that_have_a_board_are_found(
    database_url: str, sessions: async_sessionmaker[AsyncSession]
) -> None:
    assert (await looked(database_url)).boards == frozenset()

    async with sessions.begin() as session:
        await boards.turn_on(session, -5, now=NOON)

    assert (await looked(database_url)).boards == {-5}


async def test_where_the_tickets_of_each_group_are_is_found(
    database_url: str, sessions: async_sessionmaker[AsyncSession]
) -> None:
    assert (await looked(database_url)).modes == {}

    async with sessions.begin() as session:
        await staff_chat_changes.choose_main(session, -5, now=NOON)
        chat = await staff_chats.main(session)
        await staff_modes.choose(session, chat, StaffMode.FORUM, now=NOON)

    assert (await looked(database_url)).modes == {-5: StaffMode.FORUM}


async def test_a_folder_that_may_not_be_written_to_is_named(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(sqlite_url)
    # Root, as whom tests may run, may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, _mode: path != folder)

    line = (await examined(sqlite_url))["writable"]

    assert (line.level, line.said) == (Level.WRONG, f"This account may not write to {folder}.")


async def test_a_disk_that_is_nearly_full_is_wrong(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LEAST_FREE", inf)

    line = (await examined(sqlite_url))["disk"]

    assert line.level is Level.WRONG
    assert line.cure.startswith("Make room")


async def test_a_server_that_only_lets_read_is_wrong(postgres_url: str) -> None:
    name = make_url(postgres_url).database
    setting = f'ALTER DATABASE "{name}" {{}} default_transaction_read_only'

    async with told(postgres_url, [setting.format("SET") + " = on"], [setting.format("RESET")]):
        line = (await examined(postgres_url))["writable"]

    assert (line.level, line.cure) == (Level.WRONG, "Name the primary server in DATABASE_URL.")


async def test_an_account_without_rights_to_a_table_is_wrong(postgres_url: str) -> None:
    place = make_url(postgres_url)
    role = f"reader_of_{place.database}"
    made = [
        f"CREATE ROLE {role} LOGIN PASSWORD 'reads'",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE INSERT ON tickets FROM {role}",
    ]
    url = place.set(username=role, password="reads").render_as_string(hide_password=False)

    async with told(postgres_url, made, [f"DROP OWNED BY {role}", f"DROP ROLE {role}"]):
        line = (await examined(url))["writable"]

    assert line.said == "The account in DATABASE_URL may not write to tickets."
