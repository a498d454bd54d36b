"""Reads Telegram's messages into the services' shapes."""

from datetime import UTC
from typing import Any

from aiogram.types import Message, User

from services.content import Content, Person

# What a copy or a file can carry to the other side. What is not here is answered with advice.
RELAYED_KINDS = frozenset(
    {
        "text",
        "photo",
        "document",
        "video",
        "animation",
        "voice",
        "audio",
        "video_note",
        "sticker",
        "location",
        "venue",
        "contact",
        "poll",
        "dice",
    }
)

# Telegram's own limit is 4096; what is so much longer is no message of a person's.
LONGEST_TEXT = 2**16

# A first and a last name of 64 characters each.
LONGEST_NAME = 129

_FILE_KINDS = frozenset(
    {"document", "video", "animation", "voice", "audio", "video_note", "sticker"}
)


class NotAMessage(Exception):
    """Telegram cannot have sent this."""


def person(user: User) -> Person:
    return Person(
        telegram_id=user.id,
        name=user.full_name[:LONGEST_NAME],
        username=user.username,
        language=user.language_code or "",
    )


def content(message: Message) -> Content:
    """Read what was written. Raises NotAMessage for what is too long for any."""
    file, text = _file(message), message.text or message.caption
    if text and len(text) > LONGEST_TEXT:
        raise NotAMessage(f"{len(text)} characters")
    entities = message.entities or message.caption_entities or []
    replied = message.reply_to_message
    return Content(
        chat_id=message.chat.id,
        message_id=message.message_id,
        kind=message.content_type,
        sent_at=message.date.astimezone(UTC),
        text=text,
        entities=[entity.model_dump(mode="json", exclude_none=True) for entity in entities],
        file_id=file.file_id if file else None,
        file_unique_id=file.file_unique_id if file else None,
        media_group_id=message.media_group_id,
        reply_to=replied.message_id if replied and replied.chat.id == message.chat.id else None,
    )


def first_word(message: Message) -> str:
    """Read how a message begins, as much of it as is worth repeating."""
    words = (message.text or message.caption or "").split(maxsplit=1)
    return words[0][:64] if words else ""


def _file(message: Message) -> Any:
    """Find the message's file; of a photo, the largest of its sizes."""
    if message.photo:
        return message.photo[-1]
    if message.content_type in _FILE_KINDS:
        return getattr(message, message.content_type)
    return None
