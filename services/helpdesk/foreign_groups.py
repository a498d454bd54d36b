"""Groups that are no staff chats: the bot says so there, with the id that an operator needs."""

from datetime import datetime, timedelta

from sqlalchemy import exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.dialect import insert_new
from database.machinery import ForeignGroup
from database.models import MessageLink
from services import outbox
from services.notices import GroupIsNotStaff

# How often a former staff chat is told so, if people write there.
FORMER_TOLD_EVERY = timedelta(days=1)


async def tell(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Tell a group its id, once, so that an operator can find the staff chat's.

    A former staff chat is told again: people may still believe that the team reads it.
    """
    told = {"chat_id": chat_id, "told_at": now}
    if await insert_new(session, ForeignGroup, "chat_id", told) or await _tell_again(
        session, chat_id, now=now
    ):
        outbox.post(session, chat_id, GroupIsNotStaff(chat_id), now=now)


async def _tell_again(session: AsyncSession, chat_id: int, *, now: datetime) -> bool:
    """Whether it is a former staff chat that must be told again; if so, record it as told."""
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
