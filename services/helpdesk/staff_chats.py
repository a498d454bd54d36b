"""Staff chats: the groups in which staff answer, and which tickets are theirs.

Tickets of a group that is no longer one belong to the main one; those of a group that got a new id
belong to the staff chat with that id. They move along later (services/delivery/relocating.py).
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from core.team import StaffChat
from database import team
from database.machinery import ChatMigration
from database.models import Ticket
from services import memo

_ROWS = select(
    team.StaffChatRow.id,
    team.StaffChatRow.chat_id,
    team.StaffChatRow.is_main,
    team.StaffChatRow.by_setting,
    team.StaffChatRow.next_ticket_id,
    team.StaffChatRow.mode,
    team.StaffChatRow.hears_threads,
    team.StaffChatRow.threads_failed_at,
    team.StaffChatRow.closes_threads,
    team.StaffChatRow.threads_kept_days,
    team.StaffChatRow.may_pin,
    team.StaffChatRow.may_delete,
).order_by(team.StaffChatRow.id)


async def every(session: AsyncSession) -> Mapping[int, StaffChat]:
    """Give all staff chats by their current ids; read once a transaction."""
    known = memo.of(session)
    if known.staff_chats is None:
        found = await session.execute(_ROWS)
        rows = [StaffChat(**row) for row in found.mappings()]
        known.staff_chats = {row.chat_id: row for row in rows}
    return known.staff_chats


async def main(session: AsyncSession) -> StaffChat:
    """Get the one that the settings name; LookupError before `choose_main`."""
    for one in (await every(session)).values():
        if one.is_main:
            return one
    raise LookupError("no staff chat is the main one")


async def at(session: AsyncSession, chat_id: int) -> StaffChat | None:
    """Find the staff chat that has this id, or had it before it moved; None if there is none.

    An update from before the move may be handled after we know of the move.
    """
    chats = await every(session)
    if chat_id >= 0 or chat_id in chats:
        return chats.get(chat_id)
    return chats.get(await followed(session, chat_id))


async def by_key(session: AsyncSession, key: int) -> StaffChat | None:
    """Find a staff chat by its key, which timers keep."""
    return next((one for one in (await every(session)).values() if one.id == key), None)


async def is_one(session: AsyncSession, chat_id: int | None) -> bool:
    """Whether this chat is a staff chat, or was one under an earlier id; None is no chat."""
    return chat_id is not None and await at(session, chat_id) is not None


async def home(session: AsyncSession, chat_id: int) -> StaffChat:
    """Find the staff chat that a group's tickets belong to: the group itself, or the main one."""
    return await at(session, chat_id) or await main(session)


async def followed(session: AsyncSession, chat_id: int) -> int:
    """Follow migrations from an old id to the group's current one."""
    migrations = dict(await _migrations(session))
    while chat_id in migrations:
        chat_id = migrations.pop(chat_id)
    return chat_id


async def belongs(
    session: AsyncSession, column: InstrumentedAttribute[int], chat_id: int
) -> ColumnElement[bool]:
    """Match rows whose `column`, the id of a group, has this staff chat as its home."""
    chat = await at(session, chat_id)
    if chat is None:
        return column == chat_id
    if not chat.is_main:
        return column.in_([chat.chat_id, *await _former_ids(session, chat)])
    chats = await every(session)
    others = [one for one in chats.values() if one != chat]
    ids = [id_ for one in others for id_ in (one.chat_id, *await _former_ids(session, one))]
    return column.not_in(ids) if ids else true()


async def tickets_of(session: AsyncSession, chat_id: int) -> ColumnElement[bool]:
    """Match the tickets of a staff chat, also those that have not moved along to it yet."""
    chat = await at(session, chat_id)
    if chat is None or chat.next_ticket_id is None:
        return Ticket.staff_chat_id == (chat.chat_id if chat else chat_id)
    return await belongs(session, Ticket.staff_chat_id, chat_id)


async def _migrations(session: AsyncSession) -> Mapping[int, int]:
    """Read them once a transaction."""
    known = memo.of(session)
    if known.migrations is None:
        rows = await session.execute(select(ChatMigration.old_id, ChatMigration.new_id))
        known.migrations = {row.old_id: row.new_id for row in rows}
    return known.migrations


async def _former_ids(session: AsyncSession, chat: StaffChat) -> list[int]:
    """List the ids that a staff chat had before it moved."""
    ids = await _migrations(session)
    return [one for one in ids if await followed(session, one) == chat.chat_id != one]
