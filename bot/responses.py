"""The shapes of Telegram's answers that come all the time, held so that they are made only once.

aiogram reads an answer by `Response[…]`, a generic model of pydantic's, and pydantic forgets one
that nobody holds: the garbage collector takes it, and the next answer waits milliseconds for it.
"""

from typing import Any

from aiogram.methods import (
    AnswerCallbackQuery,
    CopyMessage,
    EditMessageText,
    Response,
    SendMediaGroup,
    SendMessage,
    TelegramMethod,
)

from bot.poller import RawUpdates

_OFTEN: tuple[type[TelegramMethod[Any]], ...] = (
    RawUpdates,
    SendMessage,
    CopyMessage,
    SendMediaGroup,
    EditMessageText,
    AnswerCallbackQuery,
)

HELD = [Response[method.__returning__] for method in _OFTEN]  # type: ignore[name-defined]
