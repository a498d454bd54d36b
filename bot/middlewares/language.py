"""Has handlers speak the language of the chat: the staff's in groups, the user's in private."""

from collections.abc import Awaitable, Callable
from typing import Any, override

from aiogram import BaseMiddleware
from aiogram.types import Chat, TelegramObject, User

from bot import i18n


class LanguageMiddleware(BaseMiddleware):
    """For all that a handler words itself."""

    @override
    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        chat: Chat | None = data.get("event_chat")
        user: User | None = data.get("event_from_user")
        private = chat is None or chat.type == "private"
        language = i18n.choose(user.language_code if user else None)
        with i18n.speaking(language if private else data["staff_language"]):
            return await handler(event, data)
