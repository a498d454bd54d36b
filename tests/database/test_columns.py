from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket, TicketEvent, TicketStatus, User
from tests.database import rows
from tests.support.times import NOON


async def test_a_time_comes_back_aware_and_in_utc(session: AsyncSession) -> None:
    in_tashkent = datetime(2026, 11, 23, 17, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    session.add(rows.user(created_at=in_tashkent))
    await session.flush()
    session.expire_all()

    created_at = await session.scalar(select(User.created_at))

    assert created_at == in_tashkent
    assert created_at.tzinfo is UTC


async def test_times_compare_in_the_database_as_they_do_here(session: AsyncSession) -> None:
    session.add(rows.user(created_at=NOON.astimezone(timezone(timedelta(hours=-3)))))

    found = await session.scalar(select(User).where(User.created_at == NOON))

    assert found is not None


async def test_a_time_without_a_zone_is_refused(session: AsyncSession) -> None:
    session.add(rows.user(created_at=NOON.replace(tzinfo=None)))

    with pytest.raises(StatementError, match="a time without a zone"):
        await session.flush()


@pytest.mark.parametrize("status", TicketStatus)
async def test_an_enum_is_stored_by_value_and_read_as_the_enum(
    session: AsyncSession, status: TicketStatus
) -> None:
    session.add(rows.ticket(rows.user(), status=status))
    await session.flush()
    session.expire_all()

    assert await session.scalar(text("SELECT status FROM tickets")) == status.value
    assert await session.scalar(select(Ticket.status)) is status


async def test_a_value_that_the_enum_does_not_have_is_refused(session: AsyncSession) -> None:
    session.add(rows.ticket(rows.user()))
    await session.flush()

    with pytest.raises(IntegrityError, match="ck_tickets_ticketstatus"):
        await session.execute(text("UPDATE tickets SET status = 'NEW'"))


async def test_no_details_are_null_and_not_the_word_null(session: AsyncSession) -> None:
    ticket = rows.ticket(rows.user())
    session.add(ticket)
    await session.flush()
    session.add(TicketEvent(ticket_id=ticket.id, kind="closed", details=None, happened_at=NOON))
    await session.flush()

    query = text("SELECT count(*) FROM ticket_events WHERE details IS NULL")
    assert await session.scalar(query) == 1


async def test_an_id_of_telegram_may_need_52_bits(session: AsyncSession) -> None:
    session.add(rows.user(telegram_id=2**52 - 1))
    await session.flush()
    session.expire_all()

    assert await session.scalar(select(User.telegram_id)) == 2**52 - 1


async def test_keys_count_up_by_themselves(session: AsyncSession) -> None:
    people = [rows.user(telegram_id=number) for number in range(3)]
    for person in people:
        session.add(person)
        await session.flush()

    first = people[0].id
    assert [person.id for person in people] == [first, first + 1, first + 2]
