"""Handles again, after a fix, what was set aside."""

import json
from collections.abc import Callable
from typing import Any

from bot.app import make_bot, team_of
from bot.dispatching import feed
from core.clock import utcnow
from core.config import Settings
from database.errors import is_outage
from database.models import DeadUpdate
from database.schema import ensure_at_head
from database.session import make_engine, make_sessions
from services import updates
from services.problems import Problem


async def replay(settings: Settings, say: Callable[[str], Any]) -> int:
    """Handle each update that was set aside, oldest first; return how many are left.

    What it posts is sent by the running bot, or by the next one. Raises DatabaseNotAtHead.
    """
    engine, bot = make_engine(settings.async_url), make_bot(settings)
    sessions = make_sessions(engine)
    left = 0
    try:
        await ensure_at_head(engine)
        async with sessions.begin() as session:
            waiting = [dead.id for dead in await updates.not_replayed(session)]
        for dead_id in waiting:
            try:
                async with sessions.begin() as session:
                    dead = await session.get_one(DeadUpdate, dead_id)
                    now = utcnow()
                    await feed(bot, session, json.loads(dead.raw), team=team_of(settings), now=now)
                    dead.replayed_at = now
                say(f"{dead_id}: handled")
            except Exception as error:
                if is_outage(error):
                    raise
                left += 1
                refused = isinstance(error, Problem)
                say(f"{dead_id}: {'refused' if refused else 'failed'}, {type(error).__name__}")
    finally:
        await bot.session.close()
        await engine.dispose()
    say(f"{len(waiting) - left} handled, {left} left")
    return left
