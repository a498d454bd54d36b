"""Tells staff about updates that were set aside: the first at once, others now and then.

A bug of ours may set very many aside. Each staff chat is told of its own: of what happened there,
and of what users of its tickets wrote.
"""

from collections.abc import Sequence
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
    """The staff of chat `subject` were told; `first` is the first update set aside since.

    0 as `subject`, from before there were several staff chats, is the main one.
    """

    first: int | None = None


async def tell_staff(session: AsyncSession, dead: DeadUpdate, *, now: datetime) -> None:
    """Tell staff that an update was set aside: at once, or later together with others.

    A notice has the number of the first update, and counts them when it is composed.
    """
    chat_id = dead.staff_chat_id
    told = await timers.find(session, StaffToldAgain, chat_id)
    if told is None:
        outbox.post(session, chat_id, UpdateSetAside(dead.id), now=now)
        await timers.set(session, StaffToldAgain(chat_id), now + TOLD_EVERY, now=now)
    elif told.first is None:
        await timers.amend(session, replace(told, first=dead.id))


@timers.does(StaffToldAgain)
async def tell_again(session: AsyncSession, due: StaffToldAgain, moment: Moment) -> datetime | None:
    """Tell what was set aside since; if nothing was, the next update is told at once."""
    if due.first is None:
        return None
    chat_id = (await staff_chats.home(session, due.subject)).chat_id
    if not await _waits(session, chat_id):
        outbox.post(session, chat_id, UpdateSetAside(due.first), now=moment.now)
    await timers.amend(session, replace(due, first=None))
    return moment.now + TOLD_EVERY


async def kept_since(session: AsyncSession, dead_update_id: int, chat_id: int) -> Sequence[int]:
    """List what this staff chat is told of: its updates from a number on that wait for a fix."""
    here = await staff_chats.belongs(session, DeadUpdate.staff_chat_id, chat_id)
    dead = select(DeadUpdate.id).where(
        DeadUpdate.id >= dead_update_id, DeadUpdate.replayed_at.is_(None), here
    )
    return (await session.scalars(dead.order_by(DeadUpdate.id))).all()


async def _waits(session: AsyncSession, chat_id: int) -> bool:
    """Whether a notice has not been composed yet, and so will count this update too."""
    waiting = select(Delivery.id).where(
        Delivery.chat_id == chat_id,
        Delivery.kind == UpdateSetAside.kind,
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
    )
    return await session.scalar(waiting.limit(1)) is not None
