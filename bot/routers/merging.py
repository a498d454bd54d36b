"""Two tickets of one user become one."""

from datetime import datetime

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.filters import staff_command
from bot.reading.ticket_reference import two_tickets
from core.team import StaffChat
from database.models import User
from services.helpdesk import merging

router = Router(name="merging")


@router.message(staff_command("merge"))
async def merge(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> None:
    survivor_id, other_id = await two_tickets(session, message, command, staff_chat)
    chat_id = staff_chat.chat_id
    await merging.merge(session, survivor_id, other_id, staff_chat_id=chat_id, by=staff, now=now)
