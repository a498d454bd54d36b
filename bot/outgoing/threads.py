"""What Telegram's responses mean for the thread that a call makes, opens, or must reach."""

from collections.abc import Sequence
from typing import Any

from aiogram.exceptions import ClientDecodeError, TelegramBadRequest
from aiogram.methods import CreateForumTopic, DeleteForumTopic, ReopenForumTopic, TelegramMethod
from aiogram.types import Message

from bot.client import Sent
from bot.outgoing import telegram_errors
from bot.outgoing.telegram_errors import Obstacle
from bot.reading.content import thread_of
from services.delivery.outcomes import Delivered, Outcome, ThreadClosed, ThreadGone, ThreadsRefused
from services.delivery.parcel import Parcel

# Refusals of a thread that say nothing of how it was to look.
_OF_ALL_THREADS = ("not enough rights", "admin_required", "not a forum", "forum_missing")


def trouble(
    error: Exception, parcel: Parcel, method: TelegramMethod[Any], *, is_last: bool
) -> Outcome | None:
    """Tell what is wrong with the thread; None if the error is about something else.

    It may be about its looks, unless it `is_last`: how else it may look was tried.
    """
    if isinstance(error, ClientDecodeError):
        return _unread(error, parcel, method)
    if not isinstance(error, TelegramBadRequest):
        return None
    found = telegram_errors.obstacle(error, private=False)
    if isinstance(method, DeleteForumTopic) and found is Obstacle.THREAD_GONE:
        return Delivered()
    if parcel.in_thread and found is Obstacle.THREAD_GONE:
        is_closed = telegram_errors.THREAD_CLOSED in error.message.lower()
        return ThreadClosed(error.message) if is_closed else ThreadGone(error.message)
    of_all = found is None and (is_last or looks_refused(error) is None)
    if isinstance(method, CreateForumTopic | ReopenForumTopic) and of_all:
        return ThreadsRefused(error.message)
    return None


def looks_refused(error: Exception) -> Obstacle | None:
    """Suspect the name or the icon of a thread, unless it is refused whatever they are."""
    words = str(error).lower()
    is_sure = any(text in words for text in _OF_ALL_THREADS)
    return None if is_sure else telegram_errors.perhaps_of(error, Obstacle.LOOKS)


def _unread(
    error: ClientDecodeError, parcel: Parcel, method: TelegramMethod[Any]
) -> Outcome | None:
    """Read what there is of an answer of an unknown shape: the thread, or that there is none."""
    made = telegram_errors.unread(error)
    if made is None:
        return None
    if isinstance(method, CreateForumTopic):
        return ThreadsRefused("Telegram did not say which thread it made")
    outcome = telegram_errors.outcome(error, private=False)
    whole = [Sent.model_construct(**one) for one in made]
    ids = outcome.message_ids if isinstance(outcome, Delivered) else ()
    return landed(ids) if is_missed(whole, parcel, method) else None


def landed(message_ids: tuple[int, ...]) -> ThreadGone:
    """Say that these messages did not reach their thread."""
    return ThreadGone("it landed in General", landed=message_ids)


def is_missed(results: Sequence[object], parcel: Parcel, sent: TelegramMethod[Any]) -> bool:
    """Whether a message did not reach its thread, or was `sent` without it in the end.

    Of a copy, Telegram does not say where it is, and an answer of an unknown shape may not.
    """
    if not parcel.in_thread or not sent.__api_method__.startswith(("send", "copy")):
        return False
    said = [thread_of(one) for one in results if isinstance(one, Message | Sent) and one.chat]
    is_named = getattr(sent, "message_thread_id", None) is not None
    return not is_named or any(one != parcel.address.thread_id for one in said)
