"""Users who block the bot, and those who come back."""

from datetime import datetime

from aiogram import Router
from aiogram.types import ChatMemberUpdated
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import person
from services.helpdesk import people

router = Router(name="blocking")


@router.my_chat_member()
async def membership(event: ChatMemberUpdated, session: AsyncSession, now: datetime) -> None:
    """Note that the user blocked the bot, or came back."""
    if event.new_chat_member.status == "kicked":
        await people.blocked(session, event.chat.id, now=now)
    else:
        user = await people.remember(session, person(event.from_user), now=now)
        await people.came_back(session, user, now=now)
