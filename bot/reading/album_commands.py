"""Keeps an album with a command in it among staff."""

from collections.abc import Awaitable, Callable
from typing import Any, override

from aiogram import BaseMiddleware
from aiogram.types import Message, TelegramObject

from bot.reading.acting_staff import writer
from bot.reading.content import content, first_word
from bot.reading.filters import ReplyToBot, begins_with_command
from bot.reading.members import Standing
from bot.reading.ticket_reference import replied_ticket
from database.models import KeptReason
from services.helpdesk import answers, hearing, kept_words
from services.problems import Problem, UnknownReply


class AlbumMiddleware(BaseMiddleware):
    """Makes a note of a command under a picture of an album, and so of the whole album.

    The items come one by one: those before it, which still wait for the rest, are taken back. It is
    a note whether the command is carried out or refused, so a refusal is returned, not raised.
    """

    @override
    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        if not isinstance(event, Message) or not await _commands_with_album(event, data):
            return await handler(event, data)
        shown: Any
        try:
            async with data["session"].begin_nested():
                shown = await handler(event, data)
        except UnknownReply:
            raise  # the update is handled once more, when the link may be known
        except Problem as problem:
            shown = problem
        if data["standing"] is not Standing.OUTSIDE:
            await _note(event, data)
        return shown


async def _commands_with_album(message: Message, data: dict[str, Any]) -> bool:
    """Whether an album is a reply to us, and this item of it is handled as a command.

    An unknown command that names no bot may be a mistyped note (services/helpdesk/hearing.py).
    """
    if message.media_group_id is None or not begins_with_command(message):
        return False
    is_command = "command" in data or "@" in first_word(message)
    return is_command and await ReplyToBot()(message)


async def _note(message: Message, data: dict[str, Any]) -> None:
    session, now, staff_chat = data["session"], data["now"], data["staff_chat"]
    try:
        ticket = await replied_ticket(session, message, staff_chat)
    except Problem:
        return  # a reply to a message that belongs to no ticket goes to nobody
    by = await writer(message, session, now)
    await answers.write(session, ticket, content(message), by=by, now=now, as_note=True)
    beside = await kept_words.album(session, message.chat.id, message.media_group_id)
    if beside and beside[0].reason is KeptReason.SLIP:
        mark = beside[0].mark
        await hearing.settle(session, mark, as_note=True, staff_chat_id=staff_chat.chat_id, now=now)
