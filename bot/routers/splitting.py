"""What a user wrote from one message on becomes a ticket of its own."""

from datetime import date, datetime

from aiogram import Router
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import content
from bot.reading.filters import ReplyToBot, staff_command
from bot.reading.ticket_reference import replied_ticket
from core.team import StaffChat
from database.models import User
from services.helpdesk import splitting
from services.problems import SeveralTicketsShown, SplitUnclear

router = Router(name="splitting")


@router.message(staff_command("split"))
async def split(
    message: Message,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    now: datetime,
) -> None:
    if not await ReplyToBot()(message):
        raise SplitUnclear
    try:
        ticket = await replied_ticket(session, message, staff_chat)
    except SeveralTicketsShown as several:
        raise SplitUnclear from several
    await splitting.split(session, ticket, content(message), by=staff, day=day, now=now)
