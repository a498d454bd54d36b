"""Lanes: the deliveries of one ticket to one chat, of which one is on its way at a time."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, column, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.dialect import join_first, one_of, rows_of_json
from database.machinery import Delivery, DeliveryStatus
from database.models import Direction
from services.delivery.rings import Head
from services.notices import rules_of
from services.outbox import ALBUM_PAUSE, DECORATION, LONGEST_BACKOFF, STALLED

# So many waiting deliveries are offered to become one message.
MOST_OFFERED = 50

# What waits right behind each of some deliveries, content of its lane, up to a number.
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


# Built once: to build them takes longer than to run them.
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


def ready_at(head: Head, *, now: datetime, quiet: timedelta) -> datetime:
    """Tell when the head of a lane may go; `quiet` is how long follow-ups are gathered.

    A time that a clock which was set back has made absurd counts as reached.
    """
    due_at = head.due_at
    album = head.media_group_id is not None and head.attempts == 0
    if due_at > now + (ALBUM_PAUSE if album else LONGEST_BACKOFF):
        due_at = now
    is_question = rules_of(head.kind).passes_on is Direction.QUESTION
    if is_question and head.created_at <= now:
        due_at = max(due_at, head.created_at + quiet)
    return due_at


async def offered(
    session: AsyncSession, heads: Collection[Head], *, now: datetime
) -> dict[int, list[Delivery]]:
    """List for each of `heads`, by its id, what could travel with it, itself first.

    That is the rest of its batch, or what waits right behind it. What was tried before and is of
    no batch goes alone: its batch was refused and dissolved. Nothing, if its group has moved since
    it was looked at: then it waits for the new chat.
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
    return {head_id: _together(waiting, now) for head_id, waiting in lanes.items()}


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


async def bring_forward(session: AsyncSession, *, now: datetime, most: int | None = None) -> None:
    """Have what was postponed for want of an answer go now; if `most`, what was tried least."""
    order = (Delivery.id,) if most is None else (Delivery.attempts, Delivery.id)
    for delivery in await session.scalars(_POSTPONED.order_by(*order).limit(most), {"now": now}):
        delivery.due_at = now


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


def _json(ids: Iterable[int]) -> str:
    return json.dumps([[one] for one in ids])


def _is_merged(head: Head) -> bool:
    return head.lane > 0 and rules_of(head.kind).merges


def _together(waiting: Sequence[Delivery], now: datetime) -> list[Delivery]:
    head = waiting[0]
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
