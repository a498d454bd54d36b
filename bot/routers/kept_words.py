"""The buttons that decide what becomes of kept words."""

from datetime import date, datetime

from aiogram import Router
from aiogram.methods import EditMessageText
from aiogram.types import CallbackQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import ChooseTicket, SettleKept
from bot.reading.pressed_message import pressed_message
from bot.texts import names, to_staff
from core.team import StaffChat
from services.helpdesk import hearing

router = Router(name="kept words")


@router.callback_query(SettleKept.filter())
async def settle_kept(
    query: CallbackQuery,
    callback_data: SettleKept,
    session: AsyncSession,
    staff_chat: StaffChat,
    day: date,
    now: datetime,
) -> EditMessageText:
    settled = await hearing.settle(
        session,
        callback_data.mark,
        as_note=callback_data.as_note,
        staff_chat_id=staff_chat.chat_id,
        now=now,
    )
    ticket = settled.ticket
    number = names.number(ticket.daily_id, ticket.opened_on, day)
    if not settled.as_note:
        return _becomes(query, to_staff.kept_sent(number, ticket.user))
    words = to_staff.kept_taken_back if settled.taken_back else to_staff.kept_noted
    return _becomes(query, words(number))


@router.callback_query(ChooseTicket.filter())
async def choose_ticket(
    query: CallbackQuery,
    callback_data: ChooseTicket,
    session: AsyncSession,
    staff_chat: StaffChat,
    day: date,
    now: datetime,
) -> EditMessageText:
    mark, choice = callback_data.mark, callback_data.choice
    ticket = await hearing.adopt(session, mark, choice, staff_chat_id=staff_chat.chat_id, now=now)
    number = names.number(ticket.daily_id, ticket.opened_on, day)
    return _becomes(query, to_staff.kept_assigned(number, ticket.user))


def _becomes(query: CallbackQuery, words: str) -> EditMessageText:
    """Replace the question and its buttons with the outcome."""
    pressed = pressed_message(query)
    return EditMessageText(chat_id=pressed.chat.id, message_id=pressed.message_id, text=words)
