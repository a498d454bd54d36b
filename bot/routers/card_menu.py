"""What is on a card beside Take, Close and Reopen: who has the ticket, and the menu."""

from datetime import date, datetime

from aiogram import Router
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteEphemeralMessage,
    DeleteMessage,
    SendMessage,
)
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import card_buttons, whispers
from bot.card_buttons import (
    CloseMenu,
    HowToAnswer,
    OpenMenu,
    ReleaseTicket,
    TakeOver,
)
from bot.reading.content import thread_of
from bot.reading.ticket_reference import pressed_ticket
from bot.texts import names, on_cards, to_staff
from bot.whispers import PressAnswered, UsedUp
from core.team import StaffChat
from database.models import Ticket, User
from services.helpdesk import card_menu, owners

router = Router(name="card menu")


@router.callback_query(TakeOver.filter())
async def take_over(
    query: CallbackQuery,
    callback_data: TakeOver,
    *,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    owner = await owners.take_over(session, ticket, by=staff, now=now)
    if owner is None:
        return query.answer(to_staff.taken())
    number = names.number(ticket.daily_id, ticket.opened_on, day)
    return query.answer(to_staff.ask_before_taking_over(number, owner), show_alert=True)


@router.callback_query(OpenMenu.filter())
async def open_menu(
    query: CallbackQuery,
    callback_data: OpenMenu,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    *,
    day: date,
    now: datetime,
    may_whisper: bool,
) -> PressAnswered | AnswerCallbackQuery:
    """Show the menu to whoever pressed; or else to all, as a change of the card like any other."""
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    card_menu.require_one(ticket)
    if may_whisper and staff is not None:
        return whispers.answer_press(query, _menu(query, ticket, staff_chat, staff, day))
    await card_menu.open_(session, ticket, now=now)
    return query.answer()


@router.callback_query(CloseMenu.filter())
async def close_menu(
    query: CallbackQuery,
    callback_data: CloseMenu,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
) -> AnswerCallbackQuery | DeleteMessage | DeleteEphemeralMessage:
    if whispers.is_whispered(query):
        return whispers.removed(query)
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    await card_menu.close(session, ticket, now=now)
    return query.answer()


@router.callback_query(ReleaseTicket.filter())
async def release(
    query: CallbackQuery,
    callback_data: ReleaseTicket,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery | UsedUp:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    await owners.release(session, ticket, by=staff, now=now)
    return whispers.used_up(query, query.answer(to_staff.released()))


@router.callback_query(HowToAnswer.filter())
async def how_to_answer(
    query: CallbackQuery,
    callback_data: HowToAnswer,
    session: AsyncSession,
    staff_chat: StaffChat,
) -> AnswerCallbackQuery | UsedUp:
    await pressed_ticket(session, query, callback_data, staff_chat)
    return whispers.used_up(query, query.answer(to_staff.how_to_answer(), show_alert=True))


def _menu(
    query: CallbackQuery, ticket: Ticket, staff_chat: StaffChat, staff: User, day: date
) -> SendMessage:
    """Word the menu for one of the staff, who sees it at the end of the chat, not by the card."""
    pressed = query.message
    return SendMessage(
        chat_id=staff_chat.chat_id,
        message_thread_id=thread_of(pressed) if isinstance(pressed, Message) else None,
        **on_cards.menu(ticket, day).as_kwargs(),
        reply_markup=card_buttons.whispered_menu(ticket, staff),
    )
