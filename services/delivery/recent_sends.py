"""Recent sends: what Telegram has counted lately, which a new limiter has to know."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from database.models import ContentKind, Message
from services.notices import kinds
from services.outbox import ASIDE

# Chat, lane and class of what was sent, and when, in monotonic time.
type Lately = tuple[int, int, int, float]

# Reactions do not count against a chat's limit.
_FREE = kinds(lambda notice: notice.free)

# Most tries of a delivery within a minute, given its doubling pauses (`settling.backoff`).
_TRIES_A_MINUTE = 6


async def since(
    session: AsyncSession, time: datetime, *, now: datetime
) -> list[tuple[datetime, int]]:
    """List when and to which chat, for each message that Telegram may have counted since `time`.

    Oldest first. All parts of a message, and what was sent before it, count at the time of the last
    one; what was tried and has no answer counts now. If a part was tried again, for example after a
    crash, each try counts. Merged texts count as one, albums as their items.
    """
    took = await _took(session, time)
    tried = await _tried(session, time)
    joined = await _joined_texts(session, [*took, *tried])
    counted = list(_counted(took, joined))
    for one in tried:
        if one.id not in joined:
            counted += [(now, one.chat_id)] * max(1, _tries(one))
    return sorted((min(at, now), chat_id) for at, chat_id in counted)


async def lately(session: AsyncSession, time: datetime, *, monotonic: float) -> list[Lately]:
    """List what was sent since `time`, oldest first; `monotonic` is the monotonic time of that."""
    sent = select(Delivery.chat_id, Delivery.lane, Delivery.precedence, Delivery.sent_at).where(
        Delivery.sent_at > time, Delivery.kind.not_in((*_FREE, ASIDE))
    )
    rows = await session.execute(sent.order_by(Delivery.sent_at))
    return [
        (chat_id, lane, precedence, monotonic + (at - time).total_seconds())
        for chat_id, lane, precedence, at in rows
        if at is not None
    ]


def _counted(took: Iterable[Delivery], joined: set[int]) -> Iterator[tuple[datetime, int]]:
    for delivery in took:
        if delivery.sent_at is None or delivery.id in joined:
            continue
        last_part = delivery.status is DeliveryStatus.DELIVERED
        again = max(0, _tries(delivery) - 1)
        times = delivery.prepared + delivery.part + last_part + again
        yield from [(delivery.sent_at, delivery.chat_id)] * times


def _tries(delivery: Delivery) -> int:
    return min(delivery.attempts, _TRIES_A_MINUTE)


async def _took(session: AsyncSession, time: datetime) -> Sequence[Delivery]:
    found = await session.scalars(
        select(Delivery).where(Delivery.sent_at > time, Delivery.kind.not_in(_FREE))
    )
    return found.all()


async def _tried(session: AsyncSession, time: datetime) -> Sequence[Delivery]:
    """List what was in flight, or got no answer; what has a batch was claimed."""
    found = await session.scalars(
        select(Delivery).where(
            PENDING,
            or_(
                Delivery.status == DeliveryStatus.CLAIMED,
                and_(Delivery.attempts > 0, Delivery.batch_id.is_not(None), Delivery.due_at > time),
            ),
            Delivery.kind.not_in(_FREE),
        )
    )
    return found.all()


async def _joined_texts(session: AsyncSession, deliveries: Iterable[Delivery]) -> set[int]:
    """Find the deliveries that were merged into another one's message."""
    behind = {
        one.id: one.payload.get("message_id")
        for one in deliveries
        if one.batch_id not in {None, one.id} and one.media_group_id is None
    }
    if not behind:
        return set()
    texts = await session.scalars(
        select(Message.id).where(
            Message.id.in_(set(behind.values())), Message.kind == ContentKind.TEXT
        )
    )
    known = set(texts)
    return {one for one, message_id in behind.items() if message_id in known}
