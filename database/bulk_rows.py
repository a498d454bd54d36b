"""Rows of a batch, given as values: they are written together, with one statement for each table.

Such a row has no mapped object; to change it later, read it. Mapped objects take SQLAlchemy
several times as long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count, groupby
from typing import Any, override

import sqlalchemy as sql
from sqlalchemy import Executable, Integer, bindparam, event, func, orm, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.base import Base
from database.dialect import insertion

type Values = dict[str, Any]


@dataclass
class Batch:
    """The keys that one transaction has reserved, and the rows it has yet to write, by table."""

    keys: dict[type[Base], Iterator[int]] = field(default_factory=dict)
    waiting: dict[type[Base], list[Values]] = field(default_factory=dict)

    def next_key(self, model: type[Base]) -> int | None:
        """Give the next reserved key; None if none is left, or none was reserved."""
        keys = self.keys.get(model)
        return next(keys, None) if keys is not None else None

    def take(self, model: type[Base], values: Values) -> None:
        """Have the row wait to be written."""
        self.waiting.setdefault(model, []).append(values)


class BatchSession(orm.Session):
    """A session that writes the waiting rows before each savepoint, statement and commit."""

    @override
    def begin_nested(self) -> orm.SessionTransaction:
        _write(self)
        return super().begin_nested()


async def reserve(session: AsyncSession, number: int, *models: type[Base]) -> None:
    """Reserve `number` keys in each table for rows that this transaction adds.

    They ascend, and keys that the database gives later are higher. SQLite has one writer at a time,
    so all keys above the highest are free. On PostgreSQL the database gives more when they run out.
    The session refuses to write mapped objects of these tables, whose keys might collide.
    """
    dialect = session.get_bind().dialect.name
    found = (await session.execute(_keys(dialect, models), {"number": number})).all()
    for model, keys in zip(models, zip(*found, strict=True), strict=True):
        _batch(session).keys[model] = count(*keys) if dialect == "sqlite" else iter(keys)


@cache
def _keys(dialect: str, models: Sequence[type[Base]]) -> Executable:
    """Ask SQLite for the first free key of each table, PostgreSQL for every key."""
    if dialect == "sqlite":
        highest = [func.coalesce(func.max(model.__table__.c.id), 0) for model in models]
        return select(*[select(key + 1).scalar_subquery() for key in highest])
    names = [func.pg_get_serial_sequence(model.__tablename__, "id") for model in models]
    rows = func.generate_series(1, bindparam("number", type_=Integer))
    return select(*map(func.nextval, names)).select_from(rows)


def add(session: AsyncSession, model: type[Base], **values: Any) -> None:
    """Add a row, which is written before the next statement. TypeError if it has no such column."""
    _checked(model, values)
    batch = _batch(session)
    key = batch.next_key(model)
    batch.take(model, values if key is None else {"id": key, **values})


async def add_and_get_key(session: AsyncSession, model: type[Base], **values: Any) -> int:
    """Add a row as `add` does, and give its key: if none is reserved, write the row at once."""
    _checked(model, values)
    batch = _batch(session)
    key = batch.next_key(model)
    if key is None:
        table: Any = model.__table__
        written = await session.execute(sql.insert(model).values(values).returning(table.c.id))
        return int(written.scalar_one())
    batch.take(model, {"id": key, **values})
    return key


def touched(result: Any) -> int:
    """Count the rows that an UPDATE or DELETE found."""
    count: int = result.rowcount
    return count


def _checked(model: type[Base], values: Values) -> None:
    if not _columns(model).issuperset(values):
        unknown = values.keys() - _columns(model)
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")


@cache
def _columns(model: type[Base]) -> frozenset[str]:
    return frozenset(model.__table__.columns.keys())


def _batch(session: AsyncSession | orm.Session) -> Batch:
    found: Batch | None = session.info.get("batch")
    if found is None:
        found = session.info["batch"] = Batch()
    return found


def _write(session: orm.Session) -> None:
    batch = _batch(session)
    waiting, batch.waiting = batch.waiting, {}
    for model, rows in waiting.items():
        for _, alike in groupby(rows, key=tuple):  # by the columns that they give
            connection = session.connection()
            connection.execute(*insertion(connection.dialect, model, list(alike)))


@event.listens_for(BatchSession, "do_orm_execute")
def _before_statement(execution: orm.ORMExecuteState) -> None:
    _write(execution.session)


@event.listens_for(BatchSession, "before_flush")
def _before_flush(session: orm.Session, *_: object) -> None:
    reserved = _batch(session).keys
    for row in session.new:
        if type(row) in reserved:
            raise TypeError(f"{type(row).__name__} is added by its values: its keys are reserved")
    _write(session)


@event.listens_for(BatchSession, "before_commit")
def _before_commit(session: orm.Session) -> None:
    _write(session)
    if not session.in_nested_transaction():
        _batch(session).keys.clear()


@event.listens_for(BatchSession, "after_soft_rollback")
def _after_rollback(session: orm.Session, ended: orm.SessionTransaction) -> None:
    _batch(session).waiting.clear()
    if not ended.nested:
        _batch(session).keys.clear()
