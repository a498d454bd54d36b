"""The poller: fetches updates, and confirms them to Telegram once they are committed.

Moving the offset is what confirms an update. aiogram's own polling does so while handlers are still
running.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError

from bot.client import RawUpdates
from bot.incoming import patience
from bot.incoming.fate import Fate
from bot.incoming.fetching import Broken, Fetching
from bot.incoming.flow import Flow
from bot.incoming.inbox import Inbox
from bot.reading.update_json import update_id_of
from database.alarm import Alarm
from database.errors import is_outage

log = structlog.get_logger(__name__)

# Timeout of the last getUpdates, which confirms what was committed, in seconds.
LAST_CONFIRMATION = 4

# The longest wait for a database, in seconds: a try costs little, and users wait once it is back.
_LONGEST_REST = 5.0


async def at_once() -> None:
    """Wait for nothing."""


class Poller:
    """Runs until stopped; there is one for a bot (Telegram refuses a second with 409)."""

    def __init__(
        self,
        bot: Bot,
        inbox: Inbox,
        flow: Flow,
        *,
        on_turn: Callable[[], None] = lambda: None,
        on_answer: Callable[[bool], None] = lambda _after_silence: None,
        allowed: Callable[[], Awaitable[None]] = at_once,
        alarm: Alarm | None = None,
    ) -> None:
        """`on_turn` hears that we are alive; `allowed` is awaited before Telegram is asked.

        `on_answer` hears that Telegram answers, and whether that ends a silence.
        """
        self._bot = bot
        self._inbox = inbox
        self._flow = flow
        self._on_turn = on_turn
        self._alarm = alarm or Alarm()
        self._fetching = Fetching(bot, self._rest, allowed=allowed, on_answer=on_answer)
        self._offset: int | None = None
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Finish the updates in hand; `run` then confirms what was committed and returns."""
        self._stopped.set()
        self._fetching.cut()

    async def run(self) -> None:
        """Take updates until stopped. Raises TelegramUnauthorizedError if the token is void."""
        while not self._stopped.is_set():
            self._on_turn()
            fetched = await self._fetching.fetch(self._offset, at_once=self._flow.more)
            if isinstance(fetched, Broken):
                self._flow.fetched(0)
                await self._set_aside(fetched)
                continue
            self._flow.fetched(len(fetched))
            if fetched:
                await self._take(fetched)
            self._flow.committed()
            await self._flow.gather()
        await self._confirm()

    async def _set_aside(self, broken: Broken) -> None:
        """Keep what can't be read for an operator, and let Telegram forget it."""
        update_id = broken.update_id if broken.update_id is not None else self._offset
        if update_id is None:
            return
        keep = partial(self._inbox.set_aside_unreadable, update_id, broken.body)
        if await self._until_committed(keep) is Fate.COMMITTED:
            self._offset = update_id + 1

    async def _take(self, batch: Sequence[Any]) -> Fate:
        """Have updates handled in one transaction, or else by halves, in their order."""
        fate = Fate.STOPPED if self._stopped.is_set() else await self._handle(batch)
        if fate is not Fate.SPLIT:
            return fate
        self._on_turn()
        middle = len(batch) // 2
        fate = await self._take(batch[:middle])
        return fate if fate is Fate.STOPPED else await self._take(batch[middle:])

    async def _handle(self, batch: Sequence[Any]) -> Fate:
        """Have updates handled, and move the offset past them once they are committed."""
        ids = [one for one in map(update_id_of, batch) if one is not None]
        if len(ids) < len(batch):
            return await self._skip() if len(batch) == 1 else Fate.SPLIT
        one, several = self._inbox.handle_one, self._inbox.handle_batch
        handle = partial(one, batch[0]) if len(batch) == 1 else partial(several, batch)
        fate = await self._until_committed(handle)
        if fate is Fate.COMMITTED:
            self._offset = ids[-1] + 1
            self._flow.committed()
        return fate

    async def _skip(self) -> Fate:
        """Get past an update without an id, which Telegram never sends.

        All before it is confirmed, and ids rise by one: step by step the offset gets past it, and
        past nothing else.
        """
        log.error("update without update_id")
        self._offset = self._offset and self._offset + 1
        await self._rest(patience.after(1))
        return Fate.COMMITTED

    async def _until_committed(self, handle: Callable[[], Awaitable[Fate]]) -> Fate:
        """Have updates handled, however long the database is away, unless we stop."""
        failures = 0
        while True:
            try:
                fate = await handle()
            except Exception as error:
                if not is_outage(error):
                    raise
                self._alarm.fails(error)
            else:
                self._alarm.works()
                return fate
            failures += 1
            self._on_turn()
            await self._rest(min(2.0**failures / 4, _LONGEST_REST))
            if self._stopped.is_set():
                return Fate.STOPPED

    async def _confirm(self) -> None:
        if self._offset is None:
            return
        call = RawUpdates(offset=self._offset, limit=1, timeout=0)
        try:
            await self._bot(call, request_timeout=LAST_CONFIRMATION)
        except AiogramError as error:
            log.info(
                "last confirmation failed, known updates will come again",
                reason=type(error).__name__,
            )

    async def _rest(self, seconds: float) -> None:
        """Wait, or stop; a long wait is no hang, so `on_turn` is told again and again."""
        ends = asyncio.get_running_loop().time() + seconds
        while not self._stopped.is_set() and (left := ends - asyncio.get_running_loop().time()) > 0:
            self._on_turn()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LONGEST_REST)):
                    await self._stopped.wait()
