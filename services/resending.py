"""Sending again what failed, when staff ask for it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Delivery, DeliveryStatus, Ticket
from services.problems import NotForYou, NothingToResend


async def resend(
    session: AsyncSession, delivery_id: int, *, staff_chat_id: int, now: datetime
) -> None:
    """Send a failed delivery once more, with all that travelled with it.

    NotForYou if it is of another chat's ticket, NothingToResend if it has not failed.
    """
    failed = await session.scalar(
        select(Delivery)
        .join(Ticket, Ticket.id == Delivery.ticket_id)
        .where(Delivery.id == delivery_id, Ticket.staff_chat_id == staff_chat_id)
        .with_for_update(of=Delivery)
    )
    if failed is None:
        raise NotForYou
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
