"""Sending again what failed, when staff ask for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Message, Ticket, User
from services import outbox
from services.helpdesk import owing
from services.notices import AnswerEdited, AnswerPosted, SentAgain
from services.problems import AnswerIsNote, ButtonOutdated, NothingToResend

# Most of what is sent again has arrived or failed within this time.
USUALLY_TAKES = timedelta(seconds=3)

# What says an answer, or its new wording.
_OF_ANSWERS = frozenset({AnswerPosted.kind, AnswerEdited.kind})


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

    What is for staff goes to the chat that the ticket has now. `notice_id` is the message there
    that told of the failure; it comes to show what became of it, in one edit.
    ButtonOutdated if the ticket has no such delivery, or not from then (`posted_at`, in whole
    seconds): keys are given again by a restored database. AnswerIsNote if it is of an answer that
    has become a note. NothingToResend if it has not failed.
    """
    failed = await session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.ticket_id == ticket.id)
        .with_for_update()
    )
    if failed is None or posted_at not in {None, int(failed.created_at.timestamp())}:
        raise ButtonOutdated
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
    _show_outcome(session, ticket, [failed], notice_id, now=now)


async def resend_missed(
    session: AsyncSession, ticket: Ticket, *, now: datetime, notice_id: int | None
) -> None:
    """Send all answers of the ticket that failed once more; NothingToResend if none did.

    `notice_id` is as for `resend`.
    """
    failed = (await session.scalars(_missed(ticket.id).with_for_update(of=Delivery))).all()
    if not failed:
        raise NothingToResend
    await _send(session, ticket, failed, now=now)
    _show_outcome(session, ticket, failed, notice_id, now=now)


async def tickets_with_missed(
    session: AsyncSession, user: User, *, since: datetime
) -> Sequence[Ticket]:
    """List the user's tickets, closed ones too, of which an answer failed since then."""
    missed = select(Delivery.ticket_id).where(
        Delivery.ticket_id == Ticket.id,
        Delivery.kind.in_(_OF_ANSWERS),
        Delivery.status == DeliveryStatus.FAILED,
        Delivery.due_at >= since,
    )
    tickets = select(Ticket).where(Ticket.user_id == user.id, missed.exists())
    return (await session.scalars(tickets.order_by(Ticket.id))).all()


async def is_anything_missed(session: AsyncSession, ticket: Ticket) -> bool:
    """Whether an answer of the ticket failed, and was not sent again by now."""
    return await session.scalar(_missed(ticket.id).limit(1)) is not None


async def became(session: AsyncSession, delivery_ids: Sequence[int]) -> set[DeliveryStatus]:
    """List what became of deliveries; answers that are notes by now are not sent, and left out."""
    of_answers = Delivery.kind.in_(_OF_ANSWERS)
    sent = (
        select(Delivery.status)
        .outerjoin(
            Message, and_(of_answers, Message.id == Delivery.payload["message_id"].as_integer())
        )
        .where(Delivery.id.in_(delivery_ids), Message.direction.is_distinct_from(Direction.NOTE))
    )
    return {*await session.scalars(sent)}


def _missed(ticket_id: int) -> Select[Delivery]:
    """Select what failed of answers that are no notes by now."""
    return (
        select(Delivery)
        .join(Message, Message.id == Delivery.payload["message_id"].as_integer())
        .where(
            Delivery.ticket_id == ticket_id,
            Delivery.kind.in_(_OF_ANSWERS),
            Delivery.status == DeliveryStatus.FAILED,
            Message.direction == Direction.ANSWER,
        )
        .order_by(Delivery.id)
    )


async def _send(
    session: AsyncSession, ticket: Ticket, failed: Sequence[Delivery], *, now: datetime
) -> None:
    """Have all of it wait, as if it had not been tried; an answer among it answers the ticket."""
    for delivery in failed:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.attempts, delivery.first_tried_at, delivery.error = 0, None, None
        delivery.lane = ticket.id
        if delivery.chat_id < 0 and delivery.chat_id != ticket.staff_chat_id:
            # Nothing of it has arrived in this chat.
            delivery.chat_id, delivery.part = ticket.staff_chat_id, 0
    ids = [one.payload["message_id"] for one in failed if one.kind == AnswerPosted.kind]
    written = select(Message, User).outerjoin(User, User.id == Message.author_id)
    answers = written.where(Message.id.in_(ids)).order_by(Message.id)
    for answer, by in await session.execute(answers):
        await owing.answered(session, ticket, answer.id, by=by, now=now)


def _show_outcome(
    session: AsyncSession,
    ticket: Ticket,
    failed: Sequence[Delivery],
    notice_id: int | None,
    *,
    now: datetime,
) -> None:
    """Have the notice whose button was pressed show what became of it, once that is known."""
    if notice_id is None:
        return
    first, *others = [one.id for one in failed]
    told = SentAgain(ticket.id, first, ticket.staff_chat_id, notice_id, others)
    later = now + USUALLY_TAKES
    outbox.post(session, ticket.staff_chat_id, told, now=now, ticket=ticket, due_at=later)


async def _is_note(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether it has to do with what became a note; taking that back may still be tried again."""
    if delivery.kind not in _OF_ANSWERS:
        return False
    written = await session.get(Message, delivery.payload["message_id"])
    return written is not None and written.direction is Direction.NOTE
