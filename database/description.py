"""What a database's tables consist of, in phrases that can be compared and shown."""

from collections.abc import Iterator

from sqlalchemy import Connection, Inspector, inspect

type Tables = dict[str, set[str]]


def describe(connection: Connection) -> Tables:
    """Describe each table, with a phrase for each fact."""
    inspector = inspect(connection)
    return {name: set(facts(inspector, name)) for name in inspector.get_table_names()}


def facts(inspector: Inspector, table: str) -> Iterator[str]:
    """Name a table's columns, keys, uniques, checks and indexes."""
    for column in inspector.get_columns(table):
        null = "" if column["nullable"] else " not null"
        default = f" default {column['default']}" if column["default"] else ""
        yield f"column {column['name']} {column['type']!r}{null}{default}"
    yield f"primary key {inspector.get_pk_constraint(table)['constrained_columns']}"
    for key in inspector.get_foreign_keys(table):
        target = f"{key['referred_table']} {key['referred_columns']} {key.get('options') or ''}"
        yield f"foreign key {key['name']} {key['constrained_columns']} to {target}".rstrip()
    for unique in inspector.get_unique_constraints(table):
        yield f"unique {unique['name']} {unique['column_names']}"
    for rule in inspector.get_check_constraints(table):
        yield f"check {rule['name']} {rule['sqltext']}"
    for index in inspector.get_indexes(table):
        kind = "unique index" if index["unique"] else "index"
        where = index.get("dialect_options", {}).get("sqlite_where", "")
        yield f"{kind} {index['name']} {index['column_names']} {where}".rstrip()


def differences(found: Tables, expected: Tables) -> Iterator[str]:
    """Name each table and each part that is missing or should not be there."""
    for table in sorted(expected.keys() - found.keys()):
        yield f"table {table} is missing"
    for table in sorted(found.keys() - expected.keys()):
        yield f"table {table} is unknown"
    for table in sorted(found.keys() & expected.keys()):
        yield from (f"{table}: missing {fact}" for fact in sorted(expected[table] - found[table]))
        yield from (f"{table}: unknown {fact}" for fact in sorted(found[table] - expected[table]))
