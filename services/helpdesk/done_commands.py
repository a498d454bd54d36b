"""Which commands of staff were carried out."""

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery
from services.notices import CommandDone


async def was_done(
    session: AsyncSession, chat_id: int, message_id: int, *, since: datetime
) -> bool:
    """Whether a message written at `since` was a command, and the bot marked it as done.

    Searches only what was sent since, by an index, and what is not sent yet.
    """
    mark = select(Delivery.id).where(
        or_(Delivery.sent_at >= since, PENDING),
        Delivery.kind == CommandDone.kind,
        _number("asked_in") == chat_id,
        _number("message_id") == message_id,
    )
    return await session.scalar(mark.limit(1)) is not None


def _number(field: str) -> ColumnElement[int]:
    """Read a number of a notice; a chat's id does not fit into an INTEGER of PostgreSQL."""
    return cast(Delivery.payload[field].as_string(), BigInteger)
