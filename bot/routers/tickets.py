"""Take, close and reopen: the command, and the button on a card or under "Which one?"."""

from datetime import datetime

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import CloseThis, ReopenThis, TakeThis
from bot.card_buttons import CloseTicket, ReopenTicket, TakeTicket
from bot.reading.filters import staff_command
from bot.reading.ticket_reference import named_ticket, pressed_ticket
from bot.texts import to_staff
from core.team import StaffChat
from database.models import User
from services import ticket_service as tickets
from services.helpdesk import owners

router = Router(name="tickets")


@router.message(staff_command("take"))
async def take(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> None:
    ticket, _ = await named_ticket(session, message, command, staff_chat)
    await owners.take(session, ticket, by=staff, now=now, over=True)


@router.callback_query(TakeThis.filter())
@router.callback_query(TakeTicket.filter())
async def take_pressed(
    query: CallbackQuery,
    callback_data: TakeTicket | TakeThis,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    await owners.take(session, ticket, by=staff, now=now)
    return query.answer(to_staff.taken())


@router.message(staff_command("close"))
async def close(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> None:
    ticket, reason = await named_ticket(session, message, command, staff_chat)
    await tickets.close(session, ticket, by=staff, now=now, reason=reason)


@router.callback_query(CloseThis.filter())
@router.callback_query(CloseTicket.filter())
async def close_pressed(
    query: CallbackQuery,
    callback_data: CloseTicket | CloseThis,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    await tickets.close(session, ticket, by=staff, now=now)
    return query.answer(to_staff.closed())


@router.message(staff_command("reopen"))
async def reopen(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> None:
    ticket, _ = await named_ticket(session, message, command, staff_chat)
    await tickets.reopen(session, ticket, by=staff, now=now)


@router.callback_query(ReopenThis.filter())
@router.callback_query(ReopenTicket.filter())
async def reopen_pressed(
    query: CallbackQuery,
    callback_data: ReopenTicket | ReopenThis,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    await tickets.reopen(session, ticket, by=staff, now=now)
    return query.answer(to_staff.reopened())
