"""The kinds of messages, and what is done with each: one rule for both sides.

Content is passed on. Content that may not be copied is answered with advice. Service messages are
from Telegram itself, about the chat, and nobody waits for an answer to them. A kind that aiogram
does not know may be either: we find out by trying to copy it.
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

# UNKNOWN is a kind newer than this program: content, or a service message.
RELAYED: frozenset[str] = frozenset(kind.value for kind in ContentKind)

# Kinds that Telegram lets nobody copy (core.telegram.org/bots/api#copymessage), and two more: a
# story is only for those whom its author chose, and a game belongs to its own bot.
REFUSED = frozenset({"giveaway", "giveaway_winners", "invoice", "paid_media", "story", "game"})

_KNOWN = frozenset(kind.value for kind in ContentType) - {ContentKind.UNKNOWN}


def kind_of(message: Message) -> str:
    """Find the kind of a message, also if aiogram could not read it."""
    kind: str = message.content_type
    if kind != ContentKind.UNKNOWN:
        return kind
    unread = (message.model_extra or {}).get(UNREAD, {})
    return next((name for name in unread if name in _KNOWN), ContentKind.UNKNOWN.value)
