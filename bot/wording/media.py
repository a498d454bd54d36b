"""Content that is not text: copied, or sent from what is stored if the original is gone."""

from collections.abc import Sequence
from typing import Any

from aiogram.methods import (
    CopyMessage,
    EditMessageCaption,
    EditMessageMedia,
    SendMediaGroup,
    TelegramMethod,
)
from aiogram.types import (
    InputMediaAnimation,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaLivePhoto,
    InputMediaPhoto,
    InputMediaVideo,
    ReplyParameters,
)

from bot.reading import kinds
from bot.wording import quoting, stored_content
from bot.wording.calls import Call, ReplyTo, at, reply, send_text, to
from core.address import Address, Place
from core.text import utf16_len
from database.models import ContentKind, Message
from services.helpdesk.content import SHORTENED

# The kinds that can be in albums; those with the same value go together
# (core.telegram.org/bots/api#sendmediagroup).
_ALBUMS: dict[str, str] = {
    ContentKind.PHOTO: "seen",
    ContentKind.LIVE_PHOTO: "seen",
    ContentKind.VIDEO: "seen",
    ContentKind.DOCUMENT: "filed",
    ContentKind.AUDIO: "heard",
}
ALBUM_LIMIT = 10

# Kinds without a file that can be sent as they were, but for these fields.
_PLACES = frozenset({ContentKind.LOCATION, ContentKind.VENUE, ContentKind.CONTACT})
_ONLY_COPIED = frozenset({"user_id", "live_period"})

_INPUT_MEDIA: dict[str, Any] = {
    ContentKind.PHOTO: InputMediaPhoto,
    ContentKind.LIVE_PHOTO: InputMediaLivePhoto,
    ContentKind.VIDEO: InputMediaVideo,
    ContentKind.ANIMATION: InputMediaAnimation,
    ContentKind.AUDIO: InputMediaAudio,
    ContentKind.DOCUMENT: InputMediaDocument,
}


def copy(message: Message, address: Address, *, reply_to: ReplyTo) -> Call:
    """Copy the whole message; an unknown kind can't be sent or described in another way.

    In a thread it is sent from what is stored, where no less arrives so: of a copy, Telegram does
    not say whether it reached its thread.
    """
    parameters = reply(reply_to)
    copied = _copied(message, address, parameters)
    if message.kind == ContentKind.UNKNOWN:
        return Call(copied)
    words = send_text(address, stored_content.described(message), reply_to=reply_to)
    stored = stored_content.send(message, address, parameters)
    if stored is None:
        return Call(copied, described=words)
    if address.thread_id is not None and _is_stored_whole(message):
        return Call(stored, [copied], described=words)
    return Call(copied, [stored], described=words)


def anew(message: Message, address: Address) -> Sequence[TelegramMethod[Any]]:
    """Send content from what is stored, in place of a copy that is gone; nothing if it can't be."""
    stored = stored_content.send(message, address, None)
    return [stored] if stored is not None else []


def _copied(message: Message, address: Address, parameters: ReplyParameters | None) -> CopyMessage:
    shortened = SHORTENED in (message.details or {})
    reworded = (quoting.context(message) or shortened) and has_room(message)
    return CopyMessage(
        **to(address),
        from_chat_id=message.chat_id,
        message_id=message.message_id,
        reply_parameters=parameters,
        **(stored_content.caption(message) | stored_content.above(message) if reworded else {}),
    )


def _is_stored_whole(message: Message) -> bool:
    """Whether no less arrives than by a copy.

    Bots can neither say whose a contact is nor write as long a caption as people, for example.
    """
    if message.kind in kinds.FILES:
        return message.kind in stored_content.WITHOUT_CAPTION or has_room(message)
    said = (message.details or {}).get(message.kind) or {}
    return message.kind in _PLACES and _ONLY_COPIED.isdisjoint(said)


def has_room(message: Message) -> bool:
    """Whether its context fits into the caption."""
    return (
        message.kind in kinds.FILES - stored_content.WITHOUT_CAPTION
        and utf16_len(quoting.caption(message)[0]) <= stored_content.CAPTION_LIMIT
    )


def together(messages: Sequence[Message]) -> Sequence[Message]:
    """Take the messages from the front that can be one album; at least the first."""
    count = 0
    for message in messages[:ALBUM_LIMIT]:
        alike = _ALBUMS.get(message.kind) == _ALBUMS.get(messages[0].kind)
        if not alike or not _fits_album(message):
            break
        count += 1
    return messages[: max(1, count)]


def album(messages: Sequence[Message], address: Address, *, reply_to: ReplyTo) -> Call:
    """Send the items as one album, by their files: copying would silently skip missing ones."""
    method = SendMediaGroup(
        **to(address),
        media=[
            input_media(message, in_context=number == 0) for number, message in enumerate(messages)
        ],
        reply_parameters=reply(reply_to),
    )
    return Call(method)


def edit(message: Message, copy_at: Place) -> TelegramMethod[Any] | None:
    """Give a copy the new caption or file; None for kinds that can't be edited."""
    if message.kind in _INPUT_MEDIA and stored_content.has_file(message):
        return EditMessageMedia(**at(copy_at), media=input_media(message))
    if message.kind == ContentKind.VOICE:
        return EditMessageCaption(**at(copy_at), **stored_content.caption(message))
    return None


def input_media(message: Message, *, in_context: bool = True) -> Any:
    """Make the item of an album, or of an edit, from a file and its caption."""
    said = stored_content.file(message, in_context=in_context)
    return _INPUT_MEDIA[message.kind](media=message.file_id, **said)


def _fits_album(message: Message) -> bool:
    """Whether it can be an item; a caption that is too long needs a copy of its own."""
    return (
        message.kind in _ALBUMS
        and stored_content.has_file(message)
        and utf16_len(quoting.caption(message)[0]) <= stored_content.CAPTION_LIMIT
    )
