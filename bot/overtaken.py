"""What a replay leaves alone: something newer has happened since the update was set aside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, Update
from aiogram.types.update import UpdateTypeLookupError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import texts
from bot.content import edited_at
from bot.filters import begins_with_command
from bot.raw import cleaned
from services import kept, messages

# Who pressed or commanded meant what was there then.
ACTS_WITHIN = timedelta(minutes=1)


async def is_overtaken(
    session: AsyncSession, raw: Mapping[str, Any], *, died_at: datetime, now: datetime
) -> bool:
    """Whether the update counts as handled.

    A message that is stored or kept by now, an edit that is not newer than what is stored, and
    late: a press, a command of the staff's, somebody's coming or going.
    """
    update = Update.model_validate(cleaned(raw))
    try:
        event = update.event
    except UpdateTypeLookupError:
        return False
    if isinstance(event, Message):
        late = now - event.date > ACTS_WITHIN
        return (late and _commands(event)) or await _is_stored(session, event)
    acts = isinstance(event, CallbackQuery | ChatMemberUpdated)
    return acts and now - died_at > ACTS_WITHIN


async def _is_stored(session: AsyncSession, message: Message) -> bool:
    written = await messages.find(session, message.chat.id, message.message_id)
    edited = edited_at(message)
    if written is None:  # by an edit, its words may be kept
        return edited is None and await kept.is_kept(session, message.chat.id, message.message_id)
    if edited is None:
        return True
    if written.edited_at is None:  # an edit that came before this was written down may be newer
        return written.revision > 0
    return written.edited_at >= edited


def _commands(message: Message) -> bool:
    """Whether staff gave a command that we know; in private a command changes nothing."""
    if message.chat.type == "private" or not begins_with_command(message):
        return False
    name, *_ = (message.text or "").removeprefix("/").split(maxsplit=1) or [""]
    return name.partition("@")[0].lower() in texts.staff_commands()
