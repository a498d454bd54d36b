"""Keys given before rows are written: rows that have theirs go to the database in one statement."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Base

type Keys = dict[type[Base], Iterator[int]]


async def reserve(session: AsyncSession, model: type[Base], number: int) -> None:
    """Set aside so many keys for rows that this transaction adds.

    They grow, and what the database gives later is higher. SQLite gives the highest key plus one,
    and nobody else writes during the transaction: there they do not run out, and every new row
    of the table has to take its own. On PostgreSQL, when they do, the database gives the next one.
    """
    key = model.__table__.c.id
    if session.get_bind().dialect.name == "sqlite":
        last = await session.scalar(select(func.max(key)))
        found: Iterator[int] = count((last or 0) + 1)
    else:
        sequence = func.nextval(func.pg_get_serial_sequence(model.__tablename__, "id"))
        rows = select(sequence).select_from(func.generate_series(1, number))
        found = iter((await session.scalars(rows)).all())
    _reserved(session)[model] = found


def take(session: AsyncSession, model: type[Base]) -> int | None:
    """Take the next of the reserved keys; None if there is none, and the database gives one."""
    return next(_reserved(session).get(model, iter(())), None)


def _reserved(session: AsyncSession) -> Keys:
    keys: Any = session.info.setdefault("keys", {})
    return keys  # type: ignore[no-any-return]
