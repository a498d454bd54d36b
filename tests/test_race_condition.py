"""One number, one ticket: with any number of writers, on a SQLite file and on PostgreSQL.

A database in memory would prove nothing: it has one connection, and so no race. The writers here
hold a connection each and are let go at the same moment; each reads before it writes, as handling
an update does. That is what goes wrong without the lock: on SQLite a transaction that began by
reading cannot write any more once another has (BEGIN DEFERRED instead of IMMEDIATE), on PostgreSQL
two writers read the same number (without FOR UPDATE).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from core.clock import day_of
from database.models import DailyTicketCounter, Message, Ticket, TicketStatus, User
from database.session import make_engine, make_sessions
from services import ticket_service as tickets
from services.helpdesk.content import Content, Person
from tests.support.times import NOON

TODAY = date(2026, 11, 23)
STAFF = -1001
CONNECTIONS = 50
TICKETS = 300


@pytest.fixture
async def wide_engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Open the database with as many connections as there are writers.

    SQLite's waiting is not fair: who waits for 49 others may need more than the product's time.
    """
    engine = make_engine(database_url, pool_size=CONNECTIONS, max_overflow=0)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _be_patient)
    yield engine
    await engine.dispose()


def _be_patient(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.cursor().execute("PRAGMA busy_timeout=50000")


async def race(
    engine: AsyncEngine, racers: int, run: Callable[[AsyncSession, int], Awaitable[Any]]
) -> None:
    """Give each racer a connection; when all have theirs, let them go at once."""
    start = asyncio.Barrier(racers)

    async def racer(number: int) -> None:
        async with engine.connect() as connection:
            await start.wait()
            await run(_session_on(connection), number)

    async with asyncio.TaskGroup() as group:
        for number in range(racers):
            group.create_task(racer(number))


def _session_on(connection: AsyncConnection) -> AsyncSession:
    return AsyncSession(connection, expire_on_commit=False)


async def make_users(engine: AsyncEngine, how_many: int) -> None:
    async with make_sessions(engine).begin() as session:
        session.add_all(
            User(telegram_id=number, name="Ann", language="en", created_at=NOON)
            for number in range(how_many)
        )


async def open_ticket(session: AsyncSession, telegram_id: int) -> None:
    """Do what handling a first message does: read, take a number, write; all in a transaction."""
    async with session.begin():
        user = (await session.scalars(select(User).filter_by(telegram_id=telegram_id))).one()
        ticket = Ticket(
            daily_id=await tickets.get_next_daily_id(session, TODAY),
            opened_on=TODAY,
            user_id=user.id,
            staff_chat_id=STAFF,
            status=TicketStatus.NEW,
            is_current=True,
            current_since=NOON,
            opened_at=NOON,
        )
        session.add(ticket)


async def numbers_given(engine: AsyncEngine) -> list[int]:
    async with make_sessions(engine)() as session:
        return list(await session.scalars(select(Ticket.daily_id).order_by(Ticket.daily_id)))


async def test_300_tickets_from_50_connections_get_the_numbers_1_to_300(
    wide_engine: AsyncEngine,
) -> None:
    await make_users(wide_engine, TICKETS)

    async def open_some(session: AsyncSession, racer: int) -> None:
        for telegram_id in range(racer, TICKETS, CONNECTIONS):
            await open_ticket(session, telegram_id)

    await race(wide_engine, CONNECTIONS, open_some)

    assert await numbers_given(wide_engine) == list(range(1, TICKETS + 1))


async def test_300_tasks_on_the_bots_own_engine_get_the_numbers_1_to_300(
    engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession]
) -> None:
    await make_users(engine, TICKETS)

    async with asyncio.TaskGroup() as group:
        for telegram_id in range(TICKETS):
            group.create_task(open_ticket(sessions(), telegram_id))

    assert await numbers_given(engine) == list(range(1, TICKETS + 1))


async def test_20_writers_that_race_for_the_first_ticket_of_the_day_get_1_to_20(
    wide_engine: AsyncEngine,
) -> None:
    given: list[int] = []

    async def take_number(session: AsyncSession, _racer: int) -> None:
        async with session.begin():
            await session.scalar(select(func.count()).select_from(DailyTicketCounter))
            given.append(await tickets.get_next_daily_id(session, TODAY))

    await race(wide_engine, 20, take_number)

    assert sorted(given) == list(range(1, 21))
    async with make_sessions(wide_engine)() as session:
        counter = (await session.scalars(select(DailyTicketCounter))).one()
    assert (counter.day, counter.last_number) == (TODAY, 20)


async def test_two_first_messages_of_one_user_at_once_make_one_user_and_one_ticket(
    wide_engine: AsyncEngine,
) -> None:
    async def write(session: AsyncSession, racer: int) -> None:
        async with session.begin():
            await session.scalar(select(func.count()).select_from(User))
            await tickets.receive(
                session,
                Person(telegram_id=7, name="Ann"),
                Content(chat_id=7, message_id=racer, kind="text", sent_at=NOON, text="Hello"),
                staff_chat_id=STAFF,
                day=TODAY,
                now=NOON,
            )

    await race(wide_engine, 2, write)

    async with make_sessions(wide_engine)() as session:
        user = (await session.scalars(select(User))).one()
        ticket = (await session.scalars(select(Ticket))).one()
        authors = list(await session.scalars(select(Message.author_id)))
    assert (ticket.user_id, ticket.daily_id) == (user.id, 1)
    assert authors == [user.id, user.id]


async def test_a_number_that_was_rolled_back_is_given_again(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions() as session:
        assert await tickets.get_next_daily_id(session, TODAY) == 1
        await session.rollback()

    async with sessions() as session:
        assert await tickets.get_next_daily_id(session, TODAY) == 1


async def test_the_next_day_starts_at_1_and_the_old_one_goes_on(session: AsyncSession) -> None:
    days = [TODAY, TODAY, date(2026, 11, 24), TODAY]

    given = [await tickets.get_next_daily_id(session, day) for day in days]

    assert given == [1, 2, 1, 3]


@pytest.mark.parametrize(
    ("zone", "moments"),
    [
        pytest.param(
            "Europe/Berlin",
            ["2026-03-28T22:59Z", "2026-03-28T23:00Z", "2026-03-29T21:59Z", "2026-03-29T22:00Z"],
            id="a day of 23 hours",
        ),
        pytest.param(
            "Europe/Berlin",
            ["2026-10-24T21:59Z", "2026-10-24T22:00Z", "2026-10-25T22:59Z", "2026-10-25T23:00Z"],
            id="a day of 25 hours",
        ),
        pytest.param(
            "Africa/Cairo",
            ["2026-04-23T21:59Z", "2026-04-23T22:00Z", "2026-04-24T20:59Z", "2026-04-24T21:00Z"],
            id="a day without a midnight",
        ),
    ],
)
async def test_numbers_start_again_at_local_midnight_when_the_clocks_change(
    session: AsyncSession, zone: str, moments: list[str]
) -> None:
    days = [day_of(datetime.fromisoformat(moment), ZoneInfo(zone)) for moment in moments]

    given = [await tickets.get_next_daily_id(session, day) for day in days]

    assert given == [1, 1, 2, 1]
