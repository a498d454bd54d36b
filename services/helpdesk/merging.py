"""Merging: two tickets of one user become one, and the user hears nothing of it.

All that the other ticket holds goes to the survivor (`moving.carry_all`). Its row stays, closed,
and `merged_into_id` leads its number, its buttons and what still names it to the survivor
(`ticket_service.get`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import EventKind, Message, Ticket, TicketStatus, User
from services import outbox, timers
from services import ticket_service as tickets
from services.helpdesk import (
    cards,
    current,
    first_words,
    history,
    moving,
    thread_closing,
    turns,
)
from services.helpdesk.closing import CloseTold
from services.problems import MergeIntoClosed, MergeOfOne, MergeOfTwoUsers

_OURS = frozenset({TicketStatus.NEW, TicketStatus.OPEN})


async def merge(
    session: AsyncSession,
    survivor_id: int,
    other_id: int,
    *,
    staff_chat_id: int,
    by: User | None,
    now: datetime,
) -> None:
    """Make the tickets one, which has the first one's number, and gets a new card.

    MergeOfTwoUsers, MergeOfOne if they are one already, MergeIntoClosed; and what
    `ticket_service.get` raises.
    """
    users = select(Ticket.user_id).where(Ticket.id.in_([survivor_id, other_id])).distinct()
    if len((await session.scalars(users)).all()) > 1:
        raise MergeOfTwoUsers
    found = {
        one: await tickets.get(session, one, staff_chat_id=staff_chat_id)
        for one in sorted({survivor_id, other_id})
    }
    survivor, other = found[survivor_id], found[other_id]
    if survivor.id == other.id:
        raise MergeOfOne.of(survivor)
    if survivor.status is TicketStatus.CLOSED:
        raise MergeIntoClosed.of(survivor)
    first = await _waits_longest(session, survivor, other)
    answered = await _answered_from(session, survivor, other)
    await moving.carry_all(session, other, survivor)
    waits = await moving.waits_from(session, survivor, [first]) if first is not None else {}
    await _take_over(session, survivor, other, now=now)
    await _retire(session, other, survivor, now=now)
    before = {"other": other.id} | waits | answered
    history.record(session, survivor, by, EventKind.MERGED, now, **before)
    await cards.post_new(session, survivor, now=now)


async def _waits_longest(session: AsyncSession, *both: Ticket) -> Message | None:
    """Find the first words that wait for staff in the ticket that waits longer; None if neither."""
    waiting = [one for one in both if one.status in _OURS]
    if not waiting:
        return None
    longest = min(waiting, key=lambda one: (one.waiting_since, one.id))
    return (await first_words.of(session, [longest.id])).get(longest.id)


async def _answered_from(session: AsyncSession, survivor: Ticket, other: Ticket) -> dict[str, Any]:
    """Describe how both were before they were answered, for `history.answered_from`.

    Nothing if one of them waits for staff; a closed ticket waits for nobody.
    """
    if survivor.status in _OURS or other.status in _OURS:
        return {}
    answered = await history.before_merge(session, survivor, other)
    if other.status is not TicketStatus.CLOSED:
        answered += await history.before_merge(session, other, survivor)
    return {"answered": answered}


async def _take_over(
    session: AsyncSession, survivor: Ticket, other: Ticket, *, now: datetime
) -> None:
    """Have the survivor wait for whom either ticket waits, and since the earlier of both."""
    if other.is_current:
        await current.make(session, survivor, now=now)
    if other.user.last_joined_id == other.id:
        other.user.last_joined_id = survivor.id
    survivor.assigned_staff = survivor.assigned_staff or other.assigned_staff
    survivor.link_payload = survivor.link_payload or other.link_payload
    if other.status is TicketStatus.CLOSED:
        return
    waits_for_us = [one for one in (survivor, other) if one.status in _OURS]
    if not waits_for_us:
        turns.give_back(survivor, TicketStatus.PENDING, since=_latest(survivor, other))
        return
    are_new = survivor.status is other.status is TicketStatus.NEW
    since = min(one.waiting_since for one in waits_for_us)
    if are_new:
        survivor.opened_at = since
    turns.give_back(survivor, TicketStatus.NEW if are_new else TicketStatus.OPEN, since=since)


async def _retire(session: AsyncSession, other: Ticket, survivor: Ticket, *, now: datetime) -> None:
    """Close the row, and have it and those merged into it before lead to the survivor.

    Its thread is free then, and shows that.
    """
    other.is_current = False
    if other.closed_at is None:
        turns.pass_on(other, TicketStatus.CLOSED, now=now)
        other.closed_at = now
    await timers.cancel(session, CloseTold(other.id))
    await outbox.redraw_thread(session, other, now=now)
    earlier = update(Ticket).where(Ticket.merged_into_id == other.id)
    await session.execute(earlier.values(merged_into_id=survivor.id))
    other.merged_into_id = survivor.id
    await thread_closing.ticket_closed(session, other, now=now)
    await session.flush()


def _latest(*answered: Ticket) -> datetime:
    return max(one.waiting_since for one in answered)
