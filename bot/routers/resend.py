"""*Send again*, the button under notices about what did not arrive."""

from datetime import datetime

from aiogram import Router
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import ResendDelivery, ResendFailed, ResendMissed
from bot.reading.pressed_message import message_with_button
from bot.reading.ticket_reference import pressed_ticket, told_ticket
from bot.texts import to_staff
from core.team import StaffChat
from database.models import Ticket
from services.helpdesk import failure_notices
from services.helpdesk import resend as resending

router = Router(name="resend")


@router.callback_query(ResendFailed.filter())
async def resend(
    query: CallbackQuery,
    callback_data: ResendFailed,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    failed, posted_at = callback_data.delivery_id, callback_data.posted_at
    notice_id = _notice_id(query, ticket)
    await resending.resend(
        session, ticket, failed, posted_at=posted_at, notice_id=notice_id, now=now
    )
    return query.answer(to_staff.sent_again())


@router.callback_query(ResendMissed.filter())
async def resend_missed(
    query: CallbackQuery,
    callback_data: ResendMissed,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await pressed_ticket(session, query, callback_data, staff_chat)
    since, notice_id = failure_notices.since(callback_data.since), _notice_id(query, ticket)
    await resending.resend_missed(session, ticket, since=since, notice_id=notice_id, now=now)
    return query.answer(to_staff.sent_again())


@router.callback_query(ResendDelivery.filter())
async def resend_unmarked(
    query: CallbackQuery,
    callback_data: ResendDelivery,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
) -> AnswerCallbackQuery:
    ticket = await told_ticket(session, query, staff_chat)
    failed, notice_id = callback_data.delivery_id, _notice_id(query, ticket)
    await resending.resend(session, ticket, failed, notice_id=notice_id, now=now)
    return query.answer(to_staff.sent_again())


def _notice_id(query: CallbackQuery, ticket: Ticket) -> int | None:
    """Give the id of the message with the button; None if it has none, or the group has moved."""
    notice = message_with_button(query)
    return notice.message_id if notice and notice.chat.id == ticket.staff_chat_id else None
