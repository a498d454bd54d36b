"""Tells staff about updates that were set aside: the first at once, others now and then.

A bug of ours may set very many aside.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import DeadUpdate, Delivery, DeliveryStatus
from services import outbox, timers
from services.helpdesk import staff_chats
from services.notices import UpdateSetAside
from services.timers import Due, Moment

TOLD_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class StaffToldAgain(Due):
    """Staff were told; `first` is the first update that was set aside since."""

    first: int | None = None


async def tell_staff(
    session: AsyncSession, dead: DeadUpdate, staff_chat_id: int, *, now: datetime
) -> None:
    """Tell staff that an update was set aside: at once, or later together with others.

    A notice has the number of the first update, and counts them when it is composed.
    """
    told = await timers.find(session, StaffToldAgain)
    if told is None:
        outbox.post(session, staff_chat_id, UpdateSetAside(dead.id), now=now)
        await timers.set(session, StaffToldAgain(), now + TOLD_EVERY, now=now)
    elif told.first is None:
        await timers.amend(session, replace(told, first=dead.id))


@timers.does(StaffToldAgain)
async def tell_again(session: AsyncSession, due: StaffToldAgain, moment: Moment) -> datetime | None:
    """Tell what was set aside since; if nothing was, the next update is told at once."""
    if due.first is None:
        return None
    chat_id = (await staff_chats.main(session)).chat_id
    if not await _waits(session, chat_id):
        outbox.post(session, chat_id, UpdateSetAside(due.first), now=moment.now)
    await timers.amend(session, StaffToldAgain())
    return moment.now + TOLD_EVERY


async def _waits(session: AsyncSession, chat_id: int) -> bool:
    """Whether a notice has not been composed yet, and so will count this update too."""
    waiting = select(Delivery.id).where(
        Delivery.chat_id == chat_id,
        Delivery.kind == UpdateSetAside.kind,
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
    )
    return await session.scalar(waiting.limit(1)) is not None
