"""What is only for the eyes now: a list that was asked for, an answer to a press.

Sent after the commit, best effort, through the limiter; nobody waits for it, and what would come
too late is left out.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod
from sqlalchemy.ext.asyncio import AsyncSession

from services import outbox
from services.limiter import Limiter

log = structlog.get_logger(__name__)

# Who asked has turned to something else after so many seconds.
TOO_LATE = outbox.ASIDES_LAST.total_seconds()

# While answers are awaited the limiter can't say when there is room, in seconds.
LOOKS_EVERY = 0.2


class Asides:
    """Sends through one bot until `run` is cancelled."""

    def __init__(
        self, bot: Bot, limiter: Limiter, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._bot = bot
        self._limiter = limiter
        self._monotonic = monotonic
        self._waiting: asyncio.Queue[TelegramMethod[Any]] = asyncio.Queue()

    @staticmethod
    def record(session: AsyncSession, shown: object, *, now: datetime) -> None:
        """Have a restart know of what will be shown, if it counts: answers to presses do not."""
        chat_id = getattr(shown, "chat_id", None)
        if isinstance(shown, TelegramMethod) and isinstance(chat_id, int):
            outbox.count_aside(session, chat_id, now=now)

    def show(self, method: TelegramMethod[Any]) -> None:
        """Send soon; returns at once."""
        self._waiting.put_nowait(method)

    async def run(self) -> None:
        """Send what is to be shown, each on its own."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._send(await self._waiting.get()))

    async def _send(self, method: TelegramMethod[Any]) -> None:
        chat_id = getattr(method, "chat_id", None)
        try:
            async with asyncio.timeout(TOO_LATE):
                if isinstance(chat_id, int):
                    await self._send_within_limits(method, chat_id)
                else:
                    await self._bot(method)
        except (AiogramError, TimeoutError) as error:
            log.info("not shown", method=method.__api_method__, reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a mistake here must not end the bot
            log.error("not shown", method=method.__api_method__, error=type(error).__name__)  # noqa: TRY400

    async def _send_within_limits(self, method: TelegramMethod[Any], chat_id: int) -> None:
        # The limiter can only say when to ask again: there is no event to wait for.
        while (when := self._limiter.next_at(now := self._monotonic(), chat_id)) > now:  # noqa: ASYNC110
            await asyncio.sleep(min(when - now, LOOKS_EVERY))
        self._limiter.leave(chat_id)
        try:
            await self._bot(method)
        finally:
            self._limiter.answer(self._monotonic(), chat_id)
