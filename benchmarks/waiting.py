"""`python -m benchmarks.waiting`: the cost of a courier's turn, by how many rows wait.

The rows wait for one staff chat: half are of one ticket, the others a hundred for each ticket. It
measures a turn that claims messages, and one while the chat is held, in milliseconds.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from benchmarks import databases
from core.address import Address
from database.machinery import ChatPause, Delivery
from database.session import make_engine, make_sessions
from services.delivery.claims import Claims
from services.delivery.limiter import Limiter
from services.delivery.parcel import Parcel
from services.delivery.turn import Turn

ROWS = (1_000, 100_000, 1_000_000)
TURNS = 15
# How many messages go in one turn.
ROOM = 5
STAFF = -1001
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_A_TICKET = 100

# The same SQL for SQLite and PostgreSQL; `n` counts from 1.
_NUMBERS = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
"""
_STATEMENTS = {
    "users": """
        INSERT INTO users (id, telegram_id, name, language, created_at)
        {numbers} SELECT n, n, 'Somebody', 'en', :now FROM numbers
    """,
    "tickets": """
        INSERT INTO tickets (id, mark, daily_id, opened_on, user_id, staff_chat_id, status,
                             is_current, current_since, opened_at, waiting_since)
        {numbers} SELECT n, 'm' || n, n, {day}, n, {staff}, 'open', TRUE, :now, :now, :now
        FROM numbers
    """,
    "deliveries": """
        INSERT INTO deliveries (chat_id, ticket_id, lane, kind, payload, precedence, status,
                                created_at, due_at, part, attempts)
        {numbers} SELECT {staff}, {ticket}, {ticket}, 'question_edited', '{{"message_id": 1}}', 3,
                         'waiting', :now, :now, 0, 0
        FROM numbers
    """,
}


async def fill(url: str, rows: int) -> None:
    """Make this many rows wait."""
    engine = make_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    tickets = max(2, rows // 2 // _A_TICKET)
    now = NOW.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else NOW
    async with engine.begin() as connection:
        for table, statement in _STATEMENTS.items():
            made = statement.format(
                numbers=_NUMBERS.format(count=rows if table == "deliveries" else tickets),
                day="'2026-11-23'" if sqlite else "DATE '2026-11-23'",
                staff=STAFF,
                ticket=f"CASE WHEN n % 2 = 0 THEN 1 ELSE n / 2 % {tickets} + 1 END",
            )
            await connection.execute(text(made), {"now": now})
        await connection.execute(text("ANALYZE"))
    await engine.dispose()


async def measure(url: str) -> tuple[float, float]:
    """Run turns and roll them back: medians for one that claims a message, and for a held chat."""
    engine = make_engine(url)
    sessions = make_sessions(engine)
    free = await _turns(sessions, held=False)
    async with sessions.begin() as session:
        until = NOW + timedelta(days=1)
        session.add(ChatPause(chat_id=STAFF, since=NOW, until=until, held_because="kicked"))
    held = await _turns(sessions, held=True)
    await engine.dispose()
    return free, held


async def _turns(sessions: async_sessionmaker[AsyncSession], *, held: bool) -> float:
    took = []
    limiter = Limiter(per_group=ROOM, total=0)
    claims = Claims(_words, limiter, timedelta())
    for number in range(TURNS):
        now = 61.0 * number  # a minute later the chat has room again
        async with sessions() as session:
            began = time.perf_counter()
            turn = Turn(NOW, now, longest=1.0)
            await claims.make(session, turn, travelling=())
            took.append((time.perf_counter() - began) * 1000)
            await session.rollback()
        if bool(turn.trips) is held:
            raise RuntimeError("a held chat got something, or one with room got nothing")
        for trip in turn.trips:
            limiter.answer(now, trip.parcel.address.chat_id, trip.parcel.cost)
    return statistics.median(took)


async def _words(_: AsyncSession, offered: Sequence[Delivery], *_backlog: object) -> Parcel:
    return Parcel(Address(offered[0].chat_id), None)


async def main(sizes: Sequence[int]) -> None:
    """Print a line for each database and number of rows."""
    with databases.postgres_server() as server:
        for name, database in (
            ("SQLite", databases.sqlite),
            ("PostgreSQL", lambda: databases.on(server)),
        ):
            for rows in sizes:
                async with database() as url:
                    await fill(url, rows)
                    free, held = await measure(url)
                    print(f"{name}, {rows:,} rows: {free:.1f} ms, while held {held:.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waiting", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    asyncio.run(main(parser.parse_args().rows))
