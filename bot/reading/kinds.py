"""The kinds of messages, and what is done with each: one rule for both sides.

Content is passed on. What is content but may not be copied is answered with advice. A service
message is Telegram's own word about a chat, and nobody waits for an answer to it. What aiogram
does not know is one or the other: whether it can be copied tells.
"""

from aiogram.enums import ContentType
from aiogram.types import Message

from bot.reading.update_model import UNREAD
from database.models import ContentKind

FILES = frozenset(
    {
        ContentKind.ANIMATION,
        ContentKind.AUDIO,
        ContentKind.DOCUMENT,
        ContentKind.LIVE_PHOTO,
        ContentKind.PHOTO,
        ContentKind.STICKER,
        ContentKind.VIDEO,
        ContentKind.VIDEO_NOTE,
        ContentKind.VOICE,
    }
)

# UNKNOWN is what is newer than we are: content, or a service message of tomorrow.
RELAYED: frozenset[str] = frozenset(kind.value for kind in ContentKind)

# What Telegram lets nobody copy (core.telegram.org/bots/api#copymessage), a story, which is for
# the eyes of those whom its author chose, and a game, which belongs to its own bot.
REFUSED = frozenset({"giveaway", "giveaway_winners", "invoice", "paid_media", "story", "game"})

_KNOWN = frozenset(kind.value for kind in ContentType) - {ContentKind.UNKNOWN}


def kind_of(message: Message) -> str:
    """Tell what a message is, also where aiogram could not read it."""
    kind: str = message.content_type
    if kind != ContentKind.UNKNOWN:
        return kind
    unread = (message.model_extra or {}).get(UNREAD, {})
    return next((name for name in unread if name in _KNOWN), ContentKind.UNKNOWN.value)
