"""What staff write in a thread of a forum without replying to us: whether it is for a user."""

from typing import override

from aiogram.filters import Filter
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import beginning_of_thread, content, place_of, replied_to, thread_of
from bot.reading.filters import ReplyToBot
from core.team import StaffChat
from database.models import Direction
from services import links
from services.helpdesk import messages, threads


class InThread(Filter):
    """The message was written in a thread of a forum."""

    @override
    async def __call__(self, message: Message) -> bool:
        return thread_of(message) is not None


async def is_for_user(session: AsyncSession, message: Message, staff_chat: StaffChat) -> bool:
    """Whether it is about a ticket, so that it goes to the user, is kept as a note, or asked about.

    It is if it replies to us, unless staff talk below a note. In the thread of a ticket it is if
    the team chose so, unless it replies to a note or to other talk among staff; also after a switch
    to cards. In a thread that we began and don't know, nothing is passed over.
    """
    if await ReplyToBot()(message):
        return not await is_below_note(session, message)
    thread_id = thread_of(message)
    if thread_id is None:
        return False
    if await threads.ticket_id_in(session, staff_chat.chat_id, thread_id) is None:
        return _is_ours(message)
    if not staff_chat.hears_threads:
        return content(message).is_note
    return not await _is_talk(session, message)


async def is_below_note(session: AsyncSession, message: Message) -> bool:
    """Whether it replies to a message of ours that shows a note, and is not a note itself."""
    replied = replied_to(message)
    if replied is None or content(message).is_note:
        return False
    return await links.shows_note(session, place_of(replied))


def _is_ours(message: Message) -> bool:
    """Whether we began the thread, as far as the message says."""
    root, bot = beginning_of_thread(message), message.bot
    began = root.from_user if root is not None else None
    return began is not None and bot is not None and began.id == bot.id


async def _is_talk(session: AsyncSession, message: Message) -> bool:
    """Whether it replies to a note, or to what a colleague wrote that went to nobody."""
    replied = replied_to(message)
    if replied is None:
        return False
    written = await messages.find(session, place_of(replied))
    return written is None or written.direction is Direction.NOTE
