"""What Telegram's responses mean for the thread that a call makes, opens, or must reach."""

from typing import Any

from aiogram.exceptions import ClientDecodeError, TelegramBadRequest
from aiogram.methods import CreateForumTopic, ReopenForumTopic, TelegramMethod
from aiogram.types import Message

from bot.client import Sent
from bot.outgoing import telegram_errors
from bot.outgoing.telegram_errors import Obstacle
from bot.reading.content import thread_of
from services.delivery.outcomes import Delivered, Outcome, ThreadClosed, ThreadGone, ThreadsRefused
from services.delivery.parcel import Parcel


def trouble(error: Exception, parcel: Parcel, method: TelegramMethod[Any]) -> Outcome | None:
    """Tell what is wrong with the thread; None if the error is about something else."""
    if isinstance(method, CreateForumTopic) and isinstance(error, ClientDecodeError):
        made = telegram_errors.outcome(error, private=False) == Delivered()
        return ThreadsRefused("Telegram did not say which thread it made") if made else None
    if not isinstance(error, TelegramBadRequest):
        return None
    found = telegram_errors.obstacle(error, private=False)
    if parcel.in_thread and found is Obstacle.THREAD_GONE:
        is_closed = telegram_errors.THREAD_CLOSED in error.message.lower()
        return ThreadClosed(error.message) if is_closed else ThreadGone(error.message)
    if isinstance(method, CreateForumTopic | ReopenForumTopic) and found is None:
        return ThreadsRefused(error.message)
    return None


def is_missed(
    result: object, parcel: Parcel, wanted: TelegramMethod[Any], sent: TelegramMethod[Any]
) -> bool:
    """Whether a message did not reach its thread, or was `sent` without it in the end.

    Of a copy, Telegram does not say where it is.
    """
    if not parcel.in_thread or not _thread_in(wanted):
        return False
    results = result if isinstance(result, list) else [result]
    said = [thread_of(one) for one in results if isinstance(one, Message | Sent)]
    return not _thread_in(sent) or any(one != parcel.address.thread_id for one in said)


def _thread_in(method: TelegramMethod[Any]) -> int | None:
    is_message = method.__api_method__.startswith(("send", "copy"))
    return getattr(method, "message_thread_id", None) if is_message else None
