"""Fetching: asks Telegram for updates, waits out what fails, and notices when it answers again."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)

from bot.client import RawUpdates, Unreadable
from bot.incoming import patience, troubles
from bot.incoming.dispatch import used_update_types
from core.waiting import Wait
from services.delivery.silence import Silence

log = structlog.get_logger(__name__)

# How long Telegram holds a getUpdates open when there is nothing, and how much longer we wait for
# the answer, in seconds. If a connection dies unnoticed, we hear nothing for both together.
LONG_POLL = 10
SLACK = 5

# The longest wait while another program polls with our token, in seconds.
LONGEST_CONFLICT = 30.0

# How many times unreadable updates are fetched again, and then as many times one by one, before the
# unreadable one is set aside.
TRIES = 3

# How Telegram's answer begins, and an update in it.
_TELEGRAMS = re.compile(r'\s*\{\s*"ok"\s*:\s*true\b')
_NUMBERED = re.compile(r'"update_id"\s*:\s*(\d{1,18})\b')


@dataclass(frozen=True)
class Broken:
    """An unreadable update as Telegram sent it, with its id if that can be found."""

    body: str
    update_id: int | None


class Fetching:
    """Asks through one bot; `rest` waits a number of seconds, or until stopped.

    `on_answer` is called for each answer, with whether it ends a silence that made others wait.
    """

    def __init__(
        self,
        bot: Bot,
        rest: Callable[[float], Awaitable[None]],
        *,
        allowed: Callable[[], Awaitable[None]],
        on_answer: Callable[[bool], None],
    ) -> None:
        self._bot = bot
        self._rest = rest
        self._allowed = allowed
        self._on_answer = on_answer
        self._silence = Silence()
        self._wait, self._conflict = Wait(log.warning), Wait(log.error)
        self._failures = 0
        self._unreadable = 0
        self._cut = False
        self._timeout: asyncio.Timeout | None = None

    def cut(self) -> None:
        """Cancel the open getUpdates, if there is one: the program stops."""
        self._cut = True
        if self._timeout is not None:
            self._timeout.reschedule(asyncio.get_running_loop().time())

    async def fetch(self, offset: int | None, *, at_once: bool) -> list[Any] | Broken:
        """Ask for updates from `offset` on; `at_once` if Telegram is known to have some.

        If the request failed, wait and return none. Raises TelegramUnauthorizedError and
        TelegramNotFound, which no wait cures.
        """
        try:
            batch = await self._ask(offset, 0 if at_once else LONG_POLL)
        except TimeoutError:  # cut: nothing was confirmed, and nothing needs to be said
            return []
        except (TelegramUnauthorizedError, TelegramNotFound):
            raise
        except AiogramError as error:
            return await self._endure(error)
        self._hear(batch)
        return batch

    async def _ask(self, offset: int | None, seconds: int) -> list[Any]:
        call = RawUpdates(
            offset=offset,
            limit=1 if self._unreadable >= TRIES else None,
            timeout=seconds,
            allowed_updates=used_update_types(),
        )
        try:
            async with asyncio.timeout(None) as self._timeout:
                await self._allowed()
                return await self._bot(call, request_timeout=seconds + SLACK)
        finally:
            self._timeout = None

    def _hear(self, batch: list[Any]) -> None:
        """Note that Telegram answered, and log it if it had not before."""
        if self._failures and not self._cut:
            log.info("Telegram answers again", failures=self._failures)
        self._failures = 0
        self._wait.is_over()
        self._conflict.is_over()
        if not batch:
            self._unreadable = 0
        self._on_answer(self._silence.answered(asyncio.get_running_loop().time()))

    async def _endure(self, error: AiogramError) -> list[Any] | Broken:
        """Wait after a failed request, or return an update that is to be set aside."""
        self._failures += 1
        if isinstance(error, TelegramConflictError):
            self._conflict.goes_on("another program polls with this token, or a webhook is set")
            await self._rest(min(2.0 ** min(self._failures, 16) / 4, LONGEST_CONFLICT))
            return []
        where, why = troubles.address(self._bot), troubles.reason(error)
        self._wait.goes_on("Telegram does not answer", address=where, reason=why)
        if isinstance(error, TelegramRetryAfter):
            await self._rest(float(error.retry_after))
            return []
        self._silence.failed(asyncio.get_running_loop().time())
        if broken := self._broken(error):
            return broken
        await self._rest(patience.after(self._failures))
        return []

    def _broken(self, error: AiogramError) -> Broken | None:
        """Find the unreadable update, once it was fetched often enough, and alone."""
        if not isinstance(error, Unreadable) or not isinstance(error.data, str):
            return None
        if not _TELEGRAMS.match(error.data):
            return None
        self._unreadable += 1
        if self._unreadable < 2 * TRIES:
            return None
        self._unreadable = 0
        found = _NUMBERED.search(error.data)
        return Broken(error.data, int(found[1]) if found else None)
