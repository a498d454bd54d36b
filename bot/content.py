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

_FILE_KINDS = frozenset(
    {"document", "video", "animation", "voice", "audio", "video_note", "sticker"}
)


def person(user: User) -> Person:
    return Person(
        telegram_id=user.id,
        name=user.full_name,
        username=user.username,
        language=user.language_code or "",
    )


def content(message: Message) -> Content:
    file = _file(message)
    entities = message.entities or message.caption_entities or []
    replied = message.reply_to_message
    return Content(
        chat_id=message.chat.id,
        message_id=message.message_id,
        kind=message.content_type,
        sent_at=message.date.astimezone(UTC),
        text=message.text or message.caption,
        entities=[entity.model_dump(mode="json", exclude_none=True) for entity in entities],
        file_id=file.file_id if file else None,
        file_unique_id=file.file_unique_id if file else None,
        media_group_id=message.media_group_id,
        reply_to=replied.message_id if replied and replied.chat.id == message.chat.id else None,
    )


def _file(message: Message) -> Any:
    """Find the message's file; of a photo, the largest of its sizes."""
    if message.photo:
        return message.photo[-1]
    if message.content_type in _FILE_KINDS:
        return getattr(message, message.content_type)
    return None
