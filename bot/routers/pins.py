"""Pins of ours: everybody sees what is pinned, so the line that tells of it is deleted."""

from datetime import datetime

from aiogram import Bot, F, Router
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.filters import InStaffChat, When
from core.address import Place
from services.helpdesk import boards, thread_pins

router = Router(name="pins of ours")


@router.message(When(F.pinned_message), InStaffChat())
async def told_of_pin(message: Message, bot: Bot, session: AsyncSession, now: datetime) -> None:
    """Have our own service message deleted, be it about a board or a card."""
    pinned, teller = message.pinned_message, message.from_user
    if pinned is not None and teller is not None and teller.id == bot.id:
        pin = Place(message.chat.id, pinned.message_id)
        await boards.untell(session, pin, message.message_id, now=now)
        await thread_pins.untell(session, pin, message.message_id, now=now)
