"""Content that is not text: copied from its source, by its file when the source is gone."""

from collections.abc import Callable, Sequence
from typing import Any

from aiogram.methods import (
    CopyMessage,
    EditMessageCaption,
    EditMessageMedia,
    SendAnimation,
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendPhoto,
    SendSticker,
    SendVideo,
    SendVideoNote,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import (
    InputMediaAnimation,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    ReplyParameters,
)

from bot import texts
from bot.call import Call, entities, reply, send_text
from core.text import split, utf16_len
from database.models import Message

# The kinds that Telegram groups into albums, and with which they go together
# (core.telegram.org/bots/api#sendmediagroup).
_ALBUMS = {"photo": "seen", "video": "seen", "document": "filed", "audio": "heard"}
ALBUM_LIMIT = 10

# What a bot may write under a file, in UTF-16 units (core.telegram.org/bots/api#sendphoto). A
# subscriber of Telegram Premium may write more, and copyMessage carries that along.
CAPTION_LIMIT = 1024

_BY_FILE: dict[str, Callable[..., TelegramMethod[Any]]] = {
    "photo": SendPhoto,
    "document": SendDocument,
    "video": SendVideo,
    "animation": SendAnimation,
    "voice": SendVoice,
    "audio": SendAudio,
    "video_note": SendVideoNote,
    "sticker": SendSticker,
}
_WITHOUT_CAPTION = frozenset({"video_note", "sticker"})
_INPUT_MEDIA: dict[str, Any] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "animation": InputMediaAnimation,
    "audio": InputMediaAudio,
    "document": InputMediaDocument,
}


def copy(message: Message, chat_id: int, *, reply_to: int | None) -> Call:
    """Copy the message whole."""
    parameters = reply(reply_to)
    method = CopyMessage(
        chat_id=chat_id,
        from_chat_id=message.chat_id,
        message_id=message.message_id,
        reply_parameters=parameters,
    )
    words = send_text(chat_id, (texts.described(message.kind), []), reply_to=reply_to)
    if message.file_id is None:
        return Call(method, [words])
    return Call(method, [_by_file(message, chat_id, parameters), words])


def together(messages: Sequence[Message]) -> Sequence[Message]:
    """Take from the front what Telegram shows as one album; at least the first message."""
    count = 0
    for message in messages[:ALBUM_LIMIT]:
        alike = _ALBUMS.get(message.kind) == _ALBUMS.get(messages[0].kind)
        if not alike or not _fits_album(message):
            break
        count += 1
    return messages[: max(1, count)]


def album(messages: Sequence[Message], chat_id: int, *, reply_to: int | None) -> Call:
    """Send the items as one album, by their files: copying would skip what is gone in silence."""
    method = SendMediaGroup(
        chat_id=chat_id,
        media=[input_media(message) for message in messages],
        reply_parameters=reply(reply_to),
    )
    return Call(method)


def edit(message: Message, chat_id: int, message_id: int) -> TelegramMethod[Any] | None:
    """Give a copy the new caption or file; None for kinds that Telegram lets nobody edit."""
    if message.kind in _INPUT_MEDIA and message.file_id is not None:
        return EditMessageMedia(chat_id=chat_id, message_id=message_id, media=input_media(message))
    if message.kind == "voice":
        return EditMessageCaption(
            chat_id=chat_id,
            message_id=message_id,
            caption=message.text,
            caption_entities=entities(message.entities or []),
            parse_mode=None,
        )
    return None


def input_media(message: Message) -> Any:
    """Name the file, with its caption."""
    return _INPUT_MEDIA[message.kind](media=message.file_id, **_caption(message))


def _fits_album(message: Message) -> bool:
    """Whether it can be an item; a caption that is too long needs a copy of its own."""
    return (
        message.kind in _ALBUMS
        and message.file_id is not None
        and utf16_len(message.text or "") <= CAPTION_LIMIT
    )


def _by_file(
    message: Message, chat_id: int, parameters: ReplyParameters | None
) -> TelegramMethod[Any]:
    fields = {message.kind: message.file_id} | _caption(message)
    return _BY_FILE[message.kind](chat_id=chat_id, reply_parameters=parameters, **fields)


def _caption(message: Message) -> dict[str, Any]:
    if message.kind in _WITHOUT_CAPTION or not message.text:
        return {}
    end = texts.continued()
    caption, spans = message.text, message.entities or []
    if utf16_len(caption) > CAPTION_LIMIT:
        (begin, spans), *_ = split(caption, spans, CAPTION_LIMIT - len(end), CAPTION_LIMIT)
        caption = begin + end
    return {"caption": caption, "caption_entities": entities(spans), "parse_mode": None}
