"""Failing: a delivery is given up, and who can do something about it hears so."""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.models import Delivery, DeliveryStatus, Message, Ticket
from services import outbox
from services.content import UNKNOWN
from services.notices import (
    AnswerEdited,
    AnswerPosted,
    AnswerRetracted,
    CardPosted,
    DeliveryFailed,
    QuestionEdited,
    QuestionFailed,
    QuestionPosted,
)

log = structlog.get_logger(__name__)

# Reasons of our own; Telegram's are in its own words. The log says more.
NOT_WORDED = "it cannot be put into words"
NOT_WRITTEN_DOWN = "what became of it cannot be written down"

# What somebody misses if it does not arrive.
CONTENT = frozenset(
    notice.kind
    for notice in (
        AnswerPosted,
        AnswerEdited,
        AnswerRetracted,
        CardPosted,
        QuestionPosted,
        QuestionEdited,
    )
)


async def fail(
    session: AsyncSession, batch: Sequence[Delivery], reason: str, *, now: datetime
) -> None:
    """Give the deliveries up, and tell those who can do something about it.

    `reason` is Telegram's description, or one of ours (above).
    What only decorates fails in the log alone; so does a kind that this version does not know.
    """
    for delivery in batch:
        delivery.status, delivery.error = DeliveryStatus.FAILED, reason
    first = batch[0]
    log.warning("delivery failed", delivery=first.id, kind=first.kind, reason=reason)
    ticket = await _ticket_of(session, first)
    if ticket is None or first.kind not in CONTENT:
        return
    failed = DeliveryFailed(ticket.id, first.id, reason)
    outbox.post(session, ticket.staff_chat_id, failed, now=now, ticket=ticket)
    if first.kind in {QuestionPosted.kind, QuestionEdited.kind}:
        for one in batch[:1] if first.media_group_id else batch:  # an album is one to its sender
            told = QuestionFailed(one.payload["message_id"])
            outbox.post(session, ticket.user.chat_id, told, now=now, ticket=ticket)


async def is_no_content(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether this turned out to be a service message, which we did not know in a user's chat."""
    if delivery.kind != QuestionPosted.kind:
        return False
    message = await session.get_one(Message, delivery.payload["message_id"])
    return message.kind == UNKNOWN


def drop(batch: Sequence[Delivery], reason: str) -> None:
    """Give up in silence what nobody waits for."""
    for delivery in batch:
        delivery.status, delivery.error = DeliveryStatus.DELIVERED, reason
    log.info("service message not passed on", delivery=batch[0].id)


async def _ticket_of(session: AsyncSession, delivery: Delivery) -> Ticket | None:
    if delivery.ticket_id is None:
        return None
    return await session.get_one(Ticket, delivery.ticket_id, options=[selectinload(Ticket.user)])
