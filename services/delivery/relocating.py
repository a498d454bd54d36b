"""Relocating: tickets move when a staff chat gets a new id, or is no staff chat any more.

There may be very many, so they move in portions, each in its own transaction:

1. Deliveries that wait for staff in a group that is no staff chat are addressed to the staff chat
   to which that group belongs.
2. When none are left elsewhere, tickets move in their order; each that is not closed gets a new
   card. The progress is in the database, so a crash does no harm.
3. What is posted meanwhile for a ticket that has not moved goes where the ticket is, and is moved
   by step 1. When neither is left, the relocation is done.

Until then the courier sends nothing to any of these chats (`held`): nothing goes to the wrong one,
and what waits for one ticket stays in order. Other staff chats notice nothing of it.
"""

import logging
from collections.abc import AsyncIterator
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffChat
from database.conditions import PENDING
from database.dialect import insert_new
from database.machinery import ChatMigration, Delivery
from database.models import Ticket, TicketStatus
from services import memo, outbox, pauses
from services.delivery import doubts
from services.helpdesk import cards, kept_words, staff_chat_changes, staff_chats
from services.notices import StaffChatMigrated, kinds

log = structlog.get_logger(__name__)

# How much one transaction moves, so that none is long.
DELIVERIES_AT_A_TIME = 500
TICKETS_AT_A_TIME = 100

_TO_STAFF = or_(
    Delivery.ticket_id.is_not(None),
    Delivery.kind.in_(kinds(lambda notice: notice.moves_along)),
)


async def migrated(session: AsyncSession, old_id: int, new_id: int, *, now: datetime) -> None:
    """Send to the group's new id from now on; what was sent keeps the old one.

    A supergroup numbers its messages from 1, so an old id must never be looked up in the new chat.
    Telegram reports a migration in several ways. Staff are told at the first report; deliveries
    addressed to the old id are moved at each.
    """
    move = {"old_id": old_id, "new_id": new_id, "migrated_at": now}
    await insert_new(session, ChatMigration, "old_id", move)
    memo.of(session).migrations = None
    await pauses.forget(session, old_id)
    moved = await staff_chat_changes.move(session, old_id, new_id)
    if moved is not None:
        _tell_operator(moved, old_id)
        told = StaffChatMigrated(old_id, new_id, is_main=moved.is_main)
        outbox.post(session, new_id, told, now=now)
    chat = await staff_chats.at(session, new_id)
    if chat is not None and chat.next_ticket_id is not None:
        memo.of(session).relocates = True
    else:
        await _readdress(session, old_id, new_id, now=now)


async def go_on(session: AsyncSession, *, with_main: bool = True, now: datetime) -> bool:
    """Bring a portion along to a staff chat; whether there may be more.

    Without `with_main`, what belongs to the main staff chat stays where it is, and held.

    An operator who chooses another main chat does not move a group: the old one lives on, and may
    be chosen again. What waits for it, or was refused there while it is not clear whose fault that
    was, is sent to the new one from its beginning.
    """
    if await _bring_deliveries(session, with_main=with_main, now=now):
        return True
    for chat in (await staff_chats.every(session)).values():
        if chat.next_ticket_id is not None and (with_main or not chat.is_main):
            if await _bring_tickets(session, chat, chat.next_ticket_id, now=now):
                return True
            await _finish(session, chat, now=now)
    return False


async def held(session: AsyncSession) -> frozenset[int]:
    """List the groups that get nothing for now: tickets come along to one from the others."""
    chats = {one async for one in _elsewhere(session) if await _has_ours(session, one)}
    for chat in (await staff_chats.every(session)).values():
        if chat.next_ticket_id is not None:
            chats.add(chat.chat_id)
    return frozenset(chats)


def _tell_operator(moved: StaffChat, old_id: int) -> None:
    words = "a staff group became a supergroup with a new id"
    if moved.is_main:
        words = "the staff group became a supergroup with a new id; set STAFF_CHAT_ID to it"
    log.log(
        logging.ERROR if moved.is_main else logging.WARNING,
        words,
        old_id=old_id,
        new_id=moved.chat_id,
    )


async def _bring_deliveries(session: AsyncSession, *, with_main: bool, now: datetime) -> bool:
    async for other in _elsewhere(session):
        home = await staff_chats.home(session, other)
        if home.is_main and not with_main:
            continue
        chat_id = home.chat_id
        if await staff_chats.followed(session, other) == chat_id:
            moved = await _readdress(session, other, chat_id, now=now)
        else:
            moved = await _readdress(session, other, chat_id, _TO_STAFF, now=now, part=0)
        if moved:
            return True
    return False


async def _elsewhere(session: AsyncSession) -> AsyncIterator[int]:
    """List the groups besides staff chats for which anything waits; an index search each."""
    staff, last = await staff_chats.every(session), -(2**63)
    while True:
        behind = (PENDING, Delivery.chat_id > last, Delivery.chat_id < 0)
        found = await session.scalar(select(func.min(Delivery.chat_id)).where(*behind))
        if found is None:
            return
        last = found
        if found not in staff:
            yield found


async def _has_ours(session: AsyncSession, chat_id: int) -> bool:
    waits = select(Delivery.id).where(Delivery.chat_id == chat_id, PENDING, _TO_STAFF)
    by_lane = waits.order_by(Delivery.lane.desc(), Delivery.id.desc())
    return await session.scalar(by_lane.limit(1)) is not None


async def _readdress(
    session: AsyncSession,
    old_id: int,
    new_id: int,
    *which: ColumnElement[bool],
    now: datetime,
    **changes: int,
) -> bool:
    """Address a portion of what waits elsewhere to the new chat; whether there was any.

    Rows are locked in the courier's order; otherwise the two could deadlock.
    """
    waits = select(Delivery.id).where(Delivery.chat_id == old_id, PENDING, *which)
    by_lane = waits.order_by(Delivery.lane, Delivery.id).limit(DELIVERIES_AT_A_TIME)
    ids = sorted((await session.scalars(by_lane)).all())
    if not ids:
        return False
    if await doubts.put_back(session, old_id, Delivery.id.in_(ids), now=now):
        await pauses.forget(session, old_id)
    these = (Delivery.id.in_(ids), PENDING, Delivery.chat_id == old_id)
    await session.execute(select(Delivery.id).where(*these).order_by(Delivery.id).with_for_update())
    await session.execute(update(Delivery).where(*these).values(chat_id=new_id, **changes))
    return True


async def _bring_tickets(
    session: AsyncSession, chat: StaffChat, begins: int, *, now: datetime
) -> bool:
    """Bring the next tickets along, in their order; whether there were any to look at."""
    found = await session.scalars(
        select(Ticket)
        .where(Ticket.id >= begins)
        .order_by(Ticket.id)
        .limit(TICKETS_AT_A_TIME)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    tickets = found.all()
    if not tickets:
        return False
    others = [one for one in tickets if await _comes_along(session, one, chat)]
    for ticket in others:
        ticket.staff_chat_id, ticket.thread_id = chat.chat_id, None
    open_ones = [one for one in others if one.status is not TicketStatus.CLOSED]
    open_ones.sort(key=lambda one: (one.opened_at, one.id))
    if open_ones:
        await cards.post_all_new(session, open_ones, chat.chat_id, now=now)
    await staff_chat_changes.came_along(session, chat, next_ticket_id=tickets[-1].id + 1)
    return True


async def _comes_along(session: AsyncSession, ticket: Ticket, chat: StaffChat) -> bool:
    if ticket.staff_chat_id == chat.chat_id:
        return False
    return await staff_chats.home(session, ticket.staff_chat_id) == chat


async def _finish(session: AsyncSession, chat: StaffChat, *, now: datetime) -> None:
    await staff_chat_changes.came_along(session, chat, next_ticket_id=None)
    await kept_words.ask_again(session, chat.chat_id, now=now)
    log.info("all tickets moved to the staff chat", chat=chat.chat_id)
