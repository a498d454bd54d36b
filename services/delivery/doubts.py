"""Doubts: a group refuses a message in words we don't know, so either of them may be at fault.

The notice of failure finds out. It is sent before everything else. If it arrives, the message was
at fault, and its writer is told as well. If it is refused too, the group is held, the notice is
dropped, and the message waits until the group accepts messages again.
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

# A refused message becomes due a little after the next probe of its group, so that something else,
# if there is anything, is the probe: the message might be at fault after all.
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
    """Give the delivery up for now, and let the notice of it find out."""
    await failures.fail(session, batch, reason, now=now, doubted=True)
    await pauses.question(session, batch[0].chat_id, now=now)


async def notice_refused(
    session: AsyncSession, notice: Delivery, reason: str, *, now: datetime
) -> None:
    """Hold a group that refuses our notice too; what it refused before waits."""
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
    """Make every delivery wait again whose notice of failure has not arrived; drop the notices.

    Returns whether there were any; `which` narrows down the notices.
    """
    notices = (await session.scalars(_doubted(chat_id, *which).with_for_update())).all()
    for notice in notices:
        failed = await session.get_one(
            Delivery, notice.payload["delivery_id"], with_for_update=True
        )
        if failed.status is DeliveryStatus.FAILED:
            log.info("delivery kept, its chat was at fault", delivery=failed.id)
            failed.status, failed.due_at = DeliveryStatus.WAITING, now + NOT_THE_PROBE
            failed.first_tried_at = None
            if failed.attempts <= 1 and failed.part == 0:
                failed.attempts, failed.batch_id = 0, None
        await session.delete(notice)
    await session.flush()
    return bool(notices)


async def probe(session: AsyncSession, chat_id: int) -> Delivery | None:
    """Find the notice that tests the group, even while it is in flight."""
    found: Delivery | None = await session.scalar(_doubted(chat_id).limit(1))
    return found


def _doubted(chat_id: int, *which: ColumnElement[bool]) -> Select[Delivery]:
    doubted = select(Delivery).where(Delivery.chat_id == chat_id, *_DOUBTED, *which)
    return doubted.order_by(Delivery.id)
