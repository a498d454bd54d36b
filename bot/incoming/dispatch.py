"""Dispatch: leads an update through the routers, with what handlers find in their arguments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from aiogram import Bot, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import TelegramObject
from aiogram.types.update import UpdateTypeLookupError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.checkup.facts import Facts, Unsaid
from bot.reading import update_model
from bot.reading.filters import chat_of
from bot.reading.members import Standing
from bot.reading.update_json import cleaned
from bot.routers import FOR_PROGRAMS, FOR_WHISPERED, ROUTERS
from core.team import Team
from services.helpdesk import staff_chats


class Unhandled(Exception):
    """No handler is responsible for the update."""


@cache
def used_update_types() -> list[str]:
    """List the kinds of updates that have a handler; Telegram is told with each getUpdates."""
    return sorted({kind for router in ROUTERS for kind in router.resolve_used_update_types()})


async def feed(
    bot: Bot,
    session: AsyncSession,
    raw: Mapping[str, Any],
    *,
    team: Team,
    now: datetime,
    standing: Standing,
    settled: bool = False,
    administrator: bool | None = None,
    set_up: Facts | Unsaid | None = None,
    may_whisper: bool = True,
) -> Any:
    """Have an update handled within the session's transaction; return what the handler returned.

    `standing` is what the word of whoever wrote it counts; `settled`: what was being sent when it
    came is settled, so a link that is not there by now is lost. `administrator`: whether one wrote
    it; None while nobody has asked, or where Telegram does not say. `set_up`: what Telegram says
    about the group; None while nobody has asked. `may_whisper`: False if a press comes once more,
    because the whisper that was to answer it was not possible.

    Raises what the handler raised, and Unhandled. The event goes straight to the routers: a
    Dispatcher would lead it through middlewares that nothing here asks for, and its
    `feed_raw_update` logs what is raised, and unknown kinds, with all that a person wrote.
    """
    update = update_model.read(cleaned(raw), bot)
    try:
        kind, event = update.event_type, update.event
    except UpdateTypeLookupError:
        raise _unhandled(raw) from None
    chat = chat_of(event)
    here = await staff_chats.at(session, chat.id) if chat is not None else None
    data = {
        "bot": bot,
        "session": session,
        "now": now,
        "day": team.day(now),
        "zone": team.zone,
        "standing": standing,
        "settled": settled,
        "administrator": administrator,
        "set_up": set_up,
        "may_whisper": may_whisper,
        "in_staff_chat": here is not None,
        "staff_chat": here or await staff_chats.main(session),
    }
    with i18n.speaking(_language(event, team)):
        for router in _routers(event, standing):
            result = await router.propagate_event(kind, event, **data)
            if result is not UNHANDLED:
                return result
    raise _unhandled(raw)


def _routers(event: TelegramObject, standing: Standing) -> Sequence[Router]:
    if standing is Standing.PROGRAM:
        return FOR_PROGRAMS
    return ROUTERS if getattr(event, "ephemeral_message_id", None) is None else FOR_WHISPERED


def _unhandled(raw: Mapping[str, Any]) -> Unhandled:
    return Unhandled(", ".join(key for key in raw if key != "update_id"))


def _language(event: TelegramObject, team: Team) -> str:
    """Choose the language of what a handler words itself: in groups the staff's."""
    chat = chat_of(event)
    if chat is not None and chat.type != "private":
        return team.staff_language
    return i18n.choose(getattr(getattr(event, "from_user", None), "language_code", None))
