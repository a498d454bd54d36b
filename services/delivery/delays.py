"""Delays: the writer of a message that does not get through is told once that it is under way."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.machinery import Delivery
from database.models import Ticket
from services import outbox
from services.delivery import failures
from services.notices import CardPosted, StillUnderWay, rules_of


async def tell(session: AsyncSession, delivery: Delivery, *, now: datetime) -> None:
    """Tell the user about a question, and staff about an answer, unless they have been told."""
    if delivery.ticket_id is None or not rules_of(delivery.kind).reported:
        return
    ticket = await session.get_one(Ticket, delivery.ticket_id, options=[selectinload(Ticket.user)])
    message_id = await _message_of(session, delivery, ticket)
    if message_id is None or await _is_told(session, delivery):
        return
    writer = ticket.staff_chat_id if delivery.chat_id > 0 else ticket.user.chat_id
    notice = StillUnderWay(ticket.id, delivery.id, message_id)
    outbox.post(session, writer, notice, now=now, ticket=ticket)


async def _message_of(session: AsyncSession, delivery: Delivery, ticket: Ticket) -> int | None:
    message_id: int | None = delivery.payload.get("message_id")
    if message_id is None and delivery.kind == CardPosted.kind:
        return await failures.first_message_of(session, ticket)
    return message_id


async def _is_told(session: AsyncSession, delivery: Delivery) -> bool:
    told = select(Delivery.id).where(
        Delivery.ticket_id == delivery.ticket_id,
        Delivery.kind == StillUnderWay.kind,
        Delivery.payload["delivery_id"].as_integer() == delivery.id,
    )
    return await session.scalar(told.limit(1)) is not None
