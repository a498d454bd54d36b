"""Lanes: the deliveries of one ticket to one chat, of which one is on its way at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import PENDING, ChatPause, Delivery, DeliveryStatus, Priority
from services.notices import QuestionPosted

# No delivery waits longer than this between two tries. A due time further ahead was written
# before the clock was set back, so it counts as reached.
LONGEST_BACKOFF = timedelta(minutes=5)

# Of the lanes that may go at the same time, so many are looked at in one turn.
HEADS_A_TURN = 50

# So many waiting deliveries are offered to become one message.
MOST_OFFERED = 50


@dataclass(frozen=True)
class Pauses:
    """The chats that take nothing now, and those that were held and may be tried with one."""

    blocked: frozenset[int]
    probed: frozenset[int]
    everything: bool
    next_end: datetime | None


async def heads(
    session: AsyncSession, *, now: datetime, quiet: timedelta, without: Collection[int]
) -> list[Delivery]:
    """List what may go now: the first of each lane that has nothing on its way, best first.

    Redraws and reactions show what is true when they go, so they let content pass.
    `quiet` is how long follow-ups are gathered; `without` are chats to leave out.
    """
    place = case(
        (Delivery.status == DeliveryStatus.CLAIMED, 0),
        (Delivery.priority >= Priority.REDRAW, 2),
        else_=1,
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
    """List what could travel with `head`: the rest of its batch, or what waits right behind it."""
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
    if head.part > 0 or head.ticket_id is None or head.priority >= Priority.REDRAW:
        return [head]
    behind = await session.scalars(
        select(Delivery)
        .where(*same_lane, Delivery.priority < Priority.REDRAW)
        .order_by(Delivery.id)
        .limit(MOST_OFFERED)
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


async def sent_since(session: AsyncSession, time: datetime) -> list[Delivery]:
    """List what Telegram took since `time`, oldest first, one delivery for each message it counted.

    Texts that travelled as one are one; reactions don't count.
    """
    sent = await session.scalars(
        select(Delivery)
        .where(Delivery.sent_at > time, Delivery.priority < Priority.REACTION)
        .order_by(Delivery.sent_at, Delivery.id)
    )
    return [
        delivery
        for delivery in sent
        if delivery.batch_id in {None, delivery.id} or delivery.media_group_id is not None
    ]


async def pauses(session: AsyncSession, *, now: datetime) -> Pauses:
    """Read which chats are paused; one that is over and not held is forgotten."""
    blocked, probed, ends = set[int](), set[int](), list[datetime]()
    for pause in await session.scalars(select(ChatPause)):
        if now < pause.since:
            pause.since, pause.until = now, now + (pause.until - pause.since)
        if now < pause.until:
            blocked.add(pause.chat_id)
            ends.append(pause.until)
        elif pause.held_because is not None:
            probed.add(pause.chat_id)
        else:
            await session.delete(pause)
    everything = 0 in blocked
    return Pauses(frozenset(blocked), frozenset(probed), everything, min(ends, default=None))


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
        if not fits or delivery.batch_id is not None or delivery.due_at > max(now, head.due_at):
            break
        together.append(delivery)
    return together
