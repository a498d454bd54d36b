"""Rows of a batch: they get their keys at once, and go to the database in one statement a table.

A row whose key is known before it is written can wait until something is asked of the database.
What SQLAlchemy does for each row it keeps track of takes several times as long as that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, override

from sqlalchemy import Executable, Integer, bindparam, event, func, orm, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.base import Base
from database.dialect import insertion


@dataclass
class Batch:
    """What one transaction has reserved, and what it has still to write, by table."""

    keys: dict[type[Base], Iterator[int]] = field(default_factory=dict)
    waiting: dict[type[Base], list[Base]] = field(default_factory=dict)


class BatchSession(orm.Session):
    """A session that writes what waits before each savepoint, and (below) statement and commit."""

    @override
    def begin_nested(self) -> orm.SessionTransaction:
        _write(self)
        return super().begin_nested()


async def reserve(session: AsyncSession, number: int, *models: type[Base]) -> None:
    """Set aside so many keys in each table for rows that this transaction adds.

    They grow, and what the database gives later is higher. SQLite gives the highest key plus one,
    and nobody else writes during the transaction: there they do not run out, and every new row
    of the table has to be added here. On PostgreSQL, when they do, the database gives the next one.
    """
    dialect = session.get_bind().dialect.name
    found = (await session.execute(_keys(dialect, models), {"number": number})).all()
    for model, keys in zip(models, zip(*found, strict=True), strict=True):
        _batch(session).keys[model] = count(*keys) if dialect == "sqlite" else iter(keys)


@cache
def _keys(dialect: str, models: Sequence[type[Base]]) -> Executable:
    """Make the statement once: SQLite gives the first free key a table, PostgreSQL all of them."""
    if dialect == "sqlite":
        highest = [func.coalesce(func.max(model.__table__.c.id), 0) for model in models]
        return select(*[select(key + 1).scalar_subquery() for key in highest])
    names = [func.pg_get_serial_sequence(model.__tablename__, "id") for model in models]
    rows = func.generate_series(1, bindparam("number", type_=Integer))
    return select(*map(func.nextval, names)).select_from(rows)


def add(session: AsyncSession, row: Base) -> None:
    """Add a new row, under the next of the keys reserved for its table.

    It is written, as it is by then, before the next statement, and the session does not know it:
    to change it later, read it. If there is no such key, the session keeps track of it as usual.
    """
    batch = _batch(session)
    key = next(batch.keys.get(type(row), iter(())), None)
    if key is None:
        session.add(row)
    else:
        row.id = key  # type: ignore[attr-defined]  # whose keys are reserved has an `id`
        batch.waiting.setdefault(type(row), []).append(row)


def touched(result: Any) -> int:
    """Count the rows that an UPDATE or DELETE found."""
    count: int = result.rowcount
    return count


def _batch(session: AsyncSession | orm.Session) -> Batch:
    found: Batch = session.info.setdefault("batch", Batch())
    return found


def _write(session: orm.Session) -> None:
    batch = _batch(session)
    waiting, batch.waiting = batch.waiting, {}
    for model, rows in waiting.items():
        values = [_defaults(model) | _set(row) for row in rows]
        connection = session.connection()
        connection.execute(*insertion(connection.dialect, model, values))


def _set(row: Base) -> dict[str, Any]:
    """Give what was set on a row, by column."""
    return {name: value for name, value in row.__dict__.items() if name != "_sa_instance_state"}


@cache
def _defaults(model: type[Base]) -> dict[str, Any]:
    """Give what each column holds if nothing was set."""
    columns = model.__table__.columns
    return {column.key: getattr(column.default, "arg", None) for column in columns}


@event.listens_for(BatchSession, "do_orm_execute")
def _before_statement(execution: orm.ORMExecuteState) -> None:
    _write(execution.session)


@event.listens_for(BatchSession, "before_flush")
def _before_flush(session: orm.Session, *_: object) -> None:
    _write(session)


@event.listens_for(BatchSession, "before_commit")
def _before_commit(session: orm.Session) -> None:
    _write(session)


@event.listens_for(BatchSession, "after_soft_rollback")
def _after_rollback(session: orm.Session, _: orm.SessionTransaction) -> None:
    _batch(session).waiting.clear()
