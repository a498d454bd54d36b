"""How the lead is lost: by silence, and with the connection. On a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database import leadership, session
from database.errors import DatabaseUnreachable, NotLeading, is_outage
from database.leadership import Deposed, LockedLead
from database.session import make_sessions
from tests.database import rows
from tests.database.leads import AWAITED, GRANTED, Open, Tries, ask, end, pid, wins


@pytest.mark.parametrize("setting", ["idle_session_timeout", "idle_in_transaction_session_timeout"])
async def test_the_server_ends_a_leader_that_is_silent_for_three_seconds(
    new: Open, setting: str
) -> None:
    lead = new()
    await wins(lead)

    assert await ask(lead.engine, f"SHOW {setting}") == "3s"


async def in_a_transaction(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT 1"))


async def in_a_statement(connection: AsyncConnection) -> None:
    """Prepared by one message and run by the next: between them PostgreSQL counts no silence."""
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.prepare("SELECT 1")


async def between_transactions(connection: AsyncConnection) -> None:
    await connection.rollback()


@pytest.mark.parametrize("falls_silent", [between_transactions, in_a_transaction, in_a_statement])
async def test_a_leader_that_falls_silent_anywhere_loses_its_place_and_knew_before(
    new: Open, falls_silent: Callable[[AsyncConnection], Awaitable[None]]
) -> None:
    frozen, second = new(), new()
    await wins(frozen)
    async with frozen.engine.connect() as connection:
        await falls_silent(connection)

        async with asyncio.timeout(10):
            await wins(second)

        assert not frozen.is_sure
        with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the question
            await connection.execute(text("DELETE FROM users"))
    assert is_outage(caught.value)


async def test_a_leader_that_speaks_keeps_its_place(new: Open) -> None:
    lead = new()
    await wins(lead)
    before = await pid(lead)

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(lead.keep())
        for _ in range(4):
            await heard_again(lead)
        keeping.cancel()

    assert lead.is_sure
    assert await pid(lead) == before


async def heard_again(lead: LockedLead) -> None:
    lead._spoke.clear()
    await lead._spoke.wait()


async def test_an_answer_that_does_not_come_is_an_outage_and_costs_the_connection(
    new: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "COMMAND_SECONDS", 0.2)
    lead = new()
    await wins(lead)
    before = await pid(lead)

    with pytest.raises(DatabaseUnreachable) as caught:
        await ask(lead.engine, "SELECT pg_sleep(30)")

    assert is_outage(caught.value)
    with suppress(NotLeading):  # until the server has ended the sleeper
        assert await pid(lead) != before


# A connection is lost ---------------------------------------------------------------------------


async def test_a_leader_whose_session_was_ended_goes_on_if_nobody_led_meanwhile(
    new: Open, operator: AsyncEngine
) -> None:
    lead = new()
    await wins(lead)
    await end(operator, await pid(lead))

    with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the question
        await ask(lead.engine, "SELECT 1")
    assert is_outage(caught.value)

    assert await ask(lead.engine, leadership.HOLDER) == lead.holder
    assert await ask(operator, GRANTED) == 1


async def test_a_leader_whose_last_session_still_has_the_lock_waits_and_drops_nothing(
    new: Open, operator: AsyncEngine
) -> None:
    lead = new()
    await wins(lead)
    async with operator.connect() as ghost:
        # It is first in the queue, so the lock passes to it when the leader's session ends.
        process = await pid(lead)
        async with asyncio.TaskGroup() as group:
            group.create_task(take_lock(ghost))
            await waits_for_lock(operator)
            await end(operator, process)
        with suppress(Exception):
            await ask(lead.engine, "SELECT 1")

        with pytest.raises(NotLeading, match="not yet ended") as caught:
            await ask(lead.engine, "SELECT 1")
        assert is_outage(caught.value)

    keeping = asyncio.timeout(2 * leadership.BEATS_EVERY)
    with suppress(TimeoutError):
        async with keeping:
            await lead.keep()
    assert keeping.expired()
    assert lead.is_sure


async def take_lock(connection: AsyncConnection) -> None:
    await connection.execute(text(f"SELECT pg_advisory_lock({leadership.LEAD_LOCK})"))


async def waits_for_lock(operator: AsyncEngine) -> None:
    async with asyncio.timeout(10):
        # PostgreSQL does not tell when somebody begins to wait.
        while not await ask(operator, AWAITED):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_leader_is_deposed_once_another_one_has_led(
    new: Open, operator: AsyncEngine
) -> None:
    first, second = new(), new()
    await wins(first)
    async with make_sessions(first.engine)() as session:
        session.add(rows.user())
        await session.flush()
        process = await session.scalar(text("SELECT pg_backend_pid()"))
        async with asyncio.TaskGroup() as group:
            group.create_task(wins(second))
            await end(operator, process)

        with pytest.raises(Exception) as caught:  # noqa: PT011 - what it is, is the question
            await session.commit()
        assert is_outage(caught.value)

    with pytest.raises(NotLeading, match="another process leads"):
        await ask(first.engine, "SELECT 1")
    with pytest.raises(Deposed):
        await first.keep()
    assert await ask(operator, "SELECT count(*) FROM users") == 0


async def test_a_leader_that_comes_back_after_another_led_and_left_is_deposed_too(
    new: Open, operator: AsyncEngine
) -> None:
    first, second = new(), new()
    await wins(first)
    await end(operator, await pid(first))
    await wins(second)
    await second.engine.dispose()

    with pytest.raises(Deposed):
        await first.keep()

    assert await ask(operator, GRANTED) == 0


async def test_after_a_restart_of_the_server_the_one_who_led_comes_first(
    new: Open, operator: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "BEATS_EVERY", 0.05)
    first, tries = new(), Tries()
    second = new(tries)
    await wins(first)
    process = await pid(first)
    stopped = asyncio.Event()

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(first.keep())
        waiting = group.create_task(second.win(stopped))
        await tries.more()
        async with operator.connect() as connection:
            everyone = await connection.scalars(
                text("SELECT pid FROM pg_stat_activity WHERE application_name = 'support-bot'")
            )
            sessions = everyone.all()
        assert process in sessions
        assert len(sessions) == 2
        await end(operator, *sessions)
        await tries.more(3)
        stopped.set()
        assert not await waiting
        keeping.cancel()

    assert await ask(operator, leadership.HOLDER) == first.holder
    assert first.is_sure
