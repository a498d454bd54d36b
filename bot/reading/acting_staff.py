"""Gives handlers of the staff chat the person who acts, as `staff`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, override

from aiogram import BaseMiddleware
from aiogram.types import CallbackQuery, Message, TelegramObject
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import PersonalButton
from bot.reading.content import person
from bot.reading.filters import ReplyToBot
from bot.reading.members import Standing
from core.team import StaffChat
from database.models import User
from services import outbox
from services.helpdesk import people, staff_chats
from services.notices import CommandDone
from services.problems import (
    AdministratorUnknown,
    ButtonOfAnother,
    NotAdministrator,
    NotConfirmed,
    NotMainStaffChat,
    NotStaff,
)


class StaffMiddleware(BaseMiddleware):
    """Remembers who wrote or pressed; None for anonymous administrators and channels.

    A command of somebody who has no say is refused: NotStaff, NotConfirmed. A command that is done
    and gets no reply is marked as done. So is one in reply to us: otherwise its edit might be taken
    for an answer.
    """

    @override
    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        if "command" in data:
            require_say(data["standing"])
        session, now = data["session"], data["now"]
        data["staff"] = await writer(event, session, now)
        shown = await handler(event, data)
        if not isinstance(event, Message) or "command" not in data:
            return shown
        if event.ephemeral_message_id is not None:
            return shown  # nobody can react to it
        if shown is None or await ReplyToBot()(event):
            done = CommandDone(event.chat.id, event.message_id)
            outbox.post(session, data["staff_chat"].chat_id, done, now=now)
        return shown


def require_say(standing: Standing) -> None:
    """Refuse somebody who is not a member, as far as Telegram says."""
    if standing is Standing.OUTSIDE:
        raise NotStaff
    if standing is Standing.UNCONFIRMED:
        raise NotConfirmed


def require_administrator(staff_chat: StaffChat, administrator: bool | None) -> None:
    """Refuse anybody but administrators of the main staff chat: they change what is the team's.

    None: Telegram is asked, and the update handled again.
    """
    if not staff_chat.is_main:
        raise NotMainStaffChat
    if administrator is None:
        raise AdministratorUnknown
    if not administrator:
        raise NotAdministrator


class AddresseeMiddleware(BaseMiddleware):
    """Refuses the press of a personal button by somebody else, or of one for another group."""

    @override
    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        button = data.get("callback_data")
        if isinstance(event, CallbackQuery) and isinstance(button, PersonalButton):
            named = await staff_chats.followed(data["session"], button.speaker_id)
            if named not in {event.from_user.id, data["staff_chat"].chat_id}:
                raise ButtonOfAnother
        return await handler(event, data)


async def writer(event: TelegramObject, session: AsyncSession, now: datetime) -> User | None:
    """Remember who wrote or pressed; None if it is not a person."""
    if not isinstance(event, Message | CallbackQuery) or event.from_user is None:
        return None
    if isinstance(event, Message) and event.sender_chat is not None:
        return None
    return await people.remember(session, person(event.from_user), now=now)
