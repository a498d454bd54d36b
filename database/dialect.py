"""SQL that SQLite and PostgreSQL spell differently, or that SQLAlchemy has no spelling for.

A list is passed as one parameter, and PostgreSQL gets rows as one parameter for each column.
SQLAlchemy's own spelling has one for each value, so PostgreSQL would prepare a new statement for
each length of the list.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, override

import sqlalchemy as sql
from sqlalchemy import BigInteger, ColumnElement, Dialect, Executable, bindparam, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Text, TypeDecorator, TypeEngine

from database.base import Base

_READ_BY_OTHERS = sql.text("""
SELECT EXISTS (
    SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'relation'
    AND relation = to_regclass(CAST(:name AS TEXT)) AND pid <> pg_backend_pid()
)
""")


def one_of(column: InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """Match rows whose `column`, a number, is in the list that the parameter `name` gives."""
    return _OneOf(column, bindparam(name, type_=_Numbers()))


class _Numbers(TypeDecorator[Iterable[int]]):
    """A parameter that holds a list of numbers."""

    impl = Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return ARRAY(BigInteger, dimensions=1) if dialect.name == "postgresql" else Text()

    @override
    def process_bind_param(self, value: Iterable[int] | None, dialect: Dialect) -> Any:
        numbers = list(value or ())
        return numbers if dialect.name == "postgresql" else json.dumps(numbers)


class _OneOf(FunctionElement[bool]):
    """Untyped: for a boolean SQLAlchemy would write `= 1`, and SQLite would not use the index."""

    inherit_cache = True


@compiles(_OneOf, "postgresql")
def _in_an_array(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({numbers})"


@compiles(_OneOf, "sqlite")
def _in_a_json_list(element: _OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608 - compiled clauses


def rows_of_json(dialect: str, name: str, *columns: str) -> str:
    """Write a SELECT of the rows in the parameter `name`: JSON, with a list of numbers per row."""
    if dialect == "postgresql":
        rows = f"json_array_elements(CAST(:{name} AS JSON))"
        number = "CAST(value ->> {} AS BIGINT)"
    else:
        rows, number = f"json_each(:{name})", "value ->> {}"
    values = [f"{number.format(place)} AS {column}" for place, column in enumerate(columns)]
    return f"SELECT {', '.join(values)} FROM {rows}"  # noqa: S608 - our own names


def join_first(dialect: str, alias: str, condition: str, order: str = "x.id") -> str:
    """Write a JOIN of the first delivery `x` that meets a condition on the rows before it.

    It takes one index search a row, however large the planner believes the tables to be.
    """
    found = f"FROM deliveries x WHERE {condition} ORDER BY {order} LIMIT 1"
    if dialect == "postgresql":
        return f"JOIN LATERAL (SELECT x.* {found}) {alias} ON TRUE"
    return f"JOIN deliveries {alias} ON {alias}.id = (SELECT x.id {found})"


async def insert(
    session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that all give the same columns."""
    if rows:
        await session.execute(*insertion(session.get_bind().dialect, model, rows))


async def insert_new(
    session: AsyncSession, model: type[Base], key: str, *rows: Mapping[str, Any]
) -> Sequence[Any]:
    """Insert the rows whose `key` is not in the table yet; list their keys.

    On PostgreSQL this waits for a transaction that is inserting the same key.
    """
    statement, values = insertion(session.get_bind().dialect, model, rows, unless_known=key)
    return (await session.scalars(statement, values)).all()


async def put(
    session: AsyncSession,
    model: type[Base],
    keys: Sequence[str],
    row: Mapping[str, Any],
    *,
    unless_known: bool = False,
) -> None:
    """Insert a row, or update the one with the same `keys`, which `unless_known` leaves alone."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert: Any = dialect.insert(model.__table__).values(row)
    if unless_known:
        insert = insert.on_conflict_do_nothing(index_elements=keys)
    else:
        others = {name: insert.excluded[name] for name in row if name not in keys}
        insert = insert.on_conflict_do_update(index_elements=keys, set_=others)
    await session.execute(insert)


async def is_read_by_others(session: AsyncSession, model: type[Base]) -> bool:
    """Whether a transaction that has read the table, or is about to, is still going on.

    PostgreSQL locks a table until the end of each transaction that reads it. SQLite lets nobody
    else write meanwhile, and who only reads does not count.
    """
    if session.get_bind().dialect.name != "postgresql":
        return False
    return bool(await session.scalar(_READ_BY_OTHERS, {"name": model.__tablename__}))


def insertion(
    dialect: Dialect,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_known: str | None = None,
) -> tuple[Executable, Any]:
    """Give the statement that inserts the rows, and its parameters."""
    names = tuple(rows[0])
    statement = _insertion(dialect.name, model, names, unless_known)
    if dialect.name == "postgresql":
        return statement, {name: [row[name] for row in rows] for name in names}
    return statement, rows


@cache
def _insertion(
    dialect: str, model: type[Base], names: Sequence[str], unless_known: str | None
) -> Executable:
    """Build the statement, once for these columns."""
    table: Any = model.__table__
    if dialect == "postgresql":
        # One dimension: a list in a JSON column is a value.
        types = {name: ARRAY(table.c[name].type, dimensions=1) for name in names}
        arrays = [bindparam(name, type_=type_) for name, type_ in types.items()]
        rows = func.unnest(*arrays).table_valued(*names).render_derived()
        made: Any = postgresql.insert(table).from_select(names, sql.select(rows))
    else:
        made = sqlite.insert(table).values({name: bindparam(name) for name in names})
    if unless_known is not None:
        made = made.on_conflict_do_nothing(index_elements=[unless_known])
        made = made.returning(table.c[unless_known])
    statement: Executable = made
    return statement
