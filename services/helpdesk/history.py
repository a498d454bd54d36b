"""The audit log: who did what to a ticket, and when."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import EventKind, Ticket, TicketEvent, TicketStatus, User

log = structlog.get_logger(__name__)


def record(
    session: AsyncSession,
    ticket: Ticket,
    actor: User | None,
    kind: EventKind,
    now: datetime,
    **details: Any,
) -> None:
    """Record that `actor` (None: an anonymous administrator) did `kind` to the ticket."""
    session.add(
        TicketEvent(
            ticket_id=ticket.id,
            actor_id=actor.id if actor else None,
            kind=kind.value,
            details=details or None,
            happened_at=now,
        )
    )
    log.info("ticket event", event_kind=kind.value, ticket=ticket.id, status=ticket.status.value)


async def answered_from(
    session: AsyncSession, ticket: Ticket
) -> tuple[int, datetime | None, TicketStatus]:
    """Find the message that last made the ticket wait for its user, when, and its status before.

    Message 0, None and "open" if the answer is older than this record.
    """
    answered = await session.execute(
        select(TicketEvent.details, TicketEvent.happened_at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.ANSWERED)
        .order_by(TicketEvent.id.desc())
    )
    for details, happened_at in answered:
        if details:
            return details["message_id"], happened_at, TicketStatus(details["was"])
    return 0, None, TicketStatus.OPEN


async def last_answered_at(session: AsyncSession, ticket: Ticket) -> datetime | None:
    """Find when staff last answered, whatever became of that answer."""
    found: datetime | None = await session.scalar(
        select(TicketEvent.happened_at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.ANSWERED)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return found
