"""The staff chat: which id it has now, which tickets are its own, and groups that are none."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.dialect import insert_new
from database.machinery import ChatMigration, ForeignGroup, Relocation
from database.models import MessageLink, Ticket
from services import outbox, read_ahead
from services.notices import GroupIsNotStaff

_THE_ROW = 1

# A former staff chat in which people write is told this often that it is none.
FORMER_TOLD_EVERY = timedelta(days=1)


async def current(session: AsyncSession, configured: int) -> int:
    """Follow the migrations from the id in the settings to the one the group has now."""
    migrations = dict(await _migrations(session))
    chat_id = configured
    while chat_id in migrations:
        chat_id = migrations.pop(chat_id)
    return chat_id


async def _migrations(session: AsyncSession) -> Mapping[int, int]:
    """Read them once for a transaction."""
    known = read_ahead.of(session)
    if known.migrations is None:
        rows = await session.scalars(select(ChatMigration))
        known.migrations = {row.old_id: row.new_id for row in rows}
    return known.migrations


async def relocation(session: AsyncSession) -> Relocation | None:
    """Get where the tickets are; None before that was ever looked at."""
    return await session.get(Relocation, _THE_ROW)


def found_at(session: AsyncSession, chat_id: int) -> Relocation:
    """Note that all tickets are in a chat."""
    row = Relocation(id=_THE_ROW, chat_id=chat_id, next_ticket_id=None)
    session.add(row)
    return row


def begin_relocation(session: AsyncSession, row: Relocation | None, chat_id: int) -> Relocation:
    """Have all tickets come along to a group, from the first one on."""
    row = row or found_at(session, chat_id)
    row.chat_id, row.next_ticket_id = chat_id, 0
    return row


async def is_relocating(session: AsyncSession, chat_id: int) -> bool:
    """Whether tickets have still to come along to the staff chat."""
    row = await relocation(session)
    return row is not None and (row.chat_id != chat_id or row.next_ticket_id is not None)


async def tickets_of(session: AsyncSession, chat_id: int) -> ColumnElement[bool]:
    """Match the tickets of a staff chat, also those that have not come along to it yet."""
    ours = Ticket.staff_chat_id == chat_id
    row = await relocation(session)
    if row is None or not await is_relocating(session, chat_id):
        return ours
    if row.chat_id != chat_id or row.next_ticket_id is None:
        return true()
    return or_(ours, Ticket.id >= row.next_ticket_id)


async def tell_foreign_group(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Say a group's id in it, once for ever, so that an operator can find the staff chat's.

    A former staff chat hears it again, for there people may still take it for the team's.
    """
    told = {"chat_id": chat_id, "told_at": now}
    if await insert_new(session, ForeignGroup, "chat_id", told) or await _tell_again(
        session, chat_id, now=now
    ):
        outbox.post(session, chat_id, GroupIsNotStaff(chat_id), now=now)


async def _tell_again(session: AsyncSession, chat_id: int, *, now: datetime) -> bool:
    """Whether it is a former staff chat, and is to be told again; that counts as told."""
    again = (
        update(ForeignGroup)
        .where(
            ForeignGroup.chat_id == chat_id,
            ForeignGroup.told_at <= now - FORMER_TOLD_EVERY,
            exists().where(MessageLink.chat_id == chat_id),
        )
        .values(told_at=now)
        .returning(ForeignGroup.chat_id)
    )
    return await session.scalar(again) is not None
