"""Relocating: tickets move along when the staff chat gets a new id, or the operator picks another.

There may be very many, so they move in portions, each in its own transaction:

1. Deliveries that wait for staff elsewhere are addressed to the staff chat instead.
2. When none are left elsewhere, tickets move in their order; each that is not closed gets a new
   card. The progress is in the database, so a crash does no harm.
3. What is posted meanwhile for a ticket that has not moved goes where the ticket is, and is moved
   by step 1. When neither is left, the relocation is done.

Until then the courier sends nothing to any of these chats (`held`): nothing goes to the wrong one,
and what waits for one ticket stays in order.
"""

from collections.abc import AsyncIterator
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import NOT_CLOSED, PENDING
from database.dialect import insert_new
from database.machinery import ChatMigration, Delivery, Relocation
from database.models import Ticket, TicketStatus
from services import outbox, pauses, read_ahead, ticket_service
from services.delivery import doubts
from services.helpdesk import kept, staff_chats
from services.notices import StaffChatMigrated, kinds

log = structlog.get_logger(__name__)

# How much one transaction moves, so that none is long.
DELIVERIES_AT_A_TIME = 500
TICKETS_AT_A_TIME = 100

_TO_STAFF = or_(
    Delivery.ticket_id.is_not(None),
    Delivery.kind.in_(kinds(lambda notice: notice.moves_along)),
)


async def migrated(
    session: AsyncSession, old_id: int, new_id: int, *, staff_chat_id: int, now: datetime
) -> None:
    """Send to the group's new id from now on; what was sent keeps the old one.

    A supergroup numbers its messages from 1, so an old id must never be looked up in the new chat.
    Telegram reports a migration in several ways. Staff are told at the first report; deliveries
    addressed to the old id are moved at each.
    """
    move = {"old_id": old_id, "new_id": new_id, "migrated_at": now}
    first = await insert_new(session, ChatMigration, "old_id", move)
    read_ahead.of(session).migrations = None
    await pauses.forget(session, old_id)
    chat_id = await staff_chats.current(session, staff_chat_id)
    if first and old_id == staff_chat_id:
        log.error(
            "the staff group became a supergroup with a new id; set STAFF_CHAT_ID to it",
            old_id=old_id,
            new_id=new_id,
        )
        outbox.post(session, new_id, StaffChatMigrated(old_id, new_id), now=now)
        await _begin(session, chat_id)
    if chat_id == new_id and await staff_chats.is_relocating(session, chat_id):
        read_ahead.of(session).relocates = True
    else:
        await _readdress(session, old_id, new_id, now=now)


async def go_on(session: AsyncSession, chat_id: int, *, now: datetime) -> bool:
    """Move a portion to the staff chat; whether there may be more.

    If the operator has chosen another group, the relocation begins here. That is not a migration:
    the old group still exists, and may be chosen again. Deliveries that wait for it, or that it
    refused for an unclear reason, are sent to the new one from their first part.
    """
    row = await staff_chats.relocation(session)
    if row is None and await _all_are_in(session, chat_id):
        row = staff_chats.found_at(session, chat_id)
    elif row is None or row.chat_id != chat_id:
        row = await _begin(session, chat_id)
    if await _bring_deliveries(session, chat_id, now=now):
        return True
    if row.next_ticket_id is None:
        return False
    if await _bring_tickets(session, row, now=now):
        return True
    row.next_ticket_id = None
    await kept.ask_again(session, chat_id, now=now)
    log.info("all tickets moved to the staff chat", chat=chat_id)
    return False


async def held(session: AsyncSession, configured: int) -> frozenset[int]:
    """List the groups that get nothing for now: tickets move from some to another."""
    chat_id = await staff_chats.current(session, configured)
    chats = {one async for one in _elsewhere(session, chat_id) if await _has_ours(session, one)}
    if await staff_chats.is_relocating(session, chat_id):
        chats.add(chat_id)
    return frozenset(chats)


async def _begin(session: AsyncSession, chat_id: int) -> Relocation:
    row = await staff_chats.relocation(session)
    log.info("moving tickets to the staff chat", chat=chat_id)
    row = staff_chats.begin_relocation(session, row, chat_id)
    await session.flush()
    return row


async def _all_are_in(session: AsyncSession, chat_id: int) -> bool:
    """Whether all tickets are already in a chat: an earlier version moved them all at once.

    Only the open ones, the oldest and the newest are checked: there may be very many closed ones.
    """
    ends = [select(end(Ticket.id)).scalar_subquery() for end in (func.min, func.max)]
    for some in (NOT_CLOSED, Ticket.id.in_(ends)):
        elsewhere = select(Ticket.id).where(some, Ticket.staff_chat_id != chat_id)
        if await session.scalar(elsewhere.limit(1)) is not None:
            return False
    return True


async def _bring_deliveries(session: AsyncSession, chat_id: int, *, now: datetime) -> bool:
    async for other in _elsewhere(session, chat_id):
        if await staff_chats.current(session, other) == chat_id:
            moved = await _readdress(session, other, chat_id, now=now)
        else:
            moved = await _readdress(session, other, chat_id, _TO_STAFF, now=now, part=0)
        if moved:
            return True
    return False


async def _elsewhere(session: AsyncSession, chat_id: int) -> AsyncIterator[int]:
    """List the other groups for which anything waits, each found by a search of the index."""
    last = -(2**63)
    while True:
        behind = (PENDING, Delivery.chat_id > last, Delivery.chat_id < 0)
        found = await session.scalar(select(func.min(Delivery.chat_id)).where(*behind))
        if found is None:
            return
        last = found
        if found != chat_id:
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


async def _bring_tickets(session: AsyncSession, row: Relocation, *, now: datetime) -> bool:
    """Bring the next tickets along, in their order; whether there were any."""
    found = await session.scalars(
        select(Ticket)
        .where(Ticket.id >= row.next_ticket_id)
        .order_by(Ticket.id)
        .limit(TICKETS_AT_A_TIME)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    tickets = found.all()
    if not tickets:
        return False
    row.next_ticket_id = tickets[-1].id + 1
    others = [one for one in tickets if one.staff_chat_id != row.chat_id]
    for ticket in others:
        ticket.staff_chat_id = row.chat_id
    open_ones = [one for one in others if one.status is not TicketStatus.CLOSED]
    open_ones.sort(key=lambda one: (one.opened_at, one.id))
    if open_ones:
        await ticket_service.new_cards(session, open_ones, row.chat_id, now=now)
    return True
