"""Who has to act on a ticket, staff or its user, as answers are sent, fail or are taken back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, EventKind, Message, Ticket, TicketStatus, User
from services import outbox
from services.helpdesk import history, turns
from services.notices import AnswerPosted


async def answered(
    session: AsyncSession, ticket: Ticket, answer_id: int, *, by: User | None, now: datetime
) -> None:
    """Have the ticket wait for its user, now that an answer is on its way."""
    owed = ticket.status in {TicketStatus.NEW, TicketStatus.OPEN}
    before = history.before_answer(ticket, answer_id) if owed else {}
    history.record(session, ticket, by, EventKind.ANSWERED, now, **before)
    if owed:
        turns.pass_on(ticket, TicketStatus.PENDING, now=now)
        await outbox.redraw_card(session, ticket, now=now)


async def unanswered(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Put the ticket back to its status before the answer, unless another answer counts.

    If somebody has taken it since, they keep it, so it is not new again.
    """
    if ticket.status is not TicketStatus.PENDING:
        return
    answer = await history.answered_from(session, ticket)
    if await is_answered(session, ticket, first=answer.message_id, since=answer.at):
        return
    status = TicketStatus.OPEN if ticket.assigned_to is not None else answer.was
    turns.give_back(ticket, status, since=answer.waiting_since or ticket.opened_at)
    await outbox.redraw_card(session, ticket, now=now)


async def is_answered(
    session: AsyncSession, ticket: Ticket, *, first: int, since: datetime | None
) -> bool:
    """Whether the ticket has an answer that has not failed.

    Answers from the message `first` on count, and those sent again since then.
    """
    written = await session.scalars(
        select(Message.id).where(
            Message.ticket_id == ticket.id, Message.direction == Direction.ANSWER
        )
    )
    sends = await session.execute(
        select(Delivery.payload, Delivery.status, Delivery.due_at)
        .where(Delivery.ticket_id == ticket.id, Delivery.kind == AnswerPosted.kind)
        .order_by(Delivery.id)
    )
    newest = {payload["message_id"]: (status, due_at) for payload, status, due_at in sends}
    failed = {one for one, (status, _) in newest.items() if status is DeliveryStatus.FAILED}
    again = {one for one, (_, due_at) in newest.items() if since is not None and due_at > since}
    return any(one not in failed and (one >= first or one in again) for one in written)
