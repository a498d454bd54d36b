"""Who administers a group; Telegram is asked only when something depends on it.

getChatMember only works reliably for a bot that is an administrator itself; getChatAdministrators
works for every member (core.telegram.org/bots/api#getchatmember).
"""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError

from bot.reading.members import TIMEOUT
from bot.reading.speakers import Speaker, movements, speaker

log = structlog.get_logger(__name__)

# How long an answer of Telegram's counts, in seconds: to a bot that is no administrator, Telegram
# does not say when somebody becomes one or is one no more.
REMEMBERED = 5.0


class Administrators:
    """Asks through one bot; those in `always` count wherever they are."""

    def __init__(
        self, bot: Bot, monotonic: Callable[[], float], always: frozenset[int] = frozenset()
    ) -> None:
        self._bot = bot
        self._monotonic = monotonic
        self._always = always
        self._known: dict[int, tuple[frozenset[int], float]] = {}

    def note(self, raw: Mapping[str, Any]) -> None:
        """Ask again about a group if the update says that somebody's rights changed there."""
        for chat_id, *_ in movements(raw):
            self._known.pop(chat_id, None)

    async def wrote(self, raw: Mapping[str, Any]) -> bool | None:
        """Whether an administrator wrote or pressed; None if Telegram does not say."""
        who = speaker(raw)
        return False if who is None or who.is_program else await self._is_one(who)

    async def _is_one(self, who: Speaker) -> bool | None:
        if who.as_chat:  # only administrators write in the name of their group
            return who.id == who.chat_id
        if who.id in self._always:
            return True
        now = self._monotonic()
        known, asked_at = self._known.get(who.chat_id, (frozenset(), now - REMEMBERED))
        if now - asked_at < REMEMBERED:
            return who.id in known
        found = await self._ask(who.chat_id)
        if found is None:
            return None
        self._known[who.chat_id] = found, now
        return who.id in found

    async def _ask(self, chat_id: int) -> frozenset[int] | None:
        try:
            found = await self._bot.get_chat_administrators(chat_id, request_timeout=TIMEOUT)
        except AiogramError as error:
            log.info("administrators not known", reason=type(error).__name__)
            return None
        return frozenset(one.user.id for one in found)
