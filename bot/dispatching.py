"""The one dispatcher, and what a handler finds in its arguments."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import Update
from aiogram.types.update import UpdateTypeLookupError
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
    made.include_routers(private.router, groups.router, staff.router, buttons.router)
    made.update.outer_middleware(LanguageMiddleware())
    return made


async def feed(
    bot: Bot, session: AsyncSession, raw: Mapping[str, Any], *, team: Team, now: datetime
) -> Any:
    """Have an update handled within the session's transaction; return what the handler returned.

    Raises what the handler raised, and Unhandled. Not by aiogram's `feed_raw_update`: it logs
    what is raised, and warns of unknown kinds, with all that a person wrote.
    """
    update = Update.model_validate(cleaned(raw), context={"bot": bot})
    kinds = ", ".join(key for key in raw if key != "update_id")
    try:
        update.event_type  # noqa: B018 - a property that looks the kind up
    except UpdateTypeLookupError:
        raise Unhandled(kinds) from None
    result = await dispatcher().feed_update(
        bot,
        update,
        session=session,
        now=now,
        day=team.day(now),
        staff_chat_id=await staff_chat.current(session, team.staff_chat_id),
        staff_language=team.staff_language,
    )
    if result is UNHANDLED:
        raise Unhandled(kinds)
    return result
