"""Turns Telegram's messages into the services' `Content`."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aiogram.types import InaccessibleMessage, Message, User
from pydantic import BaseModel

from bot.client import Sent
from bot.reading import kinds
from bot.reading.beginnings import beginning
from bot.reading.update_model import UNREAD
from core.address import Place
from core.text import LONGEST_NAME, rest, utf16_len
from database.models import ContentKind
from services.helpdesk.content import SHORTENED, Content, Person

# Telegram's own limit is 4096; nothing this long is a person's message.
LONGEST_TEXT = 2**16

# Fields that are sent on as they came: useless unless aiogram could read them.
_SENT_ALONG = frozenset(
    {"has_media_spoiler", "link_preview_options", "quote", "show_caption_above_media"}
)

# What else a message may have besides text and file, and how much of that is kept, as JSON.
_TOLD = kinds.RELAYED - {"text"} | {"forward_origin"}
_DETAILS = _TOLD | _SENT_ALONG
LONGEST_DETAILS = 2**16


class NotAMessage(Exception):
    """Telegram cannot have sent this."""


def person(user: User) -> Person:
    return Person(
        telegram_id=user.id,
        name=user.full_name[:LONGEST_NAME],
        username=user.username,
        language=user.language_code or "",
    )


def place_of(message: Message | InaccessibleMessage) -> Place:
    """Tell where a message is; all that we hear of is in the bot's own chats."""
    return Place(message.chat.id, message.message_id)


def thread_of(message: Message | Sent) -> int | None:
    """Tell in which thread of a forum a message is; None for General.

    Elsewhere Telegram's `message_thread_id` counts replies, and no message can be sent to it
    (tdlib/telegram-bot-api#356).
    """
    return message.message_thread_id if message.is_topic_message else None


def replied_to(message: Message) -> Message | None:
    """Give the message that this one replies to.

    In a thread, what replies to nothing comes as a reply to the message that began the thread
    (aiogram/aiogram#1511): that is none. What replies to a message of another thread of the same
    chat says only which one that is, and whose.
    """
    replied = message.reply_to_message
    if replied is None or _begins_thread(replied, message):
        return _in_another_thread(message)
    return replied


def replies_out(message: Message) -> bool:
    """Whether it replies to a message of another thread."""
    replied = replied_to(message)
    return replied is not None and replied is not message.reply_to_message


def _in_another_thread(message: Message) -> Message | None:
    """Give what is known of a message of another thread that this one replies to."""
    outside = message.external_reply
    if outside is None or outside.chat is None or outside.message_id is None:
        return None
    if outside.chat.id != message.chat.id:
        return None
    replied = Message(
        message_id=outside.message_id,
        date=outside.origin.date,
        chat=outside.chat,
        from_user=getattr(outside.origin, "sender_user", None),
        sender_chat=getattr(outside.origin, "sender_chat", None),
    )
    return replied.as_(message.bot)


def beginning_of_thread(message: Message) -> Message | None:
    """Give the message that began the thread, if this one replies to nothing in it."""
    replied = message.reply_to_message
    return replied if replied is not None and _begins_thread(replied, message) else None


def _begins_thread(replied: Message, message: Message) -> bool:
    is_first = message.is_topic_message and replied.message_id == message.message_thread_id
    return bool(is_first) or replied.forum_topic_created is not None


def content(message: Message) -> Content:
    """Read what was written. Raises NotAMessage if it is too long, or has no id to be known by."""
    if not message.message_id:
        raise NotAMessage("without an id")
    kind, text = kinds.kind_of(message), message.text or message.caption or None
    file = _file(message, kind)
    if text and len(text) > LONGEST_TEXT:
        raise NotAMessage(f"{len(text)} characters")
    entities = message.entities or message.caption_entities or []
    replied = replied_to(message)
    said = _said(message, kind)
    return Content(
        chat_id=message.chat.id,
        message_id=message.message_id,
        kind=kind,
        sent_at=message.date.astimezone(UTC),
        edited_at=edited_at(message),
        text=text,
        entities=[entity.model_dump(mode="json", exclude_none=True) for entity in entities],
        file_id=file.file_id if file else None,
        file_unique_id=file.file_unique_id if file else None,
        media_group_id=message.media_group_id,
        reply_to=replied.message_id if replied and replied.chat.id == message.chat.id else None,
        details=_details(said),
        beginning=beginning(kind, said) if not text else "",
        quoted_from_end=_quoted_from_end(message),
        thread_id=thread_of(message),
    )


def without_command(written: Content) -> Content:
    """Leave out the command at the beginning, and the space after it."""
    said = written.text or ""
    _, *more = said.split(maxsplit=1)
    text, entities = rest(said, written.entities, len(said) - len("".join(more)))
    details = written.details | {SHORTENED: True}
    return replace(written, text=text or None, entities=entities, details=details)


def edited_at(message: Message) -> datetime | None:
    """Read when a message was last edited; Telegram counts in whole seconds."""
    return datetime.fromtimestamp(message.edit_date, UTC) if message.edit_date else None


def first_word(message: Message) -> str:
    """Read how a message begins, as much of it as is worth quoting."""
    words = (message.text or message.caption or "").split(maxsplit=1)
    return words[0][:64] if words else ""


def typed_command(message: Message) -> str:
    """Read the command as it was typed, without the name of the bot."""
    return first_word(message).partition("@")[0]


def _file(message: Message, kind: str) -> Any:
    """Find the message's file; of a photo, the largest of its sizes."""
    if kind == ContentKind.PHOTO:
        return message.photo[-1] if message.photo else None
    return getattr(message, kind, None) if kind in kinds.FILES else None


def _said(message: Message, kind: str) -> dict[str, Any]:
    """Read the other fields of the message, as Telegram sent them.

    For an unknown kind, these are all the fields that we don't know.
    """
    said = {name: _plain(getattr(message, name)) for name in message.model_fields_set & _DETAILS}
    if message.model_extra:
        said |= _unread(message.model_extra, kind)
    return said


def _details(said: dict[str, Any]) -> dict[str, Any]:
    """Keep these fields; if they are too long, drop the largest."""
    found = dict(said)
    while found and len(json.dumps(found)) > LONGEST_DETAILS:
        del found[max(found, key=lambda name: len(json.dumps(found[name])))]
    return found


def _quoted_from_end(message: Message) -> int:
    """Give the quote's place, counted from the end: what we put before people's words varies."""
    quote, replied = message.quote, message.reply_to_message
    if quote is None or replied is None or replies_out(message):
        return 0
    return utf16_len(replied.text or replied.caption or "") - quote.position


def _unread(extra: dict[str, Any], kind: str) -> dict[str, Any]:
    unread = {name: value for name, value in extra.get(UNREAD, {}).items() if name in _TOLD}
    unknown = {name: value for name, value in extra.items() if name != UNREAD}
    return unread | (unknown if kind == ContentKind.UNKNOWN else {})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    return [_plain(one) for one in value] if isinstance(value, list) else value
