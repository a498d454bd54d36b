"""The audit log: who did what to a ticket, and when.

Whose turn it is after an answer was taken back, and who asked to take over, is decided by it.
"""

from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import (
    Direction,
    EventKind,
    Message,
    Ticket,
    TicketEvent,
    TicketStatus,
    User,
)

log = structlog.get_logger(__name__)


def record(
    session: AsyncSession,
    ticket: Ticket,
    actor: User | None,
    kind: EventKind,
    now: datetime,
    **details: Any,
) -> None:
    """Record that `actor` did `kind` to the ticket; None: an anonymous administrator, or nobody."""
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

    Message 0, None and "open" if it is older than these records. If two tickets were merged since,
    `words` is the first message that it answered, and `apart` are the answers of the other ticket,
    which answer nothing of this one.
    """

    message_id: int = 0
    at: datetime | None = None
    was: TicketStatus = TicketStatus.OPEN
    waiting_since: datetime | None = None
    words: int | None = None
    apart: frozenset[int] = frozenset()


def waits_from(first: int, *, known: int) -> dict[str, Any]:
    """Describe that staff have to act on a user's message, and on what came after it.

    `known` is the ticket's newest message: an answer after it settles this (`first_words`).
    """
    return {"waits_from": first, "known": known}


def before_answer(ticket: Ticket, message_id: int) -> dict[str, Any]:
    """Describe how the ticket is before this answer, for `answered_from`."""
    since = ticket.waiting_since
    return _described(Answered(message_id, was=ticket.status, waiting_since=since))


async def before_merge(
    session: AsyncSession, ticket: Ticket, beside: Ticket
) -> list[dict[str, Any]]:
    """Describe what the ticket was answered from before it becomes one with the other ticket."""
    theirs = _messages(beside, Direction.ANSWER).with_only_columns(Message.id)
    apart = frozenset(await session.scalars(theirs))
    return [
        _described(
            one._replace(
                words=one.words or await _words_before(session, ticket, one.message_id),
                apart=one.apart | apart,
            )
        )
        for one in await answered_from(session, ticket)
    ]


async def answered_from(session: AsyncSession, ticket: Ticket) -> list[Answered]:
    """Find the answer that last made the ticket wait for its user.

    If it did so when it was merged, they are the answers that had made each of its tickets wait,
    but for those whose words have gone to another ticket.
    """
    events = await session.execute(
        select(TicketEvent.details, TicketEvent.happened_at)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.kind.in_([EventKind.ANSWERED, EventKind.MERGED]),
        )
        .order_by(TicketEvent.id.desc())
    )
    for details, happened_at in events:
        if details and "was" in details:
            return [_read(details, happened_at)]
        if details and "answered" in details:
            found = [_read(one, happened_at) for one in details["answered"]]
            return await _still_here(session, ticket, found)
    return [Answered()]


async def _still_here(
    session: AsyncSession, ticket: Ticket, found: list[Answered]
) -> list[Answered]:
    words = [one.words for one in found if one.words is not None]
    ours = select(Message.id).where(Message.ticket_id == ticket.id, Message.id.in_(words))
    here = {None, *await session.scalars(ours)}
    return [one for one in found if one.words in here]


async def answered_from_here(session: AsyncSession, ticket: Ticket) -> tuple[int, datetime | None]:
    """Find the last such answer that has not gone to another ticket, and when; 0, None: none."""
    ours = select(Message.id).where(Message.ticket_id == ticket.id)
    events = await session.execute(
        select(TicketEvent.details, TicketEvent.happened_at)
        .where(
            TicketEvent.ticket_id == ticket.id,
            TicketEvent.kind == EventKind.ANSWERED,
            TicketEvent.details["message_id"].as_integer().in_(ours),
        )
        .order_by(TicketEvent.id.desc())
    )
    found = ((details["message_id"], at) for details, at in events if "was" in details)
    return next(found, (0, None))


def _described(answered: Answered) -> dict[str, Any]:
    """Write it as details of an event, which happened `at` the time if they don't say it."""
    at, since = answered.at, answered.waiting_since
    described = {
        "message_id": answered.message_id,
        "at": at.isoformat() if at else None,
        "was": answered.was.value,
        "waiting_since": since.isoformat() if since else None,
        "words": answered.words,
        "apart": sorted(answered.apart),
    }
    return {name: value for name, value in described.items() if value not in (None, [])}


def _read(details: dict[str, Any], happened_at: datetime) -> Answered:
    at, since = details.get("at"), details.get("waiting_since")
    return Answered(
        details["message_id"],
        datetime.fromisoformat(at) if at else happened_at,
        TicketStatus(details["was"]),
        datetime.fromisoformat(since) if since else None,
        details.get("words"),
        frozenset(details.get("apart", [])),
    )


async def _words_before(session: AsyncSession, ticket: Ticket, answer_id: int) -> int | None:
    """Find the first words that the answer settled: since the answer before it, or else the last.

    None for an answer that is older than these records.
    """
    earlier = Message.id < answer_id
    answers = _messages(ticket, Direction.ANSWER).where(earlier)
    last_answer = await session.scalar(answers.with_only_columns(func.max(Message.id))) or 0
    first, last, since = func.min(Message.id), func.max(Message.id), Message.id > last_answer
    asked = _messages(ticket, Direction.QUESTION).where(earlier)
    found = await session.scalar(asked.where(since).with_only_columns(first))
    return found or await session.scalar(asked.with_only_columns(last))


def _messages(ticket: Ticket, direction: Direction) -> Select[Message]:
    return select(Message).where(Message.ticket_id == ticket.id, Message.direction == direction)


async def newest_message(session: AsyncSession, ticket: Ticket) -> int:
    """Find the ticket's newest message, which is `known` when it waits from some of them."""
    newest = select(func.max(Message.id)).where(Message.ticket_id == ticket.id)
    return await session.scalar(newest) or 0


async def last_answered_at(session: AsyncSession, ticket: Ticket) -> datetime | None:
    """Find when staff last answered, whatever became of that answer."""
    found: datetime | None = await session.scalar(
        select(TicketEvent.happened_at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.ANSWERED)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return found
