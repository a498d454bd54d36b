"""`/setup`: how the bot and the group are set up, and what to do about it."""

from aiogram import Router
from aiogram.methods import SendMessage
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.checkup import group, telegram
from bot.checkup.facts import Facts, Unsaid
from bot.checkup.line import Level, Line
from bot.reading.filters import staff_command
from bot.texts import set_up as texts
from core.team import StaffChat
from services.helpdesk import boards
from services.problems import SetUpUnknown

router = Router(name="set-up")

# In the order in which staff read them.
_SIGNS = {Level.WRONG: "❗", Level.ADVICE: "💡", Level.OK: "✅"}


@router.message(staff_command("setup"))
async def show(
    message: Message,
    session: AsyncSession,
    staff_chat: StaffChat,
    *,
    set_up: Facts | Unsaid | None,
) -> SendMessage:
    """Telegram is asked first, and the command handled again."""
    if not isinstance(set_up, Facts):
        raise SetUpUnknown
    has_board = await boards.of_chat(session, staff_chat.chat_id) is not None
    of_group = group.look(
        set_up.bot,
        set_up.group,
        mode=staff_chat.mode,
        is_main=staff_chat.is_main,
        has_board=has_board,
        deletes_topics=staff_chat.deletes_threads,
    )
    found = [*of_group, *telegram.look(set_up.bot)]
    lines = [_shown(line) for level in _SIGNS for line in found if line.level is level]
    return message.answer("\n".join([texts.heading(), *lines, texts.rest()]))


def _shown(line: Line) -> str:
    said = f"{_SIGNS[line.level]} {line.said}"
    return f"{said}\n→ {line.cure}" if line.cure else said
