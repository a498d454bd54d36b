"""Which commands of the staff's were carried out."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import PENDING, Delivery
from services.notices import CommandDone


async def was_done(
    session: AsyncSession, chat_id: int, message_id: int, *, since: datetime
) -> bool:
    """Whether a message written at `since` was a command, and the bot marked it as done.

    Only what was sent after it is looked through, by an index, and what is not sent yet.
    """
    mark = select(Delivery.id).where(
        or_(Delivery.sent_at >= since, PENDING),
        Delivery.kind == CommandDone.kind,
        Delivery.payload["asked_in"].as_integer() == chat_id,
        Delivery.payload["message_id"].as_integer() == message_id,
    )
    return await session.scalar(mark.limit(1)) is not None
