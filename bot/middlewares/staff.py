"""Gives handlers of the staff chat the person who acts, as `staff`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, override

from aiogram import BaseMiddleware
from aiogram.types import CallbackQuery, Message, TelegramObject
from sqlalchemy.ext.asyncio import AsyncSession

from bot.content import person
from database.models import User
from services import people


class StaffMiddleware(BaseMiddleware):
    """Remembers who wrote or pressed; None for anonymous administrators and channels."""

    @override
    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        data["staff"] = await _staff(event, data["session"], data["now"])
        return await handler(event, data)


async def _staff(event: TelegramObject, session: AsyncSession, now: datetime) -> User | None:
    if not isinstance(event, Message | CallbackQuery) or event.from_user is None:
        return None
    if isinstance(event, Message) and event.sender_chat is not None:
        return None
    return await people.remember(session, person(event.from_user), now=now)
