"""What Telegram's errors mean for the courier.

Telegram documents few of its error texts; these are the ones that its server's source
(github.com/tdlib/telegram-bot-api) and clients' reports name. They are matched in lower case.
"""

import re
from enum import Enum
from typing import Any

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiohttp import ClientConnectorError, ConnectionTimeoutError

from bot.reading.update_json import as_id
from services.delivery.outcomes import (
    BotRefused,
    ChatRefused,
    Delivered,
    Migrated,
    Outcome,
    Paused,
    Refused,
    Unknown,
    UserGone,
)


class Obstacle(Enum):
    """Part of a call that Telegram rejects; the rest can be sent without it."""

    NO_CHANGE = "the message is as we want it"
    TARGET_GONE = "what was to be edited or replied to is gone"
    THREAD_GONE = "the thread is gone or closed"
    UNEDITABLE = "what was to be edited stands, and can't be changed"
    UNDELETABLE = "what was to be deleted stands, and is too old for that"
    SOURCE_GONE = "what was to be copied is gone, or may not be copied"
    ENTITIES = "the formatting is not understood"
    QUOTE = "what is quoted is not in the message any more"
    LOOKS = "the thread may not look like this"
    WHISPER = "this may not be said to one person alone"


_OBSTACLES: dict[str, Obstacle] = {
    "message is not modified": Obstacle.NO_CHANGE,
    "message_not_modified": Obstacle.NO_CHANGE,
    "message to delete not found": Obstacle.NO_CHANGE,
    "message to unpin not found": Obstacle.NO_CHANGE,
    "chat_not_modified": Obstacle.NO_CHANGE,
    "topic_not_modified": Obstacle.NO_CHANGE,
    "message can't be deleted": Obstacle.UNDELETABLE,
    "message to edit not found": Obstacle.TARGET_GONE,
    "message can't be edited": Obstacle.UNEDITABLE,
    "message to be replied not found": Obstacle.TARGET_GONE,
    "message thread not found": Obstacle.THREAD_GONE,
    "topic_closed": Obstacle.THREAD_GONE,
    "topic_deleted": Obstacle.THREAD_GONE,
    "topic_id_invalid": Obstacle.THREAD_GONE,
    "message_id_invalid": Obstacle.TARGET_GONE,
    "there is no text in the message to edit": Obstacle.UNEDITABLE,
    "there is no caption in the message to edit": Obstacle.UNEDITABLE,
    "message to copy not found": Obstacle.SOURCE_GONE,
    "message can't be copied": Obstacle.SOURCE_GONE,
    "message with poll can't be copied": Obstacle.SOURCE_GONE,
    "there is no media in the request": Obstacle.SOURCE_GONE,
    "wrong file identifier": Obstacle.SOURCE_GONE,
    "wrong remote file identifier": Obstacle.SOURCE_GONE,
    "quote_text_invalid": Obstacle.QUOTE,
    "can't parse entities": Obstacle.ENTITIES,
    "entity_": Obstacle.ENTITIES,
}

# The chat accepts nothing from the bot, not just one kind of content. The list is never complete:
# services/delivery/doubts.py finds out about other words.
_CHAT_REFUSES = (
    "chat not found",
    "group is deactivated",
    "not enough rights to send text messages",
    "have no rights to send a message",
    "need administrator rights in the channel chat",
    "chat_write_forbidden",
    "chat_admin_required",
    "chat_restricted",
    "peer_id_invalid",
    "topic_closed",
    "topic_deleted",
    "message thread not found",
    "channel_private",
    "group chat was deactivated",
    "chat_send_plain_forbidden",
    "user_banned_in_channel",
)

# A thread that is closed is still there.
THREAD_CLOSED = "topic_closed"

# Slow mode: the group accepts one message from the bot in this many seconds.
_SLOW_MODE = re.compile(r"slowmode_wait_(\d{1,9})")

# The longest pause of a chat, in seconds, whatever Telegram says.
LONGEST_PAUSE = 24 * 3600

# Names one kind of content, even where all kinds are forbidden.
NO_RIGHTS = "not enough rights to send"

# When copying to a user, these errors are about the source group.
_GROUP_REFUSES = ("bot was kicked from", "bot is not a member of")

_USER_GONE = ("chat not found", "user not found", "user is deactivated", "peer_id_invalid")


def obstacle(error: Exception, *, private: bool) -> Obstacle | None:
    """Tell which part of the call was rejected, if the rest may be tried."""
    if isinstance(error, TelegramForbiddenError) and private:
        return _closed_source(error.message.lower())
    if not isinstance(error, TelegramBadRequest):
        return None
    words = error.message.lower()
    return next((found for text, found in _OBSTACLES.items() if text in words), None)


def perhaps_of(error: Exception, suspected: Obstacle) -> Obstacle | None:
    """Suspect a part of the call in a rejection that names nothing we know.

    Without its thread, or to all instead of one person, the call is tried once more: if that is
    rejected too, it was not this part. A chat that refuses everything does so without its thread.
    """
    if not isinstance(error, TelegramBadRequest):
        return None
    read = _bad_request(error.message, private=False)
    refuses_all = suspected is Obstacle.THREAD_GONE and isinstance(read, ChatRefused)
    return None if refuses_all or isinstance(read, Paused) else suspected


def _closed_source(words: str) -> Obstacle | None:
    """Tell a source group that shut us out from the user, who did not."""
    of_group = any(text in words for text in _GROUP_REFUSES)
    return Obstacle.SOURCE_GONE if of_group else None


def outcome(error: Exception, *, private: bool) -> Outcome:  # noqa: PLR0911 - a table
    """Read an answer that was not "ok"; `private`: the chat is with a user, not a group."""
    match error:
        case TelegramRetryAfter():
            return Paused(min(max(error.retry_after, 0), LONGEST_PAUSE))
        case TelegramMigrateToChat():
            between_groups = not private and error.migrate_to_chat_id < 0
            return Migrated(error.migrate_to_chat_id) if between_groups else Refused(error.message)
        case TelegramUnauthorizedError() | TelegramNotFound():
            return BotRefused(error.message)
        case TelegramEntityTooLarge():
            return Refused(error.message)
        case TelegramForbiddenError():
            return UserGone(error.message) if private else ChatRefused(error.message)
        case TelegramBadRequest():
            return _bad_request(error.message, private=private)
        case ClientDecodeError():
            return _undecoded(error)
        case TelegramAPIError():
            return Unknown(_short(error), maybe_delivered=not _never_left(error))
    raise error


def exhausted(error: Exception, *, private: bool) -> Outcome:
    """Read a rejection after which nothing is left to try."""
    if not isinstance(error, TelegramBadRequest):
        return Refused(str(getattr(error, "message", error)))
    found = _bad_request(error.message, private=private)
    of_source = obstacle(error, private=private) is Obstacle.SOURCE_GONE
    return Refused(found.reason, uncopiable=of_source) if isinstance(found, Refused) else found


def _bad_request(message: str, *, private: bool) -> Outcome:
    words = message.lower()
    if private and any(text in words for text in _USER_GONE):
        return UserGone(message)
    if private:
        return Refused(message)
    if slow := _SLOW_MODE.search(words):
        return Paused(min(int(slow[1]), LONGEST_PAUSE))
    refuses = any(text in words for text in _CHAT_REFUSES)
    return ChatRefused(message) if refuses else Refused(message)


def _undecoded(error: ClientDecodeError) -> Outcome:
    """Tell a message that was sent, but has an unknown shape, from a broken answer."""
    sent = unread(error)
    if sent is None:
        return Unknown("the answer is not Telegram's")
    ids = [as_id(one.get("message_id")) for one in sent]
    return Delivered(tuple(one for one in ids if one))


def unread(error: ClientDecodeError) -> list[dict[str, Any]] | None:
    """List what was made, as far as an answer can be read that says "ok"; None for any other."""
    data = error.data
    if not isinstance(data, dict) or data.get("ok") is not True:
        return None
    result = data.get("result")
    made = result if isinstance(result, list) else [result]
    return [one for one in made if isinstance(one, dict)]


def _never_left(error: TelegramAPIError) -> bool:
    """Whether no connection was made, so nothing can have been done."""
    return isinstance(error.__cause__, ClientConnectorError | ConnectionTimeoutError)


def _short(error: TelegramAPIError) -> str:
    return f"{type(error).__name__}: {error.message}"[:200]
