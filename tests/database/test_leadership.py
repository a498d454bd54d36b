"""Who may write: every process here is a connection of its own to a real PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database import leadership
from database.leadership import LockedLead
from database.machinery import Leadership
from database.models import User
from database.schema import DatabaseNotAtHead
from database.session import make_sessions, own_file
from tests.database import rows
from tests.database.leads import GRANTED, Open, Tries, ask, pid, wins

MANY = 20


# One leads --------------------------------------------------------------------------------------


async def test_while_one_leads_another_stands_by_and_follows_when_it_is_gone(new: Open) -> None:
    first, tries = new(), Tries()
    second = new(tries)
    await wins(first)

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(wins(second))
        await tries.more(2)
        assert not waiting.done()
        await first.engine.dispose()

    assert second.is_sure


async def test_others_see_whether_a_bot_runs_on_the_database(
    new: Open, operator: AsyncEngine
) -> None:
    url = operator.url.render_as_string(hide_password=False)
    assert not await leadership.is_taken(url)
    first = new()
    await wins(first)

    assert await leadership.is_taken(url)

    await first.engine.dispose()
    assert not await leadership.is_taken(url)


async def test_of_many_at_once_one_leads_and_each_gets_its_turn(
    new: Open, operator: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "TRIES_EVERY", 0.01)
    inside: list[LockedLead] = []
    at_once: list[int] = []

    async def serve(lead: LockedLead) -> None:
        await wins(lead)
        inside.append(lead)
        at_once.append(len(inside))
        async with make_sessions(lead.engine).begin() as session:
            people = len((await session.scalars(select(User))).all())
            at_once.append(len(inside))
            session.add(rows.user(telegram_id=people))
        assert await ask(operator, GRANTED) == 1
        inside.remove(lead)
        await lead.engine.dispose()

    async with asyncio.TaskGroup() as group:
        for _ in range(MANY):
            group.create_task(serve(new()))

    assert at_once == [1] * MANY * 2
    assert await ask(operator, "SELECT count(*) FROM users") == MANY


async def test_the_table_says_who_leads(new: Open, operator: AsyncEngine) -> None:
    for lead in (new(), new()):
        await wins(lead)
        async with make_sessions(operator)() as session:
            assert (await session.scalars(select(Leadership.holder))).all() == [lead.holder]
        await lead.engine.dispose()


async def test_one_process_at_a_time_uses_one_connection(new: Open) -> None:
    lead = new()
    await wins(lead)
    before = await pid(lead)

    async with asyncio.TaskGroup() as group:
        found = [group.create_task(pid(lead)) for _ in range(MANY)]

    assert {one.result() for one in found} == {before}


# Standing by ------------------------------------------------------------------------------------


async def test_the_standby_ends_when_it_is_stopped(new: Open) -> None:
    first, stopped = new(), asyncio.Event()
    second = new(stopped.set)
    await wins(first)

    assert not await second.win(stopped)


async def test_the_standby_waits_for_a_database_that_is_away(
    postgres_url: str, operator: AsyncEngine
) -> None:
    tries, stopped = Tries(), asyncio.Event()
    away = LockedLead(postgres_url.replace("@127.0.0.1", "@127.0.0.2"), tries)

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(away.win(stopped))
        await tries.more()
        stopped.set()

    assert not waiting.result()
    assert await ask(operator, GRANTED) == 0


async def test_a_database_that_was_migrated_meanwhile_is_noticed_before_anything_is_written(
    new: Open, operator: AsyncEngine
) -> None:
    first, tries = new(), Tries()
    second = new(tries)
    await wins(first)

    async def win() -> None:
        with pytest.raises(DatabaseNotAtHead):
            await wins(second)

    async with asyncio.TaskGroup() as group:
        group.create_task(win())
        await tries.more()
        async with operator.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = 'next'"))
        await first.engine.dispose()

    assert await ask(operator, leadership.HOLDER) == first.holder


async def test_on_sqlite_a_process_always_leads(sqlite_url: str) -> None:
    engine, lead = leadership.writer(sqlite_url, own_file(sqlite_url), lambda: None)

    assert await lead.win(asyncio.Event())
    await lead.sure()
    await lead.keep()

    assert lead.is_sure
    assert await ask(engine, "SELECT count(*) FROM leadership") == 0
    await engine.dispose()
