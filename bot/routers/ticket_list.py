"""The list of tickets that are not closed: its pages and filters, and the way to a ticket."""

from datetime import date, datetime, tzinfo

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards, whispers
from bot.callbacks import ShowTicket, TicketsPage
from bot.reading.filters import staff_command
from bot.reading.ticket_reference import pressed_ticket
from bot.texts import names
from bot.texts import ticket_list as texts
from bot.whispers import PageShown, Whispered
from core.team import StaffChat
from database.models import User
from services import ticket_service as tickets
from services.helpdesk import lookup, ticket_list
from services.helpdesk.ticket_list import Filter
from services.problems import ButtonOutdated

router = Router(name="ticket list")


@router.message(staff_command("tickets"))
async def list_tickets(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat: StaffChat,
    *,
    day: date,
    zone: tzinfo,
    now: datetime,
) -> Whispered:
    """List what waits, or say of the one ticket whose number was typed how it is."""
    typed, *_ = (command.args or "").split() or [""]
    if lookup.means_number(typed):
        ticket_id = await lookup.find_by_number(
            session, typed[:64], staff_chat_id=staff_chat.chat_id, command=command.command
        )
        line = await ticket_list.of_ticket(session, ticket_id)
        answer = message.answer(
            **texts.line(line, names.copyable(line.ticket, day), zone).as_kwargs(),
            reply_markup=keyboards.to_ticket(line, day),
        )
        return whispers.to_asker(message, answer, now=now)
    page = await ticket_list.page(session, staff_chat_id=staff_chat.chat_id)
    words = texts.ticket_list(page, day, zone).as_kwargs()
    answer = message.answer(**words, reply_markup=keyboards.ticket_list(page, day))
    return whispers.to_asker(message, answer, now=now)


@router.callback_query(TicketsPage.filter())
async def turn_page(
    query: CallbackQuery,
    callback_data: TicketsPage,
    *,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    zone: tzinfo,
) -> PageShown:
    page = await ticket_list.page(
        session,
        callback_data.which,
        callback_data.number,
        staff_chat_id=staff_chat.chat_id,
        owner=await _owner(session, callback_data, staff),
    )
    words = texts.ticket_list(page, day, zone).as_kwargs()
    keyboard = keyboards.ticket_list(page, day)
    return whispers.changed(query, words["text"], words["entities"], keyboard)


@router.callback_query(ShowTicket.filter())
async def show(
    query: CallbackQuery,
    callback_data: ShowTicket,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    await tickets.show(session, ticket, now=now)
    return query.answer()


async def _owner(session: AsyncSession, button: TicketsPage, staff: User | None) -> User | None:
    """Get whose tickets are to be listed; None if everybody's are."""
    if button.which is not Filter.MINE:
        return None
    owner = staff if button.owner_id is None else await session.get(User, button.owner_id)
    if owner is None:
        raise ButtonOutdated
    return owner
