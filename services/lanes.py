"""Lanes: the deliveries of one ticket to one chat, of which one is on its way at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import PENDING, Delivery, DeliveryStatus, Priority
from services.notices import AnswerPosted, CardRedrawn, QuestionPosted

# No delivery waits longer than this between two tries. A due time further ahead was written
# before the clock was set back, so it counts as reached.
LONGEST_BACKOFF = timedelta(minutes=5)

# Of the lanes that may go at the same time, so many are looked at in one turn.
HEADS_A_TURN = 50

# So many waiting deliveries are offered to become one message.
MOST_OFFERED = 50

# What people wrote can become one message.
_MERGED = frozenset({QuestionPosted.kind, AnswerPosted.kind})

_REDRAW = Delivery.kind == CardRedrawn.kind
_DECORATION = or_(_REDRAW, Delivery.priority >= Priority.REDRAW)


async def heads(
    session: AsyncSession, *, now: datetime, quiet: timedelta, without: Collection[int]
) -> list[Delivery]:
    """List what may go now: the first of each lane that has nothing on its way, best first.

    Redraws and reactions show what is true when they go, so they let content pass; for the same
    reason a redraw that was given a higher priority may itself pass the content of its lane.
    `quiet` is how long follow-ups are gathered; `without` are chats to leave out.
    """
    urgent = and_(_REDRAW, Delivery.priority < Priority.REDRAW, Delivery.due_at <= now)
    place = case(
        (Delivery.status == DeliveryStatus.CLAIMED, 0),
        (urgent, 1),
        (_DECORATION, 3),
        else_=2,
    )
    ranked = (
        select(
            Delivery.id,
            func.row_number()
            .over(
                partition_by=(Delivery.chat_id, Delivery.ticket_id), order_by=(place, Delivery.id)
            )
            .label("rank"),
        )
        .where(PENDING, Delivery.chat_id.not_in(without))
        .subquery()
    )
    found = await session.scalars(
        select(Delivery)
        .join(ranked, ranked.c.id == Delivery.id)
        .where(
            ranked.c.rank == 1,
            Delivery.status == DeliveryStatus.WAITING,
            or_(Delivery.due_at <= now, Delivery.due_at > now + LONGEST_BACKOFF),
            or_(
                Delivery.kind != QuestionPosted.kind,
                Delivery.created_at <= now - quiet,
                Delivery.created_at > now,
            ),
        )
        .order_by(Delivery.priority, Delivery.id)
        .limit(HEADS_A_TURN)
    )
    return list(found)


async def offered(session: AsyncSession, head: Delivery, *, now: datetime) -> list[Delivery]:
    """List what could travel with `head`: the rest of its batch, or what waits right behind it.

    What was tried before and is of no batch goes alone: its batch was refused and dissolved.
    """
    same_lane = (
        Delivery.chat_id == head.chat_id,
        Delivery.ticket_id == head.ticket_id,
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
        Delivery.id >= head.id,
    )
    if head.batch_id is not None:
        batch = select(Delivery).where(*same_lane, Delivery.batch_id == head.batch_id)
        return list(await session.scalars(batch.order_by(Delivery.id)))
    tried_alone = head.attempts > 0 or head.part > 0
    if tried_alone or head.ticket_id is None or head.kind not in _MERGED:
        return [head]
    behind = await session.scalars(
        select(Delivery).where(*same_lane, ~_DECORATION).order_by(Delivery.id).limit(MOST_OFFERED)
    )
    return _alike(head, behind.all(), now)


def claim(batch: Sequence[Delivery], *, now: datetime) -> None:
    """Write down, before it is sent, what is sent and in which composition."""
    for delivery in batch:
        delivery.status = DeliveryStatus.CLAIMED
        delivery.batch_id = batch[0].id
        delivery.attempts += 1
        delivery.first_tried_at = delivery.first_tried_at or now


async def in_doubt(session: AsyncSession, *, without: Collection[int] = ()) -> list[Delivery]:
    """Put back what was claimed when we died: Telegram may have it, the answer is lost.

    `without` names the deliveries that are known to be on their way.
    """
    claimed = await session.scalars(
        select(Delivery).where(
            PENDING, Delivery.status == DeliveryStatus.CLAIMED, Delivery.id.not_in(without)
        )
    )
    deliveries = sorted(claimed, key=lambda delivery: delivery.id)
    for delivery in deliveries:
        delivery.status = DeliveryStatus.WAITING
    return deliveries


async def still_claimed(
    session: AsyncSession, delivery_ids: Sequence[int], *, part: int
) -> Sequence[Delivery]:
    """List those of the deliveries whose `part` is on its way, and not settled yet."""
    claimed = await session.scalars(
        select(Delivery)
        .where(
            Delivery.id.in_(delivery_ids),
            Delivery.status == DeliveryStatus.CLAIMED,
            Delivery.part == part,
        )
        .order_by(Delivery.id)
    )
    return claimed.all()


async def next_due(session: AsyncSession, *, now: datetime) -> datetime | None:
    """Tell when the next delivery that waits for a time comes due."""
    earliest: datetime | None = await session.scalar(
        select(func.min(Delivery.due_at)).where(PENDING, Delivery.due_at > now)
    )
    return earliest


def _alike(head: Delivery, behind: Sequence[Delivery], now: datetime) -> list[Delivery]:
    together = []
    for delivery in behind:
        fits = delivery.kind == head.kind and delivery.media_group_id == head.media_group_id
        tried = delivery.batch_id is not None or delivery.attempts > 0
        if not fits or tried or delivery.due_at > max(now, head.due_at):
            break
        together.append(delivery)
    return together
