"""The staff chat: which id it has now, and what follows when it gets another one."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.dialect import insert_new
from database.models import (
    NOT_CLOSED,
    PENDING,
    ChatMigration,
    Delivery,
    ForeignGroup,
    Ticket,
)
from services import doubting, kept, outbox, pauses, prefetch, ticket_service
from services.notices import (
    GroupIsNotStaff,
    StaffChatMigrated,
    UnconfirmedKept,
    UpdateSetAside,
    WordsKept,
)

log = structlog.get_logger(__name__)

# Groups have negative ids.
_TO_STAFF = (Delivery.ticket_id.is_not(None), Delivery.chat_id < 0)
_TO_STAFF_OF_NO_TICKET = [UnconfirmedKept.kind, UpdateSetAside.kind, WordsKept.kind]


async def current(session: AsyncSession, configured: int) -> int:
    """Follow the migrations from the id in the settings to the one the group has now."""
    migrations = dict(await _migrations(session))
    chat_id = configured
    while chat_id in migrations:
        chat_id = migrations.pop(chat_id)
    return chat_id


async def _migrations(session: AsyncSession) -> Mapping[int, int]:
    """Read them once for a transaction."""
    known = prefetch.of(session)
    if known.migrations is None:
        rows = await session.scalars(select(ChatMigration))
        known.migrations = {row.old_id: row.new_id for row in rows}
    return known.migrations


async def migrated(
    session: AsyncSession, old_id: int, new_id: int, *, staff_chat_id: int, now: datetime
) -> None:
    """Send to the group's new id from now on; what was sent keeps the old one.

    A supergroup counts its messages anew, so an old id must never be looked up in the new chat.
    Telegram says a migration in several ways, and staff are told at the first; what was still
    addressed to the old id moves each time.
    """
    move = {"old_id": old_id, "new_id": new_id, "migrated_at": now}
    first = await insert_new(session, ChatMigration, "old_id", move)
    prefetch.of(session).migrations = None
    await doubting.put_back(session, old_id, now=now)
    await _readdress(session, new_id, Delivery.chat_id == old_id)
    await pauses.forget(session, old_id)
    await session.execute(
        update(Ticket).where(Ticket.staff_chat_id == old_id).values(staff_chat_id=new_id)
    )
    if first and old_id == staff_chat_id:
        await _move_in(session, old_id, new_id, now=now)


async def former_chats(session: AsyncSession, configured: int) -> frozenset[int]:
    """List the groups that hear of tickets by what waits, and are not the staff chat of today."""
    chats = await session.scalars(select(Delivery.chat_id).distinct().where(PENDING, *_TO_STAFF))
    return frozenset(chats) - {await current(session, configured)}


async def settle_in(session: AsyncSession, staff_chat_id: int, *, now: datetime) -> None:
    """Bring the tickets along when the operator has chosen another group as the staff chat.

    Closed ones too, so that they can be reopened there, but without a card. Not a migration: the
    old group lives on, and may be chosen again. What waits for it, or was refused there while it is
    not clear whose fault that was, is sent here from its beginning.
    """
    await doubting.put_back_elsewhere(session, staff_chat_id, now=now)
    to_staff = or_(and_(*_TO_STAFF), Delivery.kind.in_(_TO_STAFF_OF_NO_TICKET))
    await _readdress(session, staff_chat_id, to_staff, Delivery.chat_id != staff_chat_id, part=0)
    was_another = await _was_another(session, staff_chat_id)
    if was_another:
        await session.execute(
            update(Ticket)
            .where(~NOT_CLOSED, Ticket.staff_chat_id != staff_chat_id)
            .values(staff_chat_id=staff_chat_id)
        )
    moved = await session.scalars(
        update(Ticket)
        .where(NOT_CLOSED, Ticket.staff_chat_id != staff_chat_id)
        .values(staff_chat_id=staff_chat_id)
        .returning(Ticket.id)
    )
    ids = moved.all()
    if ids:
        log.info("the staff chat is another one; open tickets get new cards", tickets=len(ids))
        await _new_cards(session, staff_chat_id, now=now)
    if ids or was_another:
        await kept.ask_again(session, staff_chat_id, now=now)


async def _was_another(session: AsyncSession, staff_chat_id: int) -> bool:
    """Look at the oldest and the newest ticket: to look at each, at every start, takes too long."""
    for end in (func.min, func.max):
        last = select(end(Ticket.id)).scalar_subquery()
        chat_id = await session.scalar(select(Ticket.staff_chat_id).where(Ticket.id == last))
        if chat_id not in {None, staff_chat_id}:
            return True
    return False


async def _readdress(
    session: AsyncSession, chat_id: int, *which: ColumnElement[bool], **changes: int
) -> None:
    """Send what waits elsewhere. Locked in the courier's order, or each waits for the other.

    The order is a sum, or the database walks through all that was ever sent, by its key.
    """
    await session.execute(
        select(Delivery.id).where(PENDING, *which).order_by(Delivery.id + 0).with_for_update()
    )
    moved = update(Delivery).where(PENDING, *which).values(chat_id=chat_id, **changes)
    await session.execute(moved)


async def tell_foreign_group(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Say a group's id in it, once for ever, so that an operator can find the staff chat's."""
    if await insert_new(session, ForeignGroup, "chat_id", {"chat_id": chat_id, "told_at": now}):
        outbox.post(session, chat_id, GroupIsNotStaff(chat_id), now=now)


async def _move_in(session: AsyncSession, old_id: int, new_id: int, *, now: datetime) -> None:
    log.error(
        "the staff group became a supergroup with a new id; set STAFF_CHAT_ID to it",
        old_id=old_id,
        new_id=new_id,
    )
    outbox.post(session, new_id, StaffChatMigrated(old_id, new_id), now=now)
    await _new_cards(session, new_id, now=now)
    await kept.ask_again(session, new_id, now=now)


async def _new_cards(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    tickets = await session.scalars(
        select(Ticket)
        .where(Ticket.staff_chat_id == chat_id, NOT_CLOSED)
        .options(selectinload(Ticket.user))
        .order_by(Ticket.opened_at, Ticket.id)
    )
    for ticket in tickets:
        await ticket_service.new_card(session, ticket, now=now)
