"""Presses of buttons. Their data may be forged: the ticket must be of the chat they come from."""

from datetime import date, datetime

from aiogram import Router
from aiogram.methods import AnswerCallbackQuery, EditMessageText
from aiogram.types import CallbackQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards
from bot.callbacks import (
    ChooseTicket,
    CloseThis,
    CloseTicket,
    ReopenThis,
    ReopenTicket,
    ResendDelivery,
    ResendFailed,
    ResendMissed,
    SettleKept,
    TakeThis,
    TakeTicket,
    TicketsPage,
)
from bot.reading.acting_staff import StaffMiddleware
from bot.reading.filters import InStaffChat
from bot.reading.ticket_reference import pressed_ticket, told_ticket
from bot.texts import names, on_cards, to_staff
from database.models import Ticket, User
from services import ticket_service as tickets
from services.helpdesk import hearing, lookup
from services.helpdesk import resend as resending
from services.problems import ButtonOutdated, NotForYou

router = Router(name="buttons")
staff_router = Router(name="staff buttons")
staff_router.callback_query.filter(InStaffChat())
staff_router.callback_query.middleware(StaffMiddleware())
others_router = Router(name="others' buttons")
# A router's own handlers come before those it includes, so this one has none.
router.include_routers(staff_router, others_router)


@staff_router.callback_query(TakeThis.filter())
@staff_router.callback_query(TakeTicket.filter())
async def take(
    query: CallbackQuery,
    callback_data: TakeTicket | TakeThis,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat_id)
    await tickets.take(session, ticket, by=staff, now=now)
    return query.answer(to_staff.taken())


@staff_router.callback_query(CloseThis.filter())
@staff_router.callback_query(CloseTicket.filter())
async def close(
    query: CallbackQuery,
    callback_data: CloseTicket | CloseThis,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat_id)
    await tickets.close(session, ticket, by=staff, now=now)
    return query.answer(to_staff.closed())


@staff_router.callback_query(ReopenThis.filter())
@staff_router.callback_query(ReopenTicket.filter())
async def reopen(
    query: CallbackQuery,
    callback_data: ReopenTicket | ReopenThis,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat_id)
    await tickets.reopen(session, ticket, by=staff, now=now)
    return query.answer(to_staff.reopened())


@staff_router.callback_query(ResendFailed.filter())
async def resend(
    query: CallbackQuery,
    callback_data: ResendFailed,
    session: AsyncSession,
    staff_chat_id: int,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat_id)
    failed, posted_at = callback_data.delivery_id, callback_data.posted_at
    notice_id = _notice_id(query, ticket)
    await resending.resend(
        session, ticket, failed, posted_at=posted_at, notice_id=notice_id, now=now
    )
    return query.answer(to_staff.sent_again())


@staff_router.callback_query(ResendMissed.filter())
async def resend_missed(
    query: CallbackQuery,
    callback_data: ResendMissed,
    session: AsyncSession,
    staff_chat_id: int,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat_id)
    notice_id = _notice_id(query, ticket)
    await resending.resend_missed(session, ticket, notice_id=notice_id, now=now)
    return query.answer(to_staff.sent_again())


@staff_router.callback_query(ResendDelivery.filter())
async def resend_unmarked(
    query: CallbackQuery,
    callback_data: ResendDelivery,
    session: AsyncSession,
    staff_chat_id: int,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await told_ticket(session, query, staff_chat_id)
    failed, notice_id = callback_data.delivery_id, _notice_id(query, ticket)
    await resending.resend(session, ticket, failed, notice_id=notice_id, now=now)
    return query.answer(to_staff.sent_again())


@staff_router.callback_query(SettleKept.filter())
async def settle_kept(
    query: CallbackQuery,
    callback_data: SettleKept,
    session: AsyncSession,
    staff_chat_id: int,
    day: date,
    now: datetime,
) -> EditMessageText:
    settled = await hearing.settle(
        session,
        callback_data.mark,
        as_note=callback_data.as_note,
        staff_chat_id=staff_chat_id,
        now=now,
    )
    ticket = settled.ticket
    number = names.number(ticket.daily_id, ticket.opened_on, day)
    if not settled.as_note:
        return _becomes(query, to_staff.kept_sent(number, ticket.user))
    words = to_staff.kept_taken_back if settled.taken_back else to_staff.kept_noted
    return _becomes(query, words(number))


@staff_router.callback_query(ChooseTicket.filter())
async def choose_ticket(
    query: CallbackQuery,
    callback_data: ChooseTicket,
    session: AsyncSession,
    staff_chat_id: int,
    day: date,
    now: datetime,
) -> EditMessageText:
    mark, choice = callback_data.mark, callback_data.choice
    ticket = await hearing.adopt(session, mark, choice, staff_chat_id=staff_chat_id, now=now)
    number = names.number(ticket.daily_id, ticket.opened_on, day)
    return _becomes(query, to_staff.kept_assigned(number, ticket.user))


@staff_router.callback_query(TicketsPage.filter())
async def turn_page(
    query: CallbackQuery,
    callback_data: TicketsPage,
    session: AsyncSession,
    staff_chat_id: int,
    day: date,
) -> EditMessageText:
    page = await lookup.page(session, callback_data.number, staff_chat_id=staff_chat_id)
    return EditMessageText(
        chat_id=query.message.chat.id if query.message else None,
        message_id=query.message.message_id if query.message else None,
        text=on_cards.ticket_list(page, day),
        reply_markup=keyboards.pages(page),
    )


@staff_router.callback_query()
async def outdated(query: CallbackQuery) -> None:
    raise ButtonOutdated


@others_router.callback_query()
async def not_for_you(query: CallbackQuery) -> None:
    raise NotForYou


def _notice_id(query: CallbackQuery, ticket: Ticket) -> int | None:
    """Tell under which message it was pressed; None if the group has moved since."""
    notice = query.message
    return notice.message_id if notice and notice.chat.id == ticket.staff_chat_id else None


def _becomes(query: CallbackQuery, words: str) -> EditMessageText:
    """Put an outcome in the place of a question; its buttons go."""
    return EditMessageText(
        chat_id=query.message.chat.id if query.message else None,
        message_id=query.message.message_id if query.message else None,
        text=words,
    )
