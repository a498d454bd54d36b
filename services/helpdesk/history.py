"""The audit log: who did what to a ticket, and when."""

from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import EventKind, Message, Ticket, TicketEvent, TicketStatus, User

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


class Answered(NamedTuple):
    """The message that made a ticket wait for its user, when, and how the ticket was before.

    Message 0, None and "open" if it is older than these records.
    """

    message_id: int = 0
    at: datetime | None = None
    was: TicketStatus = TicketStatus.OPEN
    waiting_since: datetime | None = None


def waits_from(first: int, *, known: int) -> dict[str, Any]:
    """Describe that staff have to act on a user's message, and on what came after it.

    `known` is the ticket's newest message: an answer after it settles this (`first_words`).
    """
    return {"waits_from": first, "known": known}


def before_answer(ticket: Ticket, message_id: int) -> dict[str, Any]:
    """Describe how the ticket is before this answer, for `answered_from`."""
    since = ticket.waiting_since.isoformat()
    return {"message_id": message_id, "was": ticket.status.value, "waiting_since": since}


async def answered_from(
    session: AsyncSession, ticket: Ticket, *, still_here: bool = False
) -> Answered:
    """Find the answer that last made the ticket wait for its user.

    `still_here`: of the answers that have not gone to another ticket.
    """
    found = (
        select(TicketEvent.details, TicketEvent.happened_at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.ANSWERED)
        .order_by(TicketEvent.id.desc())
    )
    if still_here:
        ours = select(Message.id).where(Message.ticket_id == ticket.id)
        found = found.where(TicketEvent.details["message_id"].as_integer().in_(ours))
    answered = await session.execute(found)
    for details, happened_at in answered:
        if details and "was" in details:
            since = details.get("waiting_since")
            return Answered(
                details["message_id"],
                happened_at,
                TicketStatus(details["was"]),
                datetime.fromisoformat(since) if since else None,
            )
    return Answered()


async def last_answered_at(session: AsyncSession, ticket: Ticket) -> datetime | None:
    """Find when staff last answered, whatever became of that answer."""
    found: datetime | None = await session.scalar(
        select(TicketEvent.happened_at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.ANSWERED)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return found
