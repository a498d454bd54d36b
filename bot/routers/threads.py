"""Threads of a forum: whoever closes or reopens one, closes or reopens its ticket."""

from contextlib import suppress
from datetime import datetime

from aiogram import Bot, F, Router
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.acting_staff import require_say
from bot.reading.content import thread_of
from bot.reading.filters import InStaffChat, When
from bot.reading.members import Standing
from core.address import Place
from core.team import StaffChat
from database.models import Ticket, User
from database.team import Thread
from services import ticket_service as tickets
from services.helpdesk import thread_closing, threads
from services.problems import Problem, TicketAlreadyClosed, TicketNotClosed

router = Router(name="threads")
lines = Router(name="lines in threads")

# What Telegram says in a thread when we change it.
_CHANGED = When(F.forum_topic_edited | F.forum_topic_closed | F.forum_topic_reopened)


@lines.message(_CHANGED, InStaffChat())
async def told_of_change(message: Message, bot: Bot, session: AsyncSession, now: datetime) -> None:
    """Have the line about a change of ours deleted: everybody sees the thread itself.

    No ticket follows a closing of ours. But if its ticket is open by now, it is opened again.
    """
    if message.from_user is None or message.from_user.id != bot.id:
        return
    await threads.untell(session, Place(message.chat.id, message.message_id), now=now)
    is_closed = message.forum_topic_closed is not None
    thread = await threads.find(session, message.chat.id, thread_of(message))
    if thread is not None and message.forum_topic_edited is None:
        await thread_closing.turned(session, thread, is_closed=is_closed, now=now)


@router.message(When(F.forum_topic_closed | F.forum_topic_reopened))
async def turned(
    message: Message,
    session: AsyncSession,
    staff_chat: StaffChat,
    *,
    staff: User | None,
    standing: Standing,
    now: datetime,
) -> Problem | None:
    """Close or reopen the ticket; what becomes of the thread is noted also where that is refused.

    Then a thread that was closed is opened again: members can't write there.
    """
    is_closed = message.forum_topic_closed is not None
    thread = await threads.find(session, staff_chat.chat_id, thread_of(message))
    if thread is None:
        return None
    thread.is_closed = is_closed
    try:
        require_say(standing)
        ticket = await _ticket_in(session, thread)
        if ticket is not None:
            turn = tickets.close if is_closed else tickets.reopen
            with suppress(TicketAlreadyClosed, TicketNotClosed):
                await turn(session, ticket, by=staff, now=now)
    except Problem as problem:
        await thread_closing.turned(session, thread, is_closed=is_closed, now=now)
        return problem
    return None


async def _ticket_in(session: AsyncSession, thread: Thread) -> Ticket | None:
    """Get the ticket of a thread, if it has not left it."""
    ticket_id = await threads.ticket_id_in(session, thread.chat_id, thread.thread_id)
    if ticket_id is None:
        return None
    ticket = await tickets.get(session, ticket_id, staff_chat_id=thread.chat_id)
    return ticket if ticket.thread_id == thread.thread_id else None
