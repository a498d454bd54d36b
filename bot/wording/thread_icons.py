"""Icons of threads: which of Telegram's says who has to act on a ticket."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError

from database.models import TicketStatus

log = structlog.get_logger(__name__)

# How soon to ask again if Telegram did not say which icons there are, in seconds.
ASKS_AGAIN_AFTER = 60.0

# The best first: Telegram may take one away.
_OURS = ("❗️", "❓")
_WANTED: Mapping[TicketStatus, Sequence[str]] = {
    TicketStatus.NEW: _OURS,
    TicketStatus.OPEN: _OURS,
    TicketStatus.PENDING: ("💬", "🗣"),
    TicketStatus.ON_HOLD: ("📆", "💬", "🗣"),
    TicketStatus.CLOSED: ("✅", "🏁", "📁", "📝"),
}


class ThreadIcons:
    """Telegram's ids of them, once they are known."""

    def __init__(self) -> None:
        self._ids: Mapping[str, str] = {}

    def of(self, status: TicketStatus) -> str | None:
        """Give the id of the icon; None if it is not known yet, or Telegram has none."""
        return next((self._ids[one] for one in _WANTED[status] if one in self._ids), None)

    async def learn(self, bot: Bot) -> None:
        """Ask which icons there are, before one is wanted; try until Telegram says it."""
        while not self._ids:
            try:
                stickers = await bot.get_forum_topic_icon_stickers()
            except AiogramError as error:
                log.info("icons of threads not known", reason=type(error).__name__)
                await asyncio.sleep(ASKS_AGAIN_AFTER)
            else:
                self._ids = {
                    one.emoji: one.custom_emoji_id
                    for one in stickers
                    if one.emoji and one.custom_emoji_id
                }
                return
