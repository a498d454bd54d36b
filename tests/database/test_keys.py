"""Keys that are given before their rows are written."""

from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database import keys
from database.models import TicketEvent, User
from tests.times import NOON


def person(telegram_id: int, key: int | None = None) -> User:
    return User(id=key, telegram_id=telegram_id, name="Ann", language="en", created_at=NOON)


async def test_without_a_reservation_the_database_gives_the_key(session: AsyncSession) -> None:
    assert keys.take(session, User) is None


async def test_reserved_keys_are_free_and_grow(session: AsyncSession) -> None:
    session.add(known := person(1))
    await session.flush()

    await keys.reserve(session, User, 3)
    taken = [keys.take(session, User) for _ in range(3)]

    ids = [known.id, *(key for key in taken if key is not None)]
    assert len(ids) == 4
    assert all(a < b for a, b in pairwise(ids))


async def test_each_table_has_its_own(session: AsyncSession) -> None:
    await keys.reserve(session, User, 1)

    assert keys.take(session, TicketEvent) is None
    assert keys.take(session, User) is not None


async def test_a_row_without_a_reserved_key_gets_one_that_nobody_has(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await keys.reserve(session, User, 2)
        session.add_all([person(n, keys.take(session, User)) for n in range(1, 3)])
    async with sessions.begin() as session:
        session.add(later := person(3))
        await session.flush()
        assert later.id is not None


async def test_one_writer_at_a_time_reserves(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Two transactions, one after the other as SQLite has it, get different keys."""
    given = []
    for number in range(2):
        async with sessions.begin() as session:
            await keys.reserve(session, User, 1)
            key = keys.take(session, User)
            session.add(person(number + 1, key))
            given.append(key)

    assert len(set(given)) == 2
