"""The database and the machine, as an operator's program finds them; it only reads."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.checkup.line import Line, advice, ok, wrong
from core.config import Settings
from core.team import StaffMode
from database.errors import is_outage, reason
from database.machinery import BotIdentity
from database.schema import DatabaseNotAtHead, ensure_at_head
from database.session import make_reader, make_sessions
from database.team import Board
from services.helpdesk import staff_chats

# With less on the disk than this, in bytes, accepting messages soon ends.
LEAST_FREE = 200 * 1024**2

# An operator waits no longer than this for an answer, in seconds.
_ANSWERS_WITHIN = 10

_FULL = "Make room: on a full disk nothing is accepted, and nothing is sent."

# The tables that this account may not write to.
_CLOSED_TABLES = text("""
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
AND relname <> 'alembic_version' AND NOT (
    has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE')
    AND has_table_privilege(oid, 'DELETE')
) ORDER BY relname
""")
_READS_ONLY = text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
)
_SIZE = text("SELECT pg_database_size(current_database())")


@dataclass
class Found:
    """What was found; `staff_chats` says of each whether it is the main one.

    `modes` says where the tickets of each are, `boards` are those that have a board, and `deleting`
    those whose old threads are to be deleted.
    """

    staff_chats: dict[int, bool]
    boards: frozenset[int] = frozenset()
    deleting: frozenset[int] = frozenset()
    modes: dict[int, StaffMode | None] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


async def look(settings: Settings) -> Found:
    """Examine the database, and find the staff chats. Raises WrongUrl."""
    found = Found({settings.staff_chat_id: True})
    reader = make_reader(settings.async_url, _ANSWERS_WITHIN)
    try:
        await ensure_at_head(reader)
        found.lines.append(ok("database", f"{settings.database} is at the newest revision."))
        async with make_sessions(reader)() as session:
            await _read(session, settings, found)
    except DatabaseNotAtHead as error:
        found.lines.append(wrong("database", str(error)))
    except Exception as error:
        if not is_outage(error):
            raise
        found.lines.append(_unusable(settings, error))
    finally:
        await reader.dispose()
    found.lines += _of_sqlite(settings.async_url)
    return found


def _unusable(settings: Settings, error: Exception) -> Line:
    said = f"{settings.database} can't be used: {reason(error)}."
    return wrong("database", said, "Start it, or correct DATABASE_URL or DB_NAME.")


async def _read(session: AsyncSession, settings: Settings, found: Found) -> None:
    owner = await session.scalar(select(BotIdentity.bot_id))
    if owner not in {None, settings.bot_id}:
        said = f"The database belongs to the bot {owner}, and BOT_TOKEN is of {settings.bot_id}."
        cure = "Use the right token, or another database (DB_NAME or DATABASE_URL)."
        found.lines.append(wrong("owner", said, cure))
    if session.get_bind().dialect.name == "postgresql":
        found.lines += [line async for line in _of_postgres(session)]
    main = await staff_chats.followed(session, settings.staff_chat_id)
    if main != settings.staff_chat_id:
        said = f"The staff group became a supergroup, and its id is {main} now."
        found.lines.append(advice("staff_chat_id", said, f"Set STAFF_CHAT_ID={main}."))
    known = (await staff_chats.every(session)).values()
    others = [one for one in known if not one.by_setting]
    found.modes = {one.chat_id: one.mode for one in known}
    found.deleting = frozenset(one.chat_id for one in known if one.deletes_threads)
    found.boards = frozenset(await session.scalars(select(Board.chat_id)))
    found.staff_chats = {main: True} | {one.chat_id: False for one in others if one.chat_id != main}


async def _of_postgres(session: AsyncSession) -> AsyncIterator[Line]:
    closed = (await session.scalars(_CLOSED_TABLES)).all()
    if await session.scalar(_READS_ONLY):
        said = "The server only lets the database be read: it is a standby, or set so."
        yield wrong("writable", said, "Name the primary server in DATABASE_URL.")
    elif closed:
        said = f"The account in DATABASE_URL may not write to {', '.join(closed)}."
        yield wrong("writable", said, "Make it the owner of the database's tables.")
    else:
        yield ok("writable", "The bot may write to it.")
    size = _megabytes(await session.scalar(_SIZE) or 0)
    yield ok("disk", f"It takes {size}; what its server has left can't be seen from here.")


def _of_sqlite(url: str) -> Iterator[Line]:
    place = make_url(url)
    file = Path(os.path.realpath(place.database or ""))
    if place.get_backend_name() != "sqlite" or not file.is_file():
        return
    beside = (file.with_name(f"{file.name}{suffix}") for suffix in ("-wal", "-shm", "-lock"))
    needed = [file.parent, file, *(one for one in beside if one.exists())]
    closed = [str(one) for one in needed if not os.access(one, os.W_OK)]
    if closed:
        said = f"This account may not write to {', '.join(closed)}."
        yield wrong("writable", said, "Give it the right, or use the account that runs the bot.")
    else:
        yield ok("writable", "This account may write to it.")
    free = shutil.disk_usage(file.parent).free
    said = f"Its disk has {_megabytes(free)} left."
    yield ok("disk", said) if free >= LEAST_FREE else wrong("disk", said, _FULL)


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MB"
