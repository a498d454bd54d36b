"""`/board`: a pinned message that says what waits; services/helpdesk/boards.py keeps it true."""

from datetime import datetime

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.methods import SendMessage
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.checkup import group
from bot.checkup.facts import Facts, Unsaid
from bot.reading.filters import staff_command
from bot.texts import board as texts
from core.team import StaffChat
from services.helpdesk import boards
from services.problems import BoardOnOrOff, SetUpUnknown

router = Router(name="board")


@router.message(staff_command("board"))
async def turn(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
    *,
    set_up: Facts | Unsaid | None,
) -> SendMessage | None:
    """Turn it on or off; Telegram is asked first whether it can be pinned."""
    match (command.args or "").strip().lower():
        case "on":
            if set_up is None:
                raise SetUpUnknown
            await boards.turn_on(session, staff_chat.chat_id, now=now)
            if isinstance(set_up, Facts) and not group.may_pin(set_up.group):
                return message.answer(texts.is_unpinned())
        case "off":
            await boards.turn_off(session, staff_chat.chat_id, now=now)
        case _:
            raise BoardOnOrOff
    return None
