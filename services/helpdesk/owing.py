"""Who has to act on a ticket, as its user writes, and answers are sent, fail or are taken back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, EventKind, Message, Ticket, TicketStatus, User
from services import outbox
from services.helpdesk import cards, history, turns
from services.notices import AnswerPosted, CardPosted, QuestionPosted


async def asked(session: AsyncSession, ticket: Ticket, *, now: datetime) -> bool:
    """Open the ticket if it waited for its user, who has written; return whether it did."""
    if ticket.status not in {TicketStatus.PENDING, TicketStatus.ON_HOLD}:
        return False
    turns.pass_on(ticket, TicketStatus.OPEN, now=now)
    await outbox.redraw_card(session, ticket, now=now)
    return True


async def answered(
    session: AsyncSession, ticket: Ticket, answer_id: int, *, by: User | None, now: datetime
) -> None:
    """Have the ticket wait for its user, now that an answer is on its way.

    It goes on waiting for staff if its user wrote more than they had seen: that makes a sound then.
    """
    if ticket.status not in {TicketStatus.NEW, TicketStatus.OPEN}:
        history.record(session, ticket, by, EventKind.ANSWERED, now)
        return
    more = await unseen(session, ticket)
    if more is None:
        before = history.before_answer(ticket, answer_id)
        history.record(session, ticket, by, EventKind.ANSWERED, now, **before)
        turns.pass_on(ticket, TicketStatus.PENDING, now=now)
    else:
        waits = history.waits_from(more.payload["message_id"], known=answer_id)
        history.record(session, ticket, by, EventKind.ANSWERED, now, **waits)
        turns.give_back(ticket, TicketStatus.OPEN, since=more.created_at)
        if more.kind == QuestionPosted.kind:  # a card makes a sound anyway
            more.payload = more.payload | {"our_turn": True}
    await outbox.redraw_card(session, ticket, now=now)


async def unseen(session: AsyncSession, ticket: Ticket) -> Delivery | None:
    """Find the first delivery of what the user wrote that staff have not seen, locked.

    What is being sent right now counts as seen; what was tried and waits for another try doesn't,
    although it may be there already. Nor does the card of a new ticket: nobody acts without it. Of
    a card that goes on below, the beginning was seen.
    """
    found: Delivery | None = await session.scalar(
        select(Delivery)
        .where(
            Delivery.chat_id == ticket.staff_chat_id,
            Delivery.lane == ticket.id,
            Delivery.kind.in_([QuestionPosted.kind, CardPosted.kind]),
            Delivery.payload["message_id"].as_integer().is_not(None),
            Delivery.payload["again"].as_boolean().is_not(True),
            or_(Delivery.kind != CardPosted.kind, Delivery.part == 0),
            PENDING,
            Delivery.status == DeliveryStatus.WAITING,
        )
        .order_by(Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found


async def unanswered(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Put the ticket back to its status before the answer, unless another answer counts.

    If somebody has taken it since, they keep it, so it is not new again. What was asked in tickets
    that were merged since counts for each of them: if something is answered, it is open.
    """
    if ticket.status is not TicketStatus.PENDING:
        return
    settled = await history.answered_from(session, ticket)
    owed = [one for one in settled if not await _is_settled(session, ticket, one)]
    if not owed:
        return
    is_new = owed == settled and all(one.was is TicketStatus.NEW for one in owed)
    first = min(owed, key=lambda one: one.waiting_since or ticket.opened_at)
    since = first.waiting_since or ticket.opened_at
    if is_new and ticket.assigned_to is None:
        ticket.opened_at = since
        turns.give_back(ticket, TicketStatus.NEW, since=since)
    else:
        turns.give_back(ticket, TicketStatus.OPEN, since=since)
    if first.words is None:
        await outbox.redraw_card(session, ticket, now=now)
    else:
        known = await history.newest_message(session, ticket)
        waits = history.waits_from(first.words, known=known)
        history.record(session, ticket, None, EventKind.OWED, now, **waits)
        await cards.post_new(session, ticket, now=now)


async def _is_settled(session: AsyncSession, ticket: Ticket, answer: history.Answered) -> bool:
    first, since, apart = answer.message_id, answer.at, answer.apart
    return await is_answered(session, ticket, first=first, since=since, apart=apart)


async def is_answered(
    session: AsyncSession,
    ticket: Ticket,
    *,
    first: int,
    since: datetime | None,
    apart: Collection[int] = (),
) -> bool:
    """Whether the ticket has an answer that has not failed.

    Answers from the message `first` on count, and those sent again since then, but not `apart`.
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
    counting = set(written) - failed - set(apart)
    return any(one >= first or one in again for one in counting)
