"""Sending again what failed, when staff ask for it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Message, Ticket, User
from services.helpdesk import failure_notices, owing
from services.notices import AnswerRetracted, of_answers, rules_of
from services.problems import AnswerIsNote, ButtonOutdated, NothingToResend

_OF_ANSWERS = of_answers()


async def resend(
    session: AsyncSession,
    ticket: Ticket,
    delivery_id: int,
    *,
    now: datetime,
    posted_at: int | None = None,
    notice_id: int | None = None,
) -> None:
    """Send a failed delivery of the ticket once more, with all that travelled with it.

    A delivery to staff goes to the chat that the ticket has now. `notice_id` is the message there
    that told of the failure; it and all other notices of the same failure will show the outcome.

    ButtonOutdated if the ticket's user has no such delivery, or not one of that time (`posted_at`,
    in whole seconds): a restored database reuses keys. AnswerIsNote if the answer has become a
    note. NothingToResend if it has not failed.
    """
    failed = await session.scalar(
        select(Delivery)
        .join(Ticket, Ticket.id == Delivery.ticket_id)
        .where(Delivery.id == delivery_id, Ticket.user_id == ticket.user_id)
        .with_for_update(of=Delivery)
    )
    if failed is None or posted_at not in {None, int(failed.created_at.timestamp())}:
        raise ButtonOutdated
    if failed.ticket_id != ticket.id:  # its message was moved
        people = [selectinload(Ticket.user)]
        ticket = await session.get_one(
            Ticket, failed.ticket_id, options=people, with_for_update={"key_share": True}
        )
    if await _is_note(session, failed):
        raise AnswerIsNote
    if failed.status is not DeliveryStatus.FAILED:
        raise NothingToResend
    batch = await session.scalars(
        select(Delivery).where(
            Delivery.ticket_id == failed.ticket_id,
            Delivery.batch_id == failed.batch_id,
            Delivery.batch_id.is_not(None),  # never claimed, so it travelled alone
            Delivery.status == DeliveryStatus.FAILED,
            Delivery.id != failed.id,
        )
    )
    together = sorted([*batch, failed], key=lambda delivery: delivery.id)
    await _send(session, ticket, together, now=now)
    await _show_outcome(session, ticket, [failed], notice_id, now=now)


async def resend_missed(
    session: AsyncSession,
    ticket: Ticket,
    *,
    since: datetime,
    now: datetime,
    notice_id: int | None,
) -> None:
    """Send the ticket's answers that failed since the block began.

    Older failures may have been answered in another way. `notice_id` is as in `resend`. If none is
    left: AnswerIsNote if one has become a note, otherwise NothingToResend.
    """
    missed = _missed(ticket.id, since).order_by(Delivery.id)
    failed = (await session.scalars(missed.with_for_update(of=Delivery))).all()
    if not failed:
        became_note = await session.scalar(_failed(ticket.id, since, Direction.NOTE).limit(1))
        raise AnswerIsNote if became_note else NothingToResend
    await _send(session, ticket, failed, now=now)
    await _show_outcome(session, ticket, failed, notice_id, now=now)


async def retract_again(
    session: AsyncSession, user: User, *, since: datetime, now: datetime
) -> None:
    """Try again to delete the copies that could not be deleted since the block began."""
    failed = await session.execute(
        select(Delivery, Ticket)
        .join(Ticket, Ticket.id == Delivery.ticket_id)
        .where(
            Ticket.user_id == user.id,
            Delivery.kind == AnswerRetracted.kind,
            Delivery.status == DeliveryStatus.FAILED,
            Delivery.due_at >= since,
        )
        .order_by(Ticket.id, Delivery.id)
    )
    for ticket, rows in groupby(failed.all(), key=lambda row: row.Ticket):
        retractions = [row.Delivery for row in rows]
        await _send(session, ticket, retractions, now=now)
        await _show_outcome(session, ticket, retractions, None, now=now)


async def tickets_with_missed(
    session: AsyncSession, user: User, *, since: datetime
) -> Sequence[Ticket]:
    """List the user's tickets, closed ones too, that have an answer which failed since then."""
    missed = select(Delivery.ticket_id).where(
        Delivery.ticket_id == Ticket.id,
        Delivery.kind.in_(_OF_ANSWERS),
        Delivery.status == DeliveryStatus.FAILED,
        Delivery.due_at >= since,
    )
    tickets = select(Ticket).where(Ticket.user_id == user.id, missed.exists())
    return (await session.scalars(tickets.order_by(Ticket.id))).all()


async def is_anything_missed(session: AsyncSession, ticket: Ticket, *, since: datetime) -> bool:
    """Whether an answer of the ticket failed since then, and has not been sent again."""
    return await session.scalar(_missed(ticket.id, since).limit(1)) is not None


async def became(session: AsyncSession, delivery_ids: Sequence[int]) -> Counter[DeliveryStatus]:
    """Count the outcomes of deliveries, without answers that have become notes."""
    of_answers = Delivery.kind.in_(_OF_ANSWERS)
    sent = (
        select(Delivery.status)
        .outerjoin(
            Message, and_(of_answers, Message.id == Delivery.payload["message_id"].as_integer())
        )
        .where(Delivery.id.in_(delivery_ids), Message.direction.is_distinct_from(Direction.NOTE))
    )
    return Counter(await session.scalars(sent))


def _missed(ticket_id: int, since: datetime | None = None) -> Select[Delivery]:
    """Select the failed deliveries of answers that have not become notes."""
    return _failed(ticket_id, since, Direction.ANSWER)


def _failed(ticket_id: int, since: datetime | None, direction: Direction) -> Select[Delivery]:
    """Select the failed deliveries of answers, by what these are now.

    Those that failed because the user had blocked the bot were due when refused: see `settling`.
    """
    failed_since = Delivery.due_at >= since if since is not None else true()
    return (
        select(Delivery)
        .join(Message, Message.id == Delivery.payload["message_id"].as_integer())
        .where(
            Delivery.ticket_id == ticket_id,
            Delivery.kind.in_(_OF_ANSWERS),
            Delivery.status == DeliveryStatus.FAILED,
            Message.direction == direction,
            failed_since,
        )
    )


async def _send(
    session: AsyncSession, ticket: Ticket, failed: Sequence[Delivery], *, now: datetime
) -> None:
    """Queue all of it as if it had never been tried; an answer among it answers the ticket."""
    for delivery in failed:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.attempts, delivery.first_tried_at, delivery.error = 0, None, None
        delivery.lane = ticket.id
        if delivery.chat_id < 0 and delivery.chat_id != ticket.staff_chat_id:
            # No piece of it has arrived in this chat.
            delivery.chat_id, delivery.part = ticket.staff_chat_id, 0
    ids = [
        one.payload["message_id"]
        for one in failed
        if rules_of(one.kind).passes_on is Direction.ANSWER
    ]
    if not ids:
        return
    written = select(Message, User).outerjoin(User, User.id == Message.author_id)
    answers = written.where(Message.id.in_(ids)).order_by(Message.id)
    for answer, by in await session.execute(answers):
        await owing.answered(session, ticket, answer.id, by=by, now=now)


async def _show_outcome(
    session: AsyncSession,
    ticket: Ticket,
    sent: Sequence[Delivery],
    notice_id: int | None,
    *,
    now: datetime,
) -> None:
    """Have the failure notices show the outcome once it is known."""
    newest = _missed(ticket.id).with_only_columns(func.max(Delivery.due_at))
    missed_at = await session.scalar(newest)
    await failure_notices.show_outcome(
        session, ticket, sent, notice_id, missed_at=missed_at, now=now
    )


async def _is_note(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether it sends what has become a note; deleting the copies may still be tried again."""
    if delivery.kind not in _OF_ANSWERS:
        return False
    written = await session.get(Message, delivery.payload["message_id"])
    return written is not None and written.direction is Direction.NOTE
