"""Lanes: the deliveries of one ticket to one chat, sent in order, one at a time."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, column, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.dialect import join_first, one_of, rows_of_json
from database.machinery import Delivery, DeliveryStatus
from services.delivery.rings import Head
from services.notices import rules_of
from services.outbox import ALBUM_PAUSE, DECORATION, LONGEST_BACKOFF, STALLED

# Most deliveries that are merged into one message.
MOST_OFFERED = 50

# For each given delivery: the content that waits directly behind it in its lane, up to a number.
_BEHIND = """
WITH RECURSIVE walk AS (
    SELECT d.id AS head, d.id, d.chat_id, d.lane, 1 AS number,
           d.id IN ({followed}) AS walks
    FROM deliveries d WHERE d.id IN ({heads}) AND d.status = 'waiting'
    UNION ALL
    SELECT w.head, d.id, d.chat_id, d.lane, w.number + 1, w.walks
    FROM walk w {behind}
    WHERE w.walks AND w.number < {most}
)
SELECT head, id FROM walk
"""
_NEXT = """x.chat_id = w.chat_id AND x.lane = w.lane AND x.status = 'waiting'
    AND x.status IN ('waiting', 'claimed') AND x.id > w.id AND x.precedence NOT IN ({decoration})"""


@cache
def _offered(dialect: str) -> Select[Delivery, int]:
    decoration = ", ".join(str(int(one)) for one in DECORATION)
    statement = _BEHIND.format(
        heads=rows_of_json(dialect, "heads", "id"),
        followed=rows_of_json(dialect, "followed", "id"),
        behind=join_first(dialect, "d", _NEXT.format(decoration=decoration)),
        most=MOST_OFFERED,
    )
    walk = text(statement).columns(column("head", BigInteger), column("id", BigInteger)).subquery()
    return (
        select(Delivery, walk.c.head)
        .join(walk, walk.c.id == Delivery.id)
        .order_by(Delivery.id)
        .execution_options(populate_existing=True)
    )


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
_POSTPONED = (
    select(Delivery)
    .where(
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
        Delivery.attempts > 0,
        Delivery.due_at > bindparam("now"),
        Delivery.lane < STALLED,
    )
    .with_for_update()
)


def ready_at(head: Head, *, now: datetime) -> datetime:
    """Tell when the head of a lane is due.

    A due time that is absurdly far ahead, because the clock was set back, counts as reached.
    """
    album = head.media_group_id is not None and head.attempts == 0
    longest = ALBUM_PAUSE if album else LONGEST_BACKOFF
    return head.due_at if head.due_at <= now + longest else now


async def offered(
    session: AsyncSession, heads: Collection[Head], *, now: datetime
) -> dict[int, list[Delivery]]:
    """List for each of `heads`, by its id, what could travel with it, itself first.

    That is the rest of its batch, or what waits directly behind it. A delivery that was tried and
    has no batch goes alone: its batch was rejected. If the group moved since the head was read,
    there is nothing: it is sent to the new chat.
    """
    if not heads:
        return {}
    chats = {head.id: head.chat_id for head in heads}
    followed = [head.id for head in heads if head.followed and _is_merged(head)]
    lanes: defaultdict[int, list[Delivery]] = defaultdict(list)
    statement = _offered(session.get_bind().dialect.name)
    parameters = {"heads": _json(chats), "followed": _json(followed)}
    for delivery, head_id in await session.execute(statement, parameters):
        if delivery.chat_id == chats[head_id]:
            lanes[head_id].append(delivery)
    return {head_id: _same_batch(waiting, now) for head_id, waiting in lanes.items()}


async def claim(
    session: AsyncSession, batches: Collection[Sequence[Delivery]], *, now: datetime
) -> None:
    """Record what is about to be sent, and in which composition.

    One statement if every delivery goes alone, as most do; otherwise one for each batch. The
    objects are not updated, for speed: refresh one before using it further.
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


async def bring_forward(session: AsyncSession, *, now: datetime, most: int | None = None) -> None:
    """Make what was postponed for lack of an answer due now; with `most`, the least tried."""
    order = (Delivery.id,) if most is None else (Delivery.attempts, Delivery.id)
    for delivery in await session.scalars(_POSTPONED.order_by(*order).limit(most), {"now": now}):
        delivery.due_at = now


async def in_doubt(session: AsyncSession, *, without: Collection[int] = ()) -> list[Delivery]:
    """Make what was claimed wait again, and list it: it may have been sent, its answer is lost.

    `without`: deliveries known to be in flight.
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
    """Find those of the deliveries that are not settled yet, by id."""
    claimed = await session.scalars(
        select(Delivery).where(
            Delivery.id.in_(delivery_ids), Delivery.status == DeliveryStatus.CLAIMED
        )
    )
    return {delivery.id: delivery for delivery in claimed}


def _json(ids: Iterable[int]) -> str:
    return json.dumps([[one] for one in ids])


def _is_merged(head: Head) -> bool:
    return head.lane > 0 and rules_of(head.kind).merges


def _same_batch(waiting: Sequence[Delivery], now: datetime) -> list[Delivery]:
    head = waiting[0]
    if head.batch_id is not None:
        return [one for one in waiting if one.batch_id == head.batch_id]
    if head.attempts > 0 or head.part > 0:
        return [head]
    return _mergeable(head, waiting, now)


def _mergeable(head: Delivery, waiting: Sequence[Delivery], now: datetime) -> list[Delivery]:
    merged = []
    for delivery in waiting:
        fits = delivery.kind == head.kind and delivery.media_group_id == head.media_group_id
        tried = delivery.batch_id is not None or delivery.attempts > 0
        if not fits or tried or delivery.due_at > max(now, head.due_at):
            break
        merged.append(delivery)
    return merged
