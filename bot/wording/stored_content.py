"""Content whose original can't be copied: sent from what is stored, or else described in words.

One table says how each kind is sent. A kind that is not in it can only be described: dice would be
rolled again, and only business accounts can send checklists.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aiogram.methods import (
    SendAnimation,
    SendAudio,
    SendContact,
    SendDocument,
    SendLivePhoto,
    SendLocation,
    SendPhoto,
    SendPoll,
    SendSticker,
    SendVenue,
    SendVideo,
    SendVideoNote,
    SendVoice,
    TelegramMethod,
)
from aiogram.types import InputPollOption, ReplyParameters
from pydantic import ValidationError

from bot.entities import entities
from bot.reading import rich_words
from bot.texts import names, on_cards
from bot.wording import quoting
from bot.wording.calls import to
from bot.wording.context import TEXT_LIMIT, content
from core.address import Address
from core.text import Piece, split, utf16_len
from database.models import ContentKind, Message
from services.helpdesk.content import Content

# Longest caption that a bot may write, in UTF-16 units (core.telegram.org/bots/api#sendphoto).
# Subscribers of Telegram Premium may write longer ones, which copyMessage keeps.
CAPTION_LIMIT = 1024

type Fields = dict[str, Any]

# Kinds that have no caption.
WITHOUT_CAPTION = frozenset({ContentKind.VIDEO_NOTE, ContentKind.STICKER})

# Kinds that can have a spoiler, and their caption above them.
_COVERED = frozenset(
    {ContentKind.PHOTO, ContentKind.VIDEO, ContentKind.ANIMATION, ContentKind.LIVE_PHOTO}
)

# The fields that a description repeats.
_WORDS = rich_words.RICH | {"emoji", "first_name", "last_name", "value"}


def send(
    message: Message, address: Address, reply: ReplyParameters | None
) -> TelegramMethod[Any] | None:
    """Send content from what is stored; None if that is impossible."""
    found = _METHODS.get(message.kind)
    if found is None:
        return None
    method, fields = found
    try:
        return method(**to(address), reply_parameters=reply, **fields(message))
    except (LookupError, TypeError, AttributeError, ValidationError):
        return None  # stored by an earlier version, shortened, or of an unknown shape


def described(message: Message) -> Piece:
    """Describe content, with all the words in it."""
    words = "\n".join(rich_words.lines((message.details or {}).get(message.kind), _WORDS))
    text = "\n".join(one for one in (on_cards.described(message.kind), words, message.text) if one)
    if utf16_len(text) <= TEXT_LIMIT:
        return text, []
    end = names.continued()
    (begin, _), *_rest = split(text, [], TEXT_LIMIT - len(end), TEXT_LIMIT)
    return begin + end, []


def named(content: Content) -> str:
    """Name content without text in a line, by its kind and the words in it."""
    words = " ".join(rich_words.lines(content.details.get(content.kind), _WORDS))
    name = names.kind(content.kind)
    return f"{name}: {words}" if words else name


def file(message: Message, *, in_context: bool = True) -> Fields:
    """Give the fields of a file and its caption, for a method or an item of an album."""
    fields = caption(message, in_context=in_context) | above(message)
    details = message.details or {}
    if message.kind in _COVERED and details.get("has_media_spoiler"):
        fields["has_spoiler"] = True
    if message.kind == ContentKind.VIDEO:
        fields |= _start(details.get("video") or {})
    if message.kind == ContentKind.LIVE_PHOTO:
        fields["photo"] = _still(message)
    return fields


def has_file(message: Message) -> bool:
    """Whether everything is stored that it takes to send its file."""
    return message.file_id is not None and (
        message.kind != ContentKind.LIVE_PHOTO or bool(_still(message))
    )


def _still(message: Message) -> str | None:
    """Find the picture of a live photo."""
    said = message.details or {}
    try:
        return str((said.get("photo") or said["live_photo"]["photo"])[-1]["file_id"])
    except (LookupError, TypeError):
        return None  # shortened, or of an unknown shape


def above(message: Message) -> Fields:
    shown_above = (message.details or {}).get("show_caption_above_media")
    return {"show_caption_above_media": True} if shown_above and message.kind in _COVERED else {}


def caption(message: Message, *, in_context: bool = True) -> Fields:
    """Write the caption; `in_context`, with whose words they are, which an album says once."""
    words, spans = quoting.caption(message) if in_context else content(message)
    if message.kind in WITHOUT_CAPTION or not words:
        return {}
    end = names.continued()
    if utf16_len(words) > CAPTION_LIMIT:
        (begin, spans), *_ = split(words, spans, CAPTION_LIMIT - len(end), CAPTION_LIMIT)
        words = begin + end
    return {"caption": words, "caption_entities": entities(spans), "parse_mode": None}


def _file(message: Message) -> Fields:
    if not has_file(message):
        raise KeyError(message.kind)
    return {message.kind: message.file_id} | file(message)


def _start(video: Mapping[str, Any]) -> Fields:
    """Give a video's cover, and where it starts."""
    fields: Fields = {}
    if video.get("cover"):
        fields["cover"] = video["cover"][-1]["file_id"]
    if video.get("start_timestamp"):
        fields["start_timestamp"] = video["start_timestamp"]
    return fields


def _as_stored(*wanted: str) -> Callable[[Message], Fields]:
    """Take these fields of the content as they are, if it has them."""

    def fields(message: Message) -> Fields:
        content = (message.details or {})[message.kind]
        return {name: content[name] for name in wanted if content.get(name) is not None}

    return fields


def _venue(message: Message) -> Fields:
    place = (message.details or {})["venue"]["location"]
    return {
        "latitude": place["latitude"],
        "longitude": place["longitude"],
        **_as_stored(
            "title",
            "address",
            "foursquare_id",
            "foursquare_type",
            "google_place_id",
            "google_place_type",
        )(message),
    }


def _poll(message: Message) -> Fields:
    poll = (message.details or {})["poll"]
    fields = _as_stored(
        "question",
        "is_anonymous",
        "type",
        "allows_multiple_answers",
        "allows_revoting",
        "members_only",
        "explanation",
        "is_closed",
        "correct_option_ids",
        "description",
    )(message)
    if poll["type"] == "quiz" and not poll.get("correct_option_ids"):
        raise KeyError("correct_option_ids")  # Telegram tells the right answer only to its author
    return fields | {
        "question_entities": entities(poll.get("question_entities") or []),
        "explanation_entities": entities(poll.get("explanation_entities") or []),
        "options": [
            InputPollOption(
                text=option["text"],
                text_entities=entities(option.get("text_entities") or []),
                text_parse_mode=None,
            )
            for option in poll["options"]
        ],
        "question_parse_mode": None,
        "explanation_parse_mode": None,
        "description_parse_mode": None,
    }


_METHODS: dict[str, tuple[Callable[..., TelegramMethod[Any]], Callable[[Message], Fields]]] = {
    ContentKind.ANIMATION: (SendAnimation, _file),
    ContentKind.AUDIO: (SendAudio, _file),
    ContentKind.CONTACT: (
        SendContact,
        _as_stored("phone_number", "first_name", "last_name", "vcard"),
    ),
    ContentKind.DOCUMENT: (SendDocument, _file),
    ContentKind.LIVE_PHOTO: (SendLivePhoto, _file),
    ContentKind.LOCATION: (
        SendLocation,
        _as_stored("latitude", "longitude", "horizontal_accuracy"),
    ),
    ContentKind.PHOTO: (SendPhoto, _file),
    ContentKind.POLL: (SendPoll, _poll),
    ContentKind.STICKER: (SendSticker, _file),
    ContentKind.VENUE: (SendVenue, _venue),
    ContentKind.VIDEO: (SendVideo, _file),
    ContentKind.VIDEO_NOTE: (SendVideoNote, _file),
    ContentKind.VOICE: (SendVoice, _file),
}
