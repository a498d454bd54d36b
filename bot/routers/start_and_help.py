"""`/start` and `/help`, for users and for staff."""

import re
from datetime import date, datetime

from aiogram import Router
from aiogram.methods import SendMessage
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import whispers
from bot.entities import entities
from bot.i18n import spoken
from bot.reading.content import person
from bot.reading.filters import has_more, private_command, staff_command
from bot.routers.questions import question
from bot.texts import team_words, to_staff, to_users
from bot.whispers import Whispered
from core.team import StaffChat
from services.helpdesk import people, team_settings
from services.helpdesk.team_settings import Words

for_users = Router(name="help for users")
for_staff = Router(name="help for staff")

# What a link sends when it opens the chat (core.telegram.org/bots/features#deep-linking).
# Whoever types the same can't be told apart. Anything else was typed, and is passed on.
_DEEP_LINK = re.compile(r"/start ([A-Za-z0-9_-]{1,64})")


@for_users.message(private_command("start"))
async def start(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> SendMessage:
    link = _DEEP_LINK.fullmatch(message.text or "")
    if link is None:
        await _what_comes_with(message, session, staff_chat, day, now)
    elif message.from_user is not None:
        await people.came_by_link(session, person(message.from_user), link[1], now=now)
    own = await team_settings.words(session, Words.GREETING, spoken())
    text, spans = team_words.worded(Words.GREETING, own)
    return message.answer(text, entities=entities(spans), parse_mode=None)


@for_users.message(private_command("help"))
async def help_(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> SendMessage:
    await _what_comes_with(message, session, staff_chat, day, now)
    return message.answer(to_users.user_help())


async def _what_comes_with(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> None:
    """Pass on the words after a command, or the picture above it; a bare command is no question."""
    if has_more(message):
        await question(message, session, staff_chat, day, now)


@for_staff.message(staff_command("help", "start"))
async def staff_help(message: Message, now: datetime) -> Whispered:
    return whispers.to_asker(message, message.answer(to_staff.staff_help()), now=now)
