"""Column types that SQLite and PostgreSQL read back alike."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, override

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer
from sqlalchemy.types import TypeDecorator

# On SQLite only an INTEGER primary key counts up by itself, and it is 64 bits wide there.
Key = BigInteger().with_variant(Integer, "sqlite")

# None is stored as SQL NULL, not as JSON's `null`.
Json = JSON(none_as_null=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it could mean any hour."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a time without a zone cannot be stored: {value!r}"
            raise ValueError(message)
        return value.astimezone(UTC)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the time back aware."""
        found: datetime | None = value
        if found is None or found.tzinfo is UTC:
            return found
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def stored_by_value[E: StrEnum](enum: type[E]) -> Enum:
    """Make a text column that holds `enum`'s values (not its names) and reads back its members."""
    return Enum(
        enum,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=16,
        name=enum.__name__.lower(),
    )


def new_mark() -> str:
    """Make a value that is new, can't be guessed, and fits into a button."""
    return secrets.token_urlsafe(6)
