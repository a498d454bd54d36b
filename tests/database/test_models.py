import subprocess
import sys

import pytest
from sqlalchemy import ForeignKeyConstraint, Table, inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import configure_mappers

from core.config import PROJECT
from database.base import Base
from database.models import DailyTicketCounter, Ticket, TicketStatus, User
from database.tables import METADATA
from tests.database import rows
from tests.support.times import NOON

TABLES = [pytest.param(table, id=name) for name, table in METADATA.tables.items()]


def test_the_mappers_configure_without_a_warning() -> None:
    program = "import database.tables, sqlalchemy.orm as orm; orm.configure_mappers()"

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_user_has_tickets_by_user_id_and_assigned_tickets_by_assigned_to() -> None:
    relations = inspect(User).relationships

    assert relations["tickets"].local_remote_pairs == [
        (User.__table__.c.id, Ticket.__table__.c.user_id)
    ]
    assert relations["assigned_tickets"].local_remote_pairs == [
        (User.__table__.c.id, Ticket.__table__.c.assigned_to)
    ]


def test_relations_load_only_when_asked_for() -> None:
    configure_mappers()
    relations = [relation for mapper in Base.registry.mappers for relation in mapper.relationships]

    assert relations
    assert {relation.lazy for relation in relations} == {"raise"}


@pytest.mark.parametrize("table", TABLES)
def test_every_foreign_key_has_an_index(table: Table) -> None:
    # A partial index serves only some rows, so it does not count.
    indexed = {index.columns[0].name for index in table.indexes if not index.dialect_kwargs}

    wanting = {
        key.columns[0].name
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint) and key.columns[0].name not in indexed
    }

    assert wanting == set()


@pytest.mark.parametrize("table", TABLES)
def test_every_constraint_has_a_name_that_a_migration_can_use(table: Table) -> None:
    assert [rule for rule in table.constraints if not rule.name] == []


async def test_a_number_is_given_once_a_day(session: AsyncSession) -> None:
    session.add_all([rows.ticket(rows.user(1), 5), rows.ticket(rows.user(2), 5)])

    with pytest.raises(IntegrityError, match=r"(?i)opened_on"):
        await session.flush()


async def test_a_number_is_given_again_on_another_day(session: AsyncSession) -> None:
    yesterday = NOON.date().replace(day=22)
    session.add_all(
        [rows.ticket(rows.user(1), 5), rows.ticket(rows.user(2), 5, opened_on=yesterday)]
    )

    await session.flush()


async def test_a_user_has_at_most_one_current_ticket(session: AsyncSession) -> None:
    user = rows.user()
    others = [rows.ticket(user, number, is_current=False) for number in (1, 2)]
    session.add_all([*others, rows.ticket(user, 3)])
    await session.flush()
    session.add(rows.ticket(user, 4))

    with pytest.raises(IntegrityError, match="user_id"):
        await session.flush()


async def test_a_user_may_have_any_number_of_closed_tickets(session: AsyncSession) -> None:
    user = rows.user()
    closed = [rows.ticket(user, number, status=TicketStatus.CLOSED) for number in (1, 2, 3)]
    session.add_all([*closed, rows.ticket(user, 4)])

    await session.flush()


async def test_a_day_has_one_counter(session: AsyncSession) -> None:
    session.add_all([DailyTicketCounter(day=NOON.date()), DailyTicketCounter(day=NOON.date())])

    with pytest.raises(IntegrityError, match="day"):
        await session.flush()


async def test_a_person_is_remembered_once(session: AsyncSession) -> None:
    session.add_all([rows.user(7), rows.user(7)])

    with pytest.raises(IntegrityError, match="telegram_id"):
        await session.flush()


async def test_a_ticket_belongs_to_somebody(session: AsyncSession) -> None:
    session.add(rows.ticket(rows.user(), assigned_to=404))

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await session.flush()
