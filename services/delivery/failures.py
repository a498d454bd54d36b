"""Failures: a delivery is given up, and whoever can do something about it is told."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.machinery import Delivery, DeliveryStatus
from database.models import ContentKind, Direction, Message, MessageLink, Ticket
from services import outbox
from services.helpdesk import owing
from services.notices import CardPosted, DeliveryFailed, QuestionFailed, rules_of

log = structlog.get_logger(__name__)

# Our own reasons, beside Telegram's words. Stored, and translated when shown (bot/texts).
NOT_WORDED = "it cannot be put into words"
NOT_WRITTEN_DOWN = "what became of it cannot be written down"

# Others may be acting on the ticket; a row that refers to it needs only this weakest of locks.
_KEY_SHARE = {"key_share": True}


async def fail(
    session: AsyncSession,
    batch: Sequence[Delivery],
    reason: str,
    *,
    now: datetime,
    doubted: bool = False,
) -> None:
    """Give the deliveries up, and tell those who can do something about it.

    `reason` is Telegram's description, or one of ours (above). While it is `doubted` that they are
    at fault, their user is not told yet. If an answer is lost, the ticket owes one again. For what
    is not content, and for a kind that this version does not know, the log is all.
    """
    for delivery in batch:
        delivery.status, delivery.error = DeliveryStatus.FAILED, reason
    first = batch[0]
    log.warning("delivery failed", delivery=first.id, kind=first.kind, reason=reason)
    ticket = await _ticket_of(session, first)
    rules = rules_of(first.kind)
    if ticket is None or not rules.reported:
        return
    failed = DeliveryFailed(ticket.id, first.id, reason, doubted)
    outbox.post(session, ticket.staff_chat_id, failed, now=now, ticket=ticket)
    if rules.passes_on is Direction.ANSWER:
        await session.refresh(ticket, ["status", "assigned_to"], with_for_update=_KEY_SHARE)
        await owing.unanswered(session, ticket, now=now)
    if not doubted:
        await _tell_user(session, batch, ticket, now=now)


async def tell_user_of(session: AsyncSession, notice: Delivery, *, now: datetime) -> None:
    """Tell the user too: the notice to staff arrived, so the message itself was at fault."""
    if not notice.payload.get("doubted"):
        return
    failed = await session.get_one(Delivery, notice.payload["delivery_id"])
    ticket = await _ticket_of(session, failed)
    if failed.status is DeliveryStatus.FAILED and ticket is not None:
        await _tell_user(session, [failed], ticket, now=now)


async def _tell_user(
    session: AsyncSession, batch: Sequence[Delivery], ticket: Ticket, *, now: datetime
) -> None:
    """Tell a user which of their messages did not reach the team."""
    first = batch[0]
    rules = rules_of(first.kind)
    if first.kind == CardPosted.kind:
        lost = [first.payload.get("message_id") or await first_message_of(session, ticket)]
    elif Direction.QUESTION in {rules.passes_on, rules.edits}:
        several = batch[:1] if first.media_group_id else batch  # an album is one to its sender
        lost = [one.payload["message_id"] for one in several]
    else:
        return
    for message_id in lost:
        if message_id is not None:
            told = QuestionFailed(message_id)
            outbox.post(session, ticket.user.chat_id, told, now=now, ticket=ticket)


async def first_message_of(session: AsyncSession, ticket: Ticket) -> int | None:
    """Find the message that a card shows, unless an older card showed it."""
    first: int | None = await session.scalar(
        select(func.min(Message.id)).where(
            Message.ticket_id == ticket.id, Message.direction == Direction.QUESTION
        )
    )
    shown = select(MessageLink.id).where(MessageLink.copy_of == first).limit(1)
    return None if await session.scalar(shown) is not None else first


async def is_no_content(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether it is a service message of a kind we do not know, found out when it was sent."""
    if rules_of(delivery.kind).passes_on is not Direction.QUESTION:
        return False
    message = await session.get_one(Message, delivery.payload["message_id"])
    return message.kind == ContentKind.UNKNOWN


def drop(batch: Sequence[Delivery], reason: str) -> None:
    """Give up something nobody is waiting for, without telling anybody."""
    for delivery in batch:
        delivery.status, delivery.error = DeliveryStatus.DELIVERED, reason
    log.info("service message not passed on", delivery=batch[0].id)


async def _ticket_of(session: AsyncSession, delivery: Delivery) -> Ticket | None:
    if delivery.ticket_id is None:
        return None
    return await session.get_one(Ticket, delivery.ticket_id, options=[selectinload(Ticket.user)])
