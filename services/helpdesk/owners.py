"""Whose a ticket is: a colleague takes it, takes it over from another, or releases it.

The button that names the owner takes over when the same person presses it a second time: the first
press is recorded in the ticket's history, where it counts until the owner changes.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import EventKind, Ticket, TicketEvent, TicketStatus, User
from services import outbox
from services.helpdesk import history, turns
from services.problems import (
    AnonymousCannotTake,
    TicketAlreadyClosed,
    TicketAlreadyTaken,
    TicketAlreadyYours,
    TicketNotTaken,
    TicketOfColleague,
    TicketToRelease,
)

# A second press counts within this time. Two that come closer together are one that was doubled, or
# were collected while the bot was away: nobody has read the question in between.
CONFIRMS_AFTER = timedelta(seconds=1)
CONFIRMS_WITHIN = timedelta(minutes=1)


async def take(
    session: AsyncSession, ticket: Ticket, *, by: User | None, now: datetime, over: bool = False
) -> None:
    """Assign the ticket to `by`; `over` takes it from a colleague."""
    if by is None:
        raise AnonymousCannotTake
    if ticket.status is TicketStatus.CLOSED:
        raise TicketAlreadyClosed.of(ticket)
    if ticket.assigned_to == by.id:
        raise TicketAlreadyYours.of(ticket)
    if ticket.assigned_staff is not None and not over:
        raise TicketAlreadyTaken.of(ticket, by=ticket.assigned_staff.name)
    ticket.assigned_staff = by
    if ticket.status is TicketStatus.NEW:
        turns.pass_on(ticket, TicketStatus.OPEN, now=now)
    history.record(session, ticket, by, EventKind.TAKEN, now)
    await outbox.redraw_card(session, ticket, now=now)


async def take_over(
    session: AsyncSession, ticket: Ticket, *, by: User | None, now: datetime
) -> User | None:
    """Take the ticket from the colleague who has it, if `by` was asked before.

    Otherwise return the colleague: `by` is to be asked now.
    """
    if by is None:
        raise AnonymousCannotTake
    if ticket.status is TicketStatus.CLOSED:
        raise TicketAlreadyClosed.of(ticket)
    if ticket.assigned_to == by.id:
        raise TicketToRelease.of(ticket)
    owner = ticket.assigned_staff
    if owner is None:
        raise TicketNotTaken.of(ticket)
    if await _was_asked(session, ticket, by, now=now):
        await take(session, ticket, by=by, now=now, over=True)
        return None
    history.record(session, ticket, by, EventKind.TAKE_OVER_ASKED, now)
    return owner


async def release(session: AsyncSession, ticket: Ticket, *, by: User | None, now: datetime) -> None:
    """Give the ticket back, so that nobody has it; only its owner may."""
    if ticket.status is TicketStatus.CLOSED:
        raise TicketAlreadyClosed.of(ticket)
    if ticket.assigned_staff is None:
        raise TicketNotTaken.of(ticket)
    if by is None or ticket.assigned_to != by.id:
        raise TicketOfColleague.of(ticket, by=ticket.assigned_staff.name)
    ticket.assigned_staff, ticket.menu_opened_at = None, None
    history.record(session, ticket, by, EventKind.RELEASED, now)
    await outbox.redraw_card(session, ticket, now=now)


async def _was_asked(session: AsyncSession, ticket: Ticket, by: User, *, now: datetime) -> bool:
    """Whether `by` was asked lately, about the colleague who has the ticket now."""
    asked = and_(TicketEvent.kind == EventKind.TAKE_OVER_ASKED, TicketEvent.actor_id == by.id)
    changes_owner = TicketEvent.kind.in_([EventKind.TAKEN, EventKind.RELEASED])
    last: TicketEvent | None = await session.scalar(
        select(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, or_(asked, changes_owner))
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    if last is None or last.kind != EventKind.TAKE_OVER_ASKED:
        return False
    return CONFIRMS_AFTER <= now - last.happened_at <= CONFIRMS_WITHIN
