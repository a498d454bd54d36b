"""Another ticket beside the open ones: `/new`, and the button under a confirmation."""

from datetime import date, datetime

from aiogram import Router
from aiogram.methods import EditMessageText, SendMessage
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards
from bot.callbacks import NeverMind, StartAnother
from bot.reading.content import person
from bot.reading.filters import has_more, private_command
from bot.reading.pressed_message import pressed_private_message
from bot.routers.questions import question
from bot.texts import to_users
from core.team import StaffChat
from services.helpdesk import another
from services.problems import OfferIsOver

router = Router(name="another ticket")


@router.message(private_command("new"))
async def new(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> SendMessage | None:
    """Open a ticket with the words after the command, or with what comes next."""
    if has_more(message) or message.from_user is None:
        await question(message, session, staff_chat, day, now)
        return None
    await another.wish(session, person(message.from_user), now=now)
    return message.answer(to_users.another_awaited(), reply_markup=keyboards.never_mind())


@router.callback_query(StartAnother.filter())
async def start_another(query: CallbackQuery, session: AsyncSession, now: datetime) -> SendMessage:
    pressed = pressed_private_message(query)
    if now - pressed.date > another.OFFERED_FOR:
        raise OfferIsOver
    await another.wish(session, person(query.from_user), now=now)
    return pressed.answer(to_users.another_awaited(), reply_markup=keyboards.never_mind())


@router.callback_query(NeverMind.filter())
async def never_mind(query: CallbackQuery, session: AsyncSession, now: datetime) -> EditMessageText:
    pressed = pressed_private_message(query)
    await another.drop(session, person(query.from_user), now=now)
    return EditMessageText(
        chat_id=pressed.chat.id, message_id=pressed.message_id, text=to_users.another_dropped()
    )
