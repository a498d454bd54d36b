"""Updates that a replay must skip: something newer has happened since they were set aside."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, Update
from aiogram.types.update import UpdateTypeLookupError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import edited_at, place_of
from bot.reading.filters import begins_with_command, command_of
from bot.reading.update_json import as_dict, cleaned, origin
from bot.texts import commands
from services.helpdesk import kept_words, messages

# A press or a command counts only this long: it was about what was there at that time.
ACTS_WITHIN = timedelta(minutes=1)


async def is_overtaken(
    session: AsyncSession, raw: Mapping[str, Any], *, died_at: datetime, now: datetime
) -> bool:
    """Whether the update counts as handled.

    It does if it is a message that is now stored or kept, an edit no newer than what is stored, or
    comes too late: a press, a command of staff, somebody who joined or left.
    """
    update = Update.model_validate(cleaned(raw))
    try:
        event = update.event
    except UpdateTypeLookupError:
        return False
    if isinstance(event, Message):
        if _is_late(event, now) and _commands(event):
            return True
        is_edit = update.edited_message is not None
        return await (_is_stored_as_edited if is_edit else _is_known)(session, event)
    acts = isinstance(event, CallbackQuery | ChatMemberUpdated)
    return acts and now - died_at > ACTS_WITHIN


def in_newest_wording(waiting: Mapping[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Give each message of a group its newest wording among the updates that were set aside.

    In its old wording it might be sent before its edit makes it a note.
    """
    newest: dict[tuple[int | None, int | None], Any] = {}
    found = []
    for dead_id, raw in reversed(list(waiting.items())):
        source = origin(raw)
        place = source.chat_id, source.message_id
        if "edited_message" in raw:
            newest.setdefault(place, raw["edited_message"])
        reworded = "message" in raw and not source.private and place in newest
        found.append((dead_id, raw | {"message": newest[place]} if reworded else raw))
    return dict(reversed(found))


def with_late_command_noted(raw: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Make a note of an album's item with a command that comes too late.

    A command makes a note of its album, so that nobody is sent the pictures beside it.
    """
    message = as_dict(raw.get("message"))
    if not message.get("media_group_id"):
        return raw
    event = Message.model_validate(cleaned(message))
    if not (_is_late(event, now) and _commands(event)):
        return raw
    noted = {"caption": f"// {event.caption}", "caption_entities": []}
    return raw | {"message": {**message, **noted}}


async def _is_known(session: AsyncSession, message: Message) -> bool:
    """Whether a message is stored or its words are kept, for example because of an edit."""
    place = place_of(message)
    return await messages.find(session, place) is not None or await kept_words.is_kept(
        session, place
    )


async def _is_stored_as_edited(session: AsyncSession, message: Message) -> bool:
    place, edited = place_of(message), edited_at(message)
    written, kept_edit = (
        await messages.find(session, place),
        await kept_words.edited_at(session, place),
    )
    if edited is not None and kept_edit is not None and kept_edit >= edited:
        return True
    if written is None or edited is None:
        return written is not None
    if written.edited_at is None:  # an edit that came before this was stored may be newer
        return written.revision > 0
    return written.edited_at >= edited


def _is_late(message: Message, now: datetime) -> bool:
    return now - message.date > ACTS_WITHIN


def _commands(message: Message) -> bool:
    """Whether staff gave a command that we know; private commands change nothing."""
    if message.chat.type == "private" or not begins_with_command(message):
        return False
    name, _ = command_of(message)
    return name in commands.of_staff()
