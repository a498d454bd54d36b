"""Rows that are given as values, and written together."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database import bulk_rows
from database.models import DailyTicketCounter, Ticket, TicketStatus, User
from tests.support.times import NOON

type Sessions = async_sessionmaker[AsyncSession]


def person(telegram_id: int, **fields: Any) -> dict[str, Any]:
    given = {"telegram_id": telegram_id, "name": "Ann", "language": "en", "created_at": NOON}
    return given | fields


async def people(session: AsyncSession) -> list[int]:
    """List by key whom the database has."""
    return list(await session.scalars(select(User.telegram_id).order_by(User.id)))


async def test_a_column_that_the_table_has_not_is_an_error(session: AsyncSession) -> None:
    await bulk_rows.reserve(session, 1, User)

    with pytest.raises(TypeError, match="User has no column langauge, nmae"):
        bulk_rows.add(session, User, **person(1, nmae="Ann", langauge="en"))
    with pytest.raises(TypeError, match="User has no column nmae"):
        await bulk_rows.add_and_get_key(session, User, **person(1, nmae="Ann"))

    assert await people(session) == []


async def test_without_a_reservation_the_database_gives_the_keys_in_order(
    session: AsyncSession,
) -> None:
    bulk_rows.add(session, User, **person(1))
    bulk_rows.add(session, User, **person(2, username="bob"))
    key = await bulk_rows.add_and_get_key(session, User, **person(3))
    bulk_rows.add(session, User, **person(4))

    assert await people(session) == [1, 2, 3, 4]
    assert (await session.get_one(User, key)).telegram_id == 3


async def test_reserved_keys_are_free_and_grow(session: AsyncSession) -> None:
    session.add(known := User(**person(1)))
    await session.flush()

    await bulk_rows.reserve(session, 3, User)
    keys = [
        await bulk_rows.add_and_get_key(session, User, **person(number)) for number in range(2, 5)
    ]

    assert all(a < b for a, b in pairwise([known.id, *keys]))
    assert await people(session) == [1, 2, 3, 4]


async def test_when_the_reserved_keys_run_out_the_database_gives_higher_ones(
    session: AsyncSession,
) -> None:
    await bulk_rows.reserve(session, 1, User)
    for number in range(1, 4):
        bulk_rows.add(session, User, **person(number))

    assert await people(session) == [1, 2, 3]


async def test_an_object_of_a_table_whose_keys_are_reserved_is_refused(
    session: AsyncSession,
) -> None:
    await bulk_rows.reserve(session, 1, User)
    session.add(User(**person(1)))

    with pytest.raises(TypeError, match="User is added by its values"):
        await session.flush()


@pytest.mark.parametrize("end", ["commit", "rollback"])
async def test_a_reservation_ends_with_its_transaction(session: AsyncSession, end: str) -> None:
    await bulk_rows.reserve(session, 1, User)
    await getattr(session, end)()

    session.add(User(**person(1)))
    await session.flush()

    assert await people(session) == [1]


async def test_what_waits_is_there_whenever_something_is_asked(session: AsyncSession) -> None:
    await bulk_rows.reserve(session, 3, User)
    ann = await bulk_rows.add_and_get_key(session, User, **person(1))

    found = await session.get(User, ann)

    assert found is not None
    assert (found.name, found.username, found.created_at) == ("Ann", None, NOON)


async def test_what_waits_is_there_for_rows_that_refer_to_it(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await bulk_rows.reserve(session, 1, User)
        ann = await bulk_rows.add_and_get_key(session, User, **person(1))
        session.add(
            Ticket(
                daily_id=1,
                opened_on=NOON.date(),
                user_id=ann,
                staff_chat_id=-1,
                status=TicketStatus.NEW,
                is_current=True,
                current_since=NOON,
                opened_at=NOON,
            )
        )
        await session.flush()

    async with sessions() as session:
        assert await people(session) == [1]


async def test_what_waits_is_committed(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await bulk_rows.reserve(session, 1, User)
        bulk_rows.add(session, User, **person(1))

    async with sessions() as session:
        assert await people(session) == [1]


async def test_what_waits_goes_with_its_transaction(sessions: Sessions) -> None:
    async with sessions() as session:
        await bulk_rows.reserve(session, 1, User)
        bulk_rows.add(session, User, **person(1))
        await session.rollback()

    async with sessions() as session:
        assert await people(session) == []


async def test_a_transaction_that_was_undone_leaves_nothing_to_the_next(sessions: Sessions) -> None:
    async with sessions() as session:
        await bulk_rows.reserve(session, 2, User)
        bulk_rows.add(session, User, **person(1))
        await session.rollback()
        bulk_rows.add(session, User, **person(2))
        await session.commit()

        assert await people(session) == [2]


async def test_a_savepoint_takes_along_what_is_added_in_it_and_nothing_else(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        await bulk_rows.reserve(session, 2, User)
        bulk_rows.add(session, User, **person(1))
        savepoint = await session.begin_nested()
        bulk_rows.add(session, User, **person(2))
        await savepoint.rollback()

    async with sessions() as session:
        assert await people(session) == [1]


async def test_what_is_not_set_holds_what_the_model_says(session: AsyncSession) -> None:
    await bulk_rows.reserve(session, 1, DailyTicketCounter)
    day = NOON.date()
    key = await bulk_rows.add_and_get_key(session, DailyTicketCounter, day=day)

    found = await session.get_one(DailyTicketCounter, key)

    assert found.last_number == 0


async def test_what_the_database_refuses_fails_the_commit(sessions: Sessions) -> None:
    async with sessions() as session:
        await bulk_rows.reserve(session, 2, User)
        bulk_rows.add(session, User, **person(1))
        bulk_rows.add(session, User, **person(1))
        with pytest.raises(IntegrityError):
            await session.commit()

    async with sessions() as session:
        assert await people(session) == []


async def test_a_row_without_a_reserved_key_gets_one_that_nobody_has(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await bulk_rows.reserve(session, 2, User)
        bulk_rows.add(session, User, **person(1))
        bulk_rows.add(session, User, **person(2))
    async with sessions.begin() as session:
        session.add(User(**person(3)))

    async with sessions() as session:
        assert await people(session) == [1, 2, 3]


async def test_one_writer_at_a_time_reserves(sessions: Sessions) -> None:
    """Two transactions, one after the other as SQLite has it, get different keys."""
    for number in range(2):
        async with sessions.begin() as session:
            await bulk_rows.reserve(session, 1, User)
            bulk_rows.add(session, User, **person(number))

    async with sessions() as session:
        assert await people(session) == [0, 1]
