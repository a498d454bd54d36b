"""Sending again what failed, when staff ask for it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Delivery, DeliveryStatus, Direction, Message, Ticket
from services import outbox
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
        )
    )
    for delivery in [*batch, failed]:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.attempts, delivery.first_tried_at, delivery.error = 0, None, None
        delivery.lane = ticket.id
        if delivery.chat_id < 0 and delivery.chat_id != ticket.staff_chat_id:
            # Nothing of it has arrived in this chat.
            delivery.chat_id, delivery.part = ticket.staff_chat_id, 0
    if notice_id is not None:
        told = SentAgain(ticket.id, failed.id, ticket.staff_chat_id, notice_id)
        shown = outbox.post(session, ticket.staff_chat_id, told, now=now, ticket=ticket)
        shown.due_at = now + USUALLY_TAKES


async def _is_note(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether it has to do with what became a note; taking that back may still be tried again."""
    if delivery.kind not in _OF_ANSWERS:
        return False
    written = await session.get(Message, delivery.payload["message_id"])
    return written is not None and written.direction is Direction.NOTE
