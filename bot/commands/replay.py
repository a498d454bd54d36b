"""Handles updates again that were set aside, after a fix."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiogram import Bot
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.app import team_of
from bot.client import make_bot
from bot.commands.overtaken import in_newest_wording, is_overtaken, with_late_command_noted
from bot.incoming import command_answers, refusals
from bot.incoming.dispatch import feed
from bot.process.startup import own_database
from bot.reading.members import Members, Standing
from bot.reading.update_json import origin
from core.clock import utcnow
from core.config import Settings
from core.team import Team
from database.errors import is_outage
from database.machinery import DeadUpdate
from database.schema import ensure_at_head
from database.session import make_engine, make_sessions
from services import outbox, update_records
from services.helpdesk import staff_chat_changes
from services.problems import Problem


async def replay(settings: Settings, say: Callable[[str], Any]) -> int:
    """Handle each update that was set aside, oldest first; return how many are left.

    The running bot, or the next one, sends what this posts. Raises DatabaseNotAtHead,
    ForeignDatabase, and the errors of an outage.
    """
    engine, bot = make_engine(settings.async_url), make_bot(settings)
    sessions = make_sessions(engine)
    try:
        await ensure_at_head(engine)
        await own_database(sessions, settings.bot_id)
        async with sessions.begin() as session:
            await staff_chat_changes.ensure_main(session, settings.staff_chat_id, now=utcnow())
            dead = await update_records.not_replayed(session)
        waiting = in_newest_wording({one.id: json.loads(one.raw) for one in dead})
        again = Again(bot, sessions, team_of(settings))
        words = {dead_id: await again.handle(dead_id, raw) for dead_id, raw in waiting.items()}
    finally:
        await bot.session.close()
        await engine.dispose()
    for dead_id, word in words.items():
        say(f"{dead_id}: {word}")
    left = sum(word.startswith("failed") for word in words.values())
    say(f"{len(waiting) - left} handled, {left} left")
    if left:
        say(
            "To see one: `replay show 1`. To forget one that never can be handled: `replay drop 1`."
        )
    return left


class Again:
    """Handles updates one by one, as the running bot would."""

    def __init__(self, bot: Bot, sessions: async_sessionmaker[AsyncSession], team: Team) -> None:
        self._bot = bot
        self._sessions = sessions
        self._team = team
        self._members = Members(bot, time.monotonic)

    async def handle(self, dead_id: int, raw: dict[str, Any]) -> str:
        """Handle one update again; return a word for the result."""
        try:
            raw = with_late_command_noted(raw, now=utcnow())
            # This asks Telegram, so it comes before the transaction.
            (standing,) = await self._members.standings([raw])
            async with self._sessions.begin() as session:
                return await self._feed(session, dead_id, raw, standing)
        except Problem as problem:
            return await self._refuse(dead_id, raw, problem)
        except Exception as error:
            if is_outage(error):
                raise
            return f"failed, {type(error).__name__}"

    async def _feed(
        self, session: AsyncSession, dead_id: int, raw: dict[str, Any], standing: Standing
    ) -> str:
        """Handle it within the transaction.

        Nothing from that time is still being sent, so a link that is missing now is lost.
        """
        dead, now = await session.get_one(DeadUpdate, dead_id), utcnow()
        dead.replayed_at = now
        if await is_overtaken(session, raw, died_at=dead.died_at, now=now):
            return "overtaken by something newer"
        refusals.require_press(raw, standing)
        known: dict[str, Any] = {"team": self._team, "standing": standing, "settled": True}
        shown = await feed(self._bot, session, raw, now=now, **known)
        if isinstance(shown, Problem):
            return await _tell(session, raw, shown, now=now)
        if (answer := command_answers.answer_of(shown)) is not None:
            await outbox.post_latest(session, *answer, now=now)
        return "handled"

    async def _refuse(self, dead_id: int, raw: dict[str, Any], problem: Problem) -> str:
        """Count it as done, and say why it was refused."""
        now = utcnow()
        async with self._sessions.begin() as session:
            (await session.get_one(DeadUpdate, dead_id)).replayed_at = now
            return await _tell(session, raw, problem, now=now)


async def _tell(
    session: AsyncSession, raw: dict[str, Any], problem: Problem, *, now: datetime
) -> str:
    """Have the person told, as live; a press is answered within seconds, or not at all."""
    refused, source = f"refused, {type(problem).__name__}", origin(raw)
    if source.callback_query_id is not None:
        return refused
    await refusals.tell(session, source, problem, now=now)
    return f"{refused}; the person is told"
