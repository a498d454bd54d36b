"""The statement that SQLite and PostgreSQL both have and SQLAlchemy spells once for each."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Base


async def insert_new(
    session: AsyncSession, model: type[Base], key: str, *rows: Mapping[str, Any]
) -> Sequence[Any]:
    """Insert the rows whose `key` nobody has yet; list the keys of these.

    On PostgreSQL whoever inserts the same key at the same time is waited for.
    """
    statement = _statement(session.get_bind().dialect.name, model, key)
    return (await session.scalars(statement, list(rows))).all()


@cache
def _statement(dialect: str, model: type[Base], key: str) -> Executable:
    """Make the statement once: to make it takes longer than to run it."""
    table: Any = model.__table__
    dialects: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    insert = dialects[dialect](table).on_conflict_do_nothing(index_elements=[key])
    statement: Executable = insert.returning(table.c[key])
    return statement
