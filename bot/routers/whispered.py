"""What somebody wrote to the bot alone, in a group: a question, or nothing that goes anywhere.

Such messages have no id that could be stored, quoted or reacted to, and colleagues don't see them:
nothing is changed by one, and none reaches a user.
"""

from aiogram import Router
from aiogram.types import Message

from bot.reading.acting_staff import require_say
from bot.reading.filters import InStaffChat, staff_command
from bot.reading.members import Standing
from bot.whispers import QUESTIONS
from services.problems import SeenByNobody

router = Router(name="whispered")


@router.edited_message()
@router.message(~InStaffChat())
async def for_nobody(message: Message) -> None:
    """Ignore it: only in a staff chat has anybody something to say to us alone."""


@router.message(~staff_command(*QUESTIONS))
async def not_a_question(message: Message, standing: Standing) -> None:
    require_say(standing)
    raise SeenByNobody
