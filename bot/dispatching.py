"""The one dispatcher, and what a handler finds in its arguments."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from sqlalchemy.ext.asyncio import AsyncSession

from bot.middlewares.language import LanguageMiddleware
from bot.raw import cleaned
from bot.routers import buttons, groups, private, staff
from core.team import Team
from services import staff_chat


class Unhandled(Exception):
    """No handler is responsible for the update."""


@cache
def dispatcher() -> Dispatcher:
    """Put the routers together; a router belongs to one dispatcher, so there is only one."""
    made = Dispatcher(disable_fsm=True)
    made.include_routers(groups.router, staff.router, private.router, buttons.router)
    made.update.outer_middleware(LanguageMiddleware())
    return made


async def feed(
    bot: Bot, session: AsyncSession, raw: Mapping[str, Any], *, team: Team, now: datetime
) -> Any:
    """Have an update handled within the session's transaction; return what the handler returned.

    Raises what the handler raised, and Unhandled.
    """
    result = await dispatcher().feed_raw_update(
        bot,
        cleaned(raw),
        session=session,
        now=now,
        day=team.day(now),
        staff_chat_id=await staff_chat.current(session, team.staff_chat_id),
        staff_language=team.staff_language,
    )
    if result is UNHANDLED:
        raise Unhandled(", ".join(key for key in raw if key != "update_id"))
    return result
