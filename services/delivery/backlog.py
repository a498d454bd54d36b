"""The backlog: how much waits for a staff chat, and how long it takes to send it.

It is long when it needs more than a minute of the group's limit.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import ceil

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from database.models import ContentKind, Message
from services.notices import CardPosted, QuestionPosted
from services.outbox import DECORATION

# Count at most this many rows: counting a million would block everything else for seconds.
COUNTED = 1000


@dataclass(frozen=True)
class Backlog:
    """Questions and cards that wait for a chat, and the sends that everything waiting needs.

    `at_least`: there is more than was counted.
    """

    waiting: int
    sends: int
    per_minute: float
    at_least: bool = False

    @property
    def is_long(self) -> bool:
        return self.sends > self.per_minute

    @property
    def minutes(self) -> int:
        return ceil(self.sends / self.per_minute)


async def measure(
    session: AsyncSession, chat_id: int, *, per_minute: float, excluding: Collection[int]
) -> Backlog:
    """Count what waits for a chat, `excluding` some; texts of a lane are sent as one."""
    found = (
        select(Delivery)
        .where(
            Delivery.chat_id == chat_id,
            PENDING,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.precedence.not_in(DECORATION),
            Delivery.id.not_in(excluding),
        )
        .order_by(Delivery.lane, Delivery.id)  # as the index has them, so that it can stop
        .limit(COUNTED)
        .subquery()
    )
    waits = aliased(Delivery, found)
    question = waits.kind == QuestionPosted.kind
    told_of = waits.kind.in_([QuestionPosted.kind, CardPosted.kind])
    merges = and_(question, Message.kind == ContentKind.TEXT)
    lanes = func.count(waits.ticket_id.distinct()).filter(merges)
    counted = await session.execute(
        select(func.count(), func.count().filter(told_of), func.count().filter(~merges) + lanes)
        .select_from(waits)
        .outerjoin(Message, and_(question, Message.id == waits.payload["message_id"].as_integer()))
    )
    rows, waiting, sends = counted.one()
    return Backlog(waiting, sends, per_minute, at_least=rows == COUNTED)
