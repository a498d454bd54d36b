"""The buttons under the words that tell a user which ticket a message joined: they move it."""

from datetime import date, datetime

from aiogram import Router
from aiogram.methods import EditMessageText
from aiogram.types import CallbackQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards
from bot.callbacks import MoveQuestion
from bot.reading.content import person, place_of
from bot.reading.pressed_message import pressed_private_message
from bot.texts import names, to_users
from services.helpdesk import current, rejoining

router = Router(name="rejoining")


@router.callback_query(MoveQuestion.filter())
async def move(
    query: CallbackQuery,
    callback_data: MoveQuestion,
    session: AsyncSession,
    day: date,
    now: datetime,
) -> EditMessageText:
    pressed, message_id = pressed_private_message(query), callback_data.message_id
    ticket = await rejoining.move(
        session,
        person(query.from_user),
        message_id,
        callback_data.ticket_id,
        callback_data.mark,
        told_at=place_of(pressed),
        now=now,
    )
    others = await current.others_open(session, ticket)
    return EditMessageText(
        chat_id=pressed.chat.id,
        message_id=pressed.message_id,
        text=to_users.question_moved(names.number(ticket.daily_id, ticket.opened_on, day)),
        reply_markup=keyboards.move_question(message_id, others, day),
    )
