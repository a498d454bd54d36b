"""Rows for every table of whatever schema a database has."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Table,
    func,
    inspect,
    select,
)

ROWS = 2
BEGINNING = datetime(2026, 11, 23, tzinfo=UTC)


def fill(connection: Connection) -> None:
    """Put some rows into each table, with a value in each column; row n refers to rows n."""
    for table in tables(connection):
        choices = allowed_values(connection, table)
        for number in range(1, ROWS + 1):
            row = {column.name: value(column, number, choices) for column in table.columns}
            connection.execute(table.insert().values(row))


def count(connection: Connection) -> dict[str, int]:
    """Count each table's rows."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables(connection)
    }


def tables(connection: Connection) -> list[Table]:
    """Read the tables from the database, those that are referred to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def allowed_values(connection: Connection, table: Table) -> dict[str, str]:
    """Read from the table's checks what a column may hold: the first word in quotes."""
    found = {}
    for check in inspect(connection).get_check_constraints(table.name):
        if match := re.search(r"(\w+)\W.*?'(\w+)'", check["sqltext"]):
            found[match[1]] = match[2]
    return found


def value(column: Column[Any], number: int, choices: dict[str, str]) -> Any:
    return choices.get(column.name) or by_type(column, number)


def by_type(column: Column[Any], number: int) -> Any:
    match column.type:
        case Boolean():
            return number == 1
        case Integer():
            return number
        case DateTime():
            return BEGINNING + timedelta(hours=number)
        case Date():
            return date(2026, 11, number)
        case JSON():
            return {"number": number}
        case _:
            return f"{column.name} {number}"
