"""The list of tickets that are not closed, and its pages."""

from datetime import date, tzinfo

from aiogram import Router
from aiogram.methods import EditMessageText, SendMessage
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards
from bot.callbacks import TicketsPage
from bot.reading.filters import staff_command
from bot.reading.pressed_message import pressed_message
from bot.texts import on_cards
from core.team import StaffChat
from services.helpdesk import lookup

router = Router(name="ticket list")


@router.message(staff_command("tickets"))
async def list_tickets(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, zone: tzinfo
) -> SendMessage:
    page = await lookup.page(session, 0, staff_chat_id=staff_chat.chat_id)
    words = on_cards.ticket_list(page, day, zone).as_kwargs()
    return message.answer(**words, reply_markup=keyboards.pages(page))


@router.callback_query(TicketsPage.filter())
async def turn_page(
    query: CallbackQuery,
    callback_data: TicketsPage,
    session: AsyncSession,
    staff_chat: StaffChat,
    day: date,
    zone: tzinfo,
) -> EditMessageText:
    pressed = pressed_message(query)
    page = await lookup.page(session, callback_data.number, staff_chat_id=staff_chat.chat_id)
    return EditMessageText(
        chat_id=pressed.chat.id,
        message_id=pressed.message_id,
        **on_cards.ticket_list(page, day, zone).as_kwargs(),
        reply_markup=keyboards.pages(page),
    )
