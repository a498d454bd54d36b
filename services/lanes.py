"""Lanes: the deliveries of one ticket to one chat, of which one is on its way at a time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.dialect import one_of
from database.models import PENDING, Delivery, DeliveryStatus, Priority
from services.notices import AnswerPosted, CardRedrawn, QuestionPosted
from services.outbox import ALBUM_PAUSE

# No delivery waits longer than this between two tries, and no album longer than its pause. A due
# time further ahead was written before the clock was set back, so it counts as reached.
LONGEST_BACKOFF = timedelta(minutes=5)

# Of the lanes that may go at the same time, so many are looked at in one turn.
HEADS_A_TURN = 50

# So many waiting deliveries are offered to become one message.
MOST_OFFERED = 50

# What people wrote can become one message.
_MERGED = frozenset({QuestionPosted.kind, AnswerPosted.kind})

_REDRAW = Delivery.kind == CardRedrawn.kind
_DECORATION = or_(_REDRAW, Delivery.priority >= Priority.REDRAW)


_LANE = (Delivery.chat_id, Delivery.ticket_id)


def _select_heads() -> Select[Delivery, bool]:
    now = bindparam("now", type_=Delivery.due_at.type)
    urgent = and_(_REDRAW, Delivery.priority < Priority.REDRAW, Delivery.due_at <= now)
    claimed = Delivery.status == DeliveryStatus.CLAIMED
    place = case((claimed, 0), (urgent, 1), (_DECORATION, 3), else_=2)
    rank = func.row_number().over(partition_by=_LANE, order_by=(place, Delivery.id))
    together = func.count().over(partition_by=_LANE)
    ranked = (
        select(Delivery.id, rank.label("rank"), together.label("together"))
        .where(PENDING, Delivery.chat_id.not_in(bindparam("without", expanding=True)))
        .subquery()
    )
    return (
        select(Delivery, ranked.c.together > 1)
        .join(ranked, ranked.c.id == Delivery.id)
        .where(
            ranked.c.rank == 1,
            Delivery.status == DeliveryStatus.WAITING,
            or_(
                Delivery.due_at <= now,
                Delivery.due_at > bindparam("absurd"),
                and_(
                    Delivery.media_group_id.is_not(None),
                    Delivery.attempts == 0,
                    Delivery.due_at > bindparam("complete"),
                ),
            ),
            or_(
                Delivery.kind != QuestionPosted.kind,
                Delivery.created_at <= bindparam("gathered"),
                Delivery.created_at > now,
            ),
        )
        .order_by(Delivery.priority, Delivery.id)
        .limit(HEADS_A_TURN + 1)
    )


def _select_offered() -> Select[Delivery, int, int | None]:
    place = func.row_number().over(partition_by=_LANE, order_by=Delivery.id)
    first = (
        select(Delivery.id, *_LANE, place.label("place"))
        .where(
            one_of(Delivery.chat_id, "chats"),
            one_of(Delivery.ticket_id, "tickets"),
            PENDING,
            Delivery.status == DeliveryStatus.WAITING,
            ~_DECORATION,
        )
        .subquery()
    )
    return (
        select(Delivery, first.c.chat_id, first.c.ticket_id)
        .join(first, first.c.id == Delivery.id)
        .where(first.c.place <= MOST_OFFERED)
        .order_by(Delivery.id)
    )


# Built once: to build them takes longer than to run them.
_HEADS, _OFFERED = _select_heads(), _select_offered()
_DELIVERIES: Any = Delivery.__table__
_CLAIMED = (
    update(_DELIVERIES)
    .where(one_of(_DELIVERIES.c.id, "claimed"))
    .values(
        status=DeliveryStatus.CLAIMED,
        attempts=_DELIVERIES.c.attempts + 1,
        first_tried_at=func.coalesce(
            _DELIVERIES.c.first_tried_at,
            bindparam("now", type_=_DELIVERIES.c.first_tried_at.type),
        ),
    )
)
_CLAIM_EACH_ALONE = _CLAIMED.values(batch_id=_DELIVERIES.c.id)
_CLAIM_A_BATCH = _CLAIMED.values(batch_id=bindparam("batch"))
_LOCK = select(func.count()).select_from(
    select(_DELIVERIES.c.id)
    .where(one_of(_DELIVERIES.c.id, "claimed"))
    .order_by(_DELIVERIES.c.id)
    .with_for_update()
    .subquery()
)
_NEXT_DUE = select(func.min(Delivery.due_at)).where(PENDING, Delivery.due_at > bindparam("now"))


async def heads(
    session: AsyncSession, *, now: datetime, quiet: timedelta, without: Collection[int]
) -> tuple[dict[Delivery, bool], bool]:
    """List what may go now: the first of each lane that has nothing on its way, best first.

    And tell of each whether its lane has more, and of all whether there are more such heads.
    Redraws and reactions show what is true when they go, so they let content pass; for the same
    reason a redraw that was given a higher priority may itself pass the content of its lane.
    `quiet` is how long follow-ups are gathered; `without` are chats to leave out.
    """
    times = {
        "now": now,
        "absurd": now + LONGEST_BACKOFF,
        "complete": now + ALBUM_PAUSE,
        "gathered": now - quiet,
    }
    found = (await session.execute(_HEADS, times | {"without": list(without)})).all()
    return dict(found[:HEADS_A_TURN]), len(found) > HEADS_A_TURN


async def offered(
    session: AsyncSession, heads: Mapping[Delivery, bool], *, now: datetime
) -> dict[int, list[Delivery]]:
    """List for each of `heads`, by its id, what could travel with it, itself first.

    That is the rest of its batch, or what waits right behind it. What was tried before and is of
    no batch goes alone: its batch was refused and dissolved. Nothing, if its lane had more and its
    group has moved since `heads` looked: then it waits for the new chat.
    """
    merged = [head for head, followed in heads.items() if followed and _is_merged(head)]
    lanes = await _waiting(session, merged)
    alone = {head.id: [head] for head in heads}
    return alone | {
        head.id: _together(head, lanes[head.chat_id, head.ticket_id], now) for head in merged
    }


async def _waiting(
    session: AsyncSession, heads: Sequence[Delivery]
) -> defaultdict[tuple[int, int | None], list[Delivery]]:
    """List by lane what waits from the head on, decoration left out, as the database has it now."""
    lanes: defaultdict[tuple[int, int | None], list[Delivery]] = defaultdict(list)
    if heads:
        chats, tickets = {head.chat_id for head in heads}, {head.ticket_id for head in heads}
        found = await session.execute(_OFFERED, {"chats": chats, "tickets": tickets})
        for delivery, chat_id, ticket_id in found:
            lanes[chat_id, ticket_id].append(delivery)
    return lanes


async def claim(
    session: AsyncSession, batches: Collection[Sequence[Delivery]], *, now: datetime
) -> None:
    """Write down, before it is sent, what is sent and in which composition.

    In one statement if each goes alone, as most do, or else in one for each batch. The objects do
    not learn of it, which would take longer: refresh one before it is used on.
    """
    await session.flush()  # so that nothing older overwrites it later
    ids = sorted(delivery.id for batch in batches for delivery in batch)
    if len(ids) > len(batches):
        await session.execute(_LOCK, {"claimed": ids})  # in the order in which others lock them
        claims = [
            {"claimed": [one.id for one in batch], "batch": batch[0].id, "now": now}
            for batch in batches
        ]
        await session.execute(_CLAIM_A_BATCH, claims)
    elif ids:
        await session.execute(_CLAIM_EACH_ALONE, {"claimed": ids, "now": now})


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
    session: AsyncSession, delivery_ids: Collection[int]
) -> dict[int, Delivery]:
    """Find those of the deliveries that are on their way, by id, and so are not settled yet."""
    claimed = await session.scalars(
        select(Delivery).where(
            Delivery.id.in_(delivery_ids), Delivery.status == DeliveryStatus.CLAIMED
        )
    )
    return {delivery.id: delivery for delivery in claimed}


async def next_due(session: AsyncSession, *, now: datetime) -> datetime | None:
    """Tell when the next delivery that waits for a time comes due."""
    earliest: datetime | None = await session.scalar(_NEXT_DUE, {"now": now})
    return earliest


def _is_merged(head: Delivery) -> bool:
    return head.kind in _MERGED and head.ticket_id is not None


def _together(head: Delivery, waiting: Sequence[Delivery], now: datetime) -> list[Delivery]:
    if head not in waiting:
        return []
    if head.batch_id is not None:
        return [one for one in waiting if one.batch_id == head.batch_id]
    if head.attempts > 0 or head.part > 0:
        return [head]
    return _alike(head, waiting, now)


def _alike(head: Delivery, waiting: Sequence[Delivery], now: datetime) -> list[Delivery]:
    together = []
    for delivery in waiting:
        fits = delivery.kind == head.kind and delivery.media_group_id == head.media_group_id
        tried = delivery.batch_id is not None or delivery.attempts > 0
        if not fits or tried or delivery.due_at > max(now, head.due_at):
            break
        together.append(delivery)
    return together
