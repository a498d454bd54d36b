"""Edits of replies in the staff chat that were not taken in themselves.

The reply was refused, set aside, or never given to us by Telegram: its edit is taken as the reply.
"""

from datetime import timedelta

from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import edited_at
from bot.reading.filters import ReplyToBot, begins_with_command, command_of
from bot.reading.kinds import RELAYED, kind_of
from bot.reading.thread_words import is_below_note
from bot.texts import commands
from services.helpdesk import done_commands

# After this time the message may have been handled before a backup was restored.
WITHIN = timedelta(hours=48)


async def is_new_reply(session: AsyncSession, message: Message) -> bool:
    """Whether an edited message that is not stored is to be taken as a new reply.

    Not if it is a command, which an edit never gives, or was one and is done, nor if staff talk
    below a note.
    """
    edited = edited_at(message)
    if edited is None or edited - message.date > WITHIN or kind_of(message) not in RELAYED:
        return False
    if not await ReplyToBot()(message) or _commands(message):
        return False
    if await is_below_note(session, message):
        return False
    return not await done_commands.was_done(
        session, message.chat.id, message.message_id, since=message.date
    )


def _commands(message: Message) -> bool:
    """Whether it begins with a command that we know, or that names a bot."""
    if not begins_with_command(message):
        return False
    name, names_a_bot = command_of(message)
    return names_a_bot or name in commands.of_staff()
