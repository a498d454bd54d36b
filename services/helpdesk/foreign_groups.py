"""Groups that are no staff chats: an operator finds their ids there, and people hear it."""

from datetime import datetime, timedelta

from sqlalchemy import exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.dialect import insert_new
from database.machinery import ForeignGroup
from database.models import MessageLink
from services import outbox
from services.notices import GroupIsNotStaff

# A former staff chat in which people write is told this often that it is none.
FORMER_TOLD_EVERY = timedelta(days=1)


async def tell(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Say a group's id in it, once for ever, so that an operator can find the staff chat's.

    A former staff chat hears it again, for there people may still take it for the team's.
    """
    told = {"chat_id": chat_id, "told_at": now}
    if await insert_new(session, ForeignGroup, "chat_id", told) or await _tell_again(
        session, chat_id, now=now
    ):
        outbox.post(session, chat_id, GroupIsNotStaff(chat_id), now=now)


async def _tell_again(session: AsyncSession, chat_id: int, *, now: datetime) -> bool:
    """Whether it is a former staff chat, and is to be told again; that counts as told."""
    again = (
        update(ForeignGroup)
        .where(
            ForeignGroup.chat_id == chat_id,
            ForeignGroup.told_at <= now - FORMER_TOLD_EVERY,
            exists().where(MessageLink.chat_id == chat_id),
        )
        .values(told_at=now)
        .returning(ForeignGroup.chat_id)
    )
    return await session.scalar(again) is not None
