"""Doubting: a group refuses a message in words that we don't know; which of the two is at fault.

The notice of failure finds out. It goes before everything else: if it arrives, the message was at
fault, and who wrote it is told as well. If it is refused too, the group is held, the notice is
dropped, and the message waits until the group takes messages again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from services import pauses
from services.delivery import failures
from services.notices import DeliveryFailed

log = structlog.get_logger(__name__)

# What was refused comes due a little after the group is probed next, so that something else is the
# probe if anything else waits: it might be at fault after all.
NOT_THE_PROBE = pauses.PROBED_EVERY + timedelta(seconds=5)

# A notice of ours that is refused this often while its group takes other messages is at fault.
TRIES = 3


_DOUBTED = (
    Delivery.kind == DeliveryFailed.kind,
    PENDING,
    Delivery.payload["doubted"].as_boolean(),
)


async def begin(
    session: AsyncSession, batch: Sequence[Delivery], reason: str, *, now: datetime
) -> None:
    """Give the delivery up for the time being, and have the notice of it find out."""
    await failures.fail(session, batch, reason, now=now, doubted=True)
    await pauses.question(session, batch[0].chat_id, now=now)


async def notice_refused(
    session: AsyncSession, notice: Delivery, reason: str, *, now: datetime
) -> None:
    """Hold the group that refuses a notice of ours too; whatever it refused before waits."""
    held = await pauses.is_held(session, notice.chat_id)
    if notice.attempts >= TRIES and not held:
        await failures.fail(session, [notice], reason, now=now)
        return
    notice.status, notice.due_at = DeliveryStatus.WAITING, now + NOT_THE_PROBE
    notice.first_tried_at = None
    if held:
        notice.attempts -= 1
    await put_back(session, notice.chat_id, now=now)
    await pauses.hold(session, notice.chat_id, reason, now=now)


async def put_back(
    session: AsyncSession, chat_id: int, *which: ColumnElement[bool], now: datetime
) -> bool:
    """Have everything wait on whose failure a notice has not arrived; the notices are dropped.

    Whether there was any; with `which`, only of such notices.
    """
    notices = (await session.scalars(_doubted(chat_id, *which).with_for_update())).all()
    for notice in notices:
        failed = await session.get_one(
            Delivery, notice.payload["delivery_id"], with_for_update=True
        )
        if failed.status is DeliveryStatus.FAILED:
            log.info("waits, as its chat was at fault", delivery=failed.id)
            failed.status, failed.due_at = DeliveryStatus.WAITING, now + NOT_THE_PROBE
            failed.first_tried_at = None
            if failed.attempts <= 1 and failed.part == 0:
                failed.attempts, failed.batch_id = 0, None
        await session.delete(notice)
    await session.flush()
    return bool(notices)


async def probe(session: AsyncSession, chat_id: int) -> Delivery | None:
    """Find the notice that is to find out about the group, also while it is on its way."""
    found: Delivery | None = await session.scalar(_doubted(chat_id).limit(1))
    return found


def _doubted(chat_id: int, *which: ColumnElement[bool]) -> Select[Delivery]:
    doubted = select(Delivery).where(Delivery.chat_id == chat_id, *_DOUBTED, *which)
    return doubted.order_by(Delivery.id)
