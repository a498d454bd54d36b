"""Rows of a batch: they get their keys at once, and go to the database in one statement a table.

A row whose key is known before it is written can wait until something is asked of the database.
What SQLAlchemy does for each row it keeps track of takes several times as long as that.
"""

from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import Insert, event, func, insert, orm, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Base

type Keys = dict[type[Base], Iterator[int]]


async def reserve(session: AsyncSession, model: type[Base], number: int) -> None:
    """Set aside so many keys for rows that this transaction adds.

    They grow, and what the database gives later is higher. SQLite gives the highest key plus one,
    and nobody else writes during the transaction: there they do not run out, and every new row
    of the table has to be added here. On PostgreSQL, when they do, the database gives the next one.
    """
    key = model.__table__.c.id
    if session.get_bind().dialect.name == "sqlite":
        last = await session.scalar(select(func.max(key)))
        found: Iterator[int] = count((last or 0) + 1)
    else:
        sequence = func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id"))
        rows = select(sequence).select_from(func.generate_series(1, number))
        found = iter((await session.scalars(rows)).all())
    _kept(session, "keys")[model] = found


def add(session: AsyncSession, row: Base) -> None:
    """Add a new row, under the next of the keys reserved for its table.

    Then it is written with the others, as it is when something is asked of the database next;
    to change it later, read it again. If there is no such key, the session keeps track of it.
    """
    key = next(_kept(session, "keys").get(type(row), iter(())), None)
    if key is None:
        session.add(row)
    else:
        row.id = key  # type: ignore[attr-defined]  # whose keys are reserved has an `id`
        _kept(session, "rows").setdefault(type(row), []).append(row)


class BatchSession(orm.Session):
    """A session that writes what waits before it asks for anything, and before it commits."""


def _write(session: orm.Session) -> None:
    waiting: dict[type[Base], list[Base]] = session.info.pop("rows", {})
    for model, rows in waiting.items():
        statement, columns = _insert(model)
        values = [{name: row.__dict__.get(name) for name in columns} for row in rows]
        session.connection().execute(statement, values)


@cache
def _insert(model: type[Base]) -> tuple[Insert, list[str]]:
    """Make the statement once: to make it takes longer than to run it."""
    table: Any = model.__table__
    return insert(table), [column.key for column in table.columns]


def _kept(session: AsyncSession, name: str) -> dict[Any, Any]:
    """Find what this transaction keeps under a name."""
    kept: dict[Any, Any] = session.info.setdefault(name, {})
    return kept


event.listen(BatchSession, "do_orm_execute", lambda execution: _write(execution.session))
event.listen(BatchSession, "before_flush", lambda session, *_: _write(session))
event.listen(BatchSession, "before_commit", _write)
