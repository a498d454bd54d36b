"""The poller: takes updates from Telegram, and lets it forget them once they are committed.

Only then does the offset move, which is what confirms an update. aiogram's own polling confirms
updates while their handlers still run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.client import RawUpdates
from bot.incoming import patience
from bot.incoming.fetching import Broken, Fetching
from bot.incoming.inbox import Intake
from bot.reading.update_json import number
from database.alarm import Alarm
from database.errors import is_outage
from services import inbox, outbox
from services.helpdesk import kept, orphans

log = structlog.get_logger(__name__)

# Telegram gives so many at a time, or all there are (core.telegram.org/bots/api#getupdates). They
# are committed together; after so many nobody is woken to send yet: what waits in one lane when
# there are no more travels as one.
MOST_AT_A_TIME = 100

# When several come at a time, more may gather while those are sent, but no longer than so many
# seconds: what is committed together costs a fraction of one by one.
GATHERS = 0.03

# The last getUpdates, which confirms what was committed, may take so long.
LAST_CONFIRMATION = 4

# The longest wait for a database, in seconds.
_LONGEST_REST = 30.0
_SWEPT_EVERY = timedelta(minutes=10)


async def at_once() -> None:
    """Wait for nothing."""


class Poller:
    """Runs until stopped; there is one for a bot (Telegram refuses a second with 409)."""

    def __init__(  # noqa: PLR0913 - most are hooks, and have a default
        self,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        intake: Intake,
        *,
        clock: Callable[[], datetime],
        on_turn: Callable[[], None] = lambda: None,
        on_more: Callable[[], None] = lambda: None,
        on_taken: Callable[[], None] = lambda: None,
        on_answer: Callable[[bool], None] = lambda _after_silence: None,
        sent: Callable[[], Awaitable[None]] = at_once,
        allowed: Callable[[], Awaitable[None]] = at_once,
        alarm: Alarm | None = None,
    ) -> None:
        """`on_turn` hears that we are alive; `allowed` is awaited before Telegram is asked.

        `on_answer` hears that Telegram answers, and whether that ends a silence.

        `on_more` hears that Telegram has more than it gave; `on_taken`, that updates are committed
        and Telegram has no more. `sent` waits until what was taken is sent.
        """
        self._bot = bot
        self._sessions = sessions
        self._intake = intake
        self._clock = clock
        self._on_turn = on_turn
        self._on_more = on_more
        self._on_taken = on_taken
        self._sent = sent
        self._alarm = alarm or Alarm()
        self._fetching = Fetching(bot, self._rest, allowed=allowed, on_answer=on_answer)
        self._offset: int | None = None
        self._more = False
        self._stopped = asyncio.Event()
        self._swept_at: datetime | None = None

    def stop(self) -> None:
        """Finish the updates in hand; `run` then confirms what was committed and returns."""
        self._stopped.set()
        self._fetching.cut()

    async def run(self) -> None:
        """Take updates until stopped. Raises TelegramUnauthorizedError if the token is void."""
        while not self._stopped.is_set():
            self._on_turn()
            fetched = await self._fetch()
            if isinstance(fetched, Broken):
                self._more = False
                await self._go_on_behind(fetched)
                continue
            batch = fetched
            self._more = len(batch) == MOST_AT_A_TIME
            if self._more:
                self._on_more()
            if batch:
                await self._take_together(batch)
            self._tell_taken()
            await self._sweep()
            if len(batch) > 1 and not self._more:
                await self._gather()
        await self._confirm()

    async def _fetch(self) -> list[Any] | Broken:
        return await self._fetching.fetch(self._offset, at_once=self._more)

    async def _go_on_behind(self, broken: Broken) -> None:
        """Set aside what can't be read, and let Telegram forget it."""
        update_id = broken.update_id if broken.update_id is not None else self._offset
        if update_id is None:
            return
        body = broken.body
        if await self._for_sure(lambda: self._intake.set_aside_unreadable(update_id, body)):
            self._offset = update_id + 1

    async def _take_together(self, part: Sequence[Any]) -> bool:
        """Handle updates in one transaction, or else by halves; False if we stop before."""
        if self._stopped.is_set():
            return False
        if len(part) == 1:
            return await self._take(part[0])
        numbers = [one for one in map(number, part) if one is not None]
        if len(numbers) == len(part):
            done = await self._for_sure(lambda: self._intake.handle_together(part))
            if done is None:
                return False
            if done:
                self._offset = numbers[-1] + 1
                self._tell_taken()
                return True
        self._on_turn()
        half = len(part) // 2
        return await self._take_together(part[:half]) and await self._take_together(part[half:])

    async def _take(self, raw: Any) -> bool:
        """Handle an update and move the offset past it; False if we stop before."""
        update_id = number(raw)
        if update_id is None:
            # Telegram never sends one. All that comes before it is confirmed, and numbers rise by
            # one: step by step the offset gets past it, and past nothing else.
            log.error("an update without a number")
            self._offset = self._offset and self._offset + 1
            await self._rest(patience.after(1))
        elif await self._for_sure(lambda: self._handle_alone(raw)) is None:
            return False
        else:
            self._offset = update_id + 1
            self._tell_taken()
        return True

    def _tell_taken(self) -> None:
        if not self._more:
            self._on_taken()

    async def _handle_alone(self, raw: dict[str, Any]) -> bool:
        await self._intake.handle(raw)
        return True

    async def _for_sure(self, handle: Callable[[], Awaitable[bool]]) -> bool | None:
        """Handle updates however long the database is away; None if we stop before."""
        failures = 0
        while True:
            try:
                done = await handle()
            except Exception as error:
                if not is_outage(error):
                    raise
                self._alarm.fails(error)
            else:
                self._alarm.works()
                return done
            failures += 1
            self._on_turn()
            await self._rest(min(2.0**failures / 4, _LONGEST_REST))
            if self._stopped.is_set():
                return None

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHERS):
                await self._sent()

    async def _sweep(self) -> None:
        """Drop what is old, a portion at each turn until nothing is left, then now and then."""
        now = self._clock()
        if self._swept_at is not None and now - self._swept_at < _SWEPT_EVERY:
            return
        try:
            async with self._sessions.begin() as session:
                await kept.forget_old(session, now=now)
                await orphans.forget_old(session, now=now)
                more = await inbox.forget_old(session, now=now)
                more = await outbox.forget_asides(session, now=now) or more
        except Exception as error:
            if not is_outage(error):
                raise
            return
        if not more:
            self._swept_at = now

    async def _confirm(self) -> None:
        if self._offset is None:
            return
        call = RawUpdates(offset=self._offset, limit=1, timeout=0)
        try:
            await self._bot(call, request_timeout=LAST_CONFIRMATION)
        except AiogramError as error:
            log.info("the last updates come again, as known ones", reason=type(error).__name__)

    async def _rest(self, seconds: float) -> None:
        """Wait, or stop: who waits on purpose is alive, however long it takes."""
        ends = asyncio.get_running_loop().time() + seconds
        while not self._stopped.is_set() and (left := ends - asyncio.get_running_loop().time()) > 0:
            self._on_turn()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LONGEST_REST)):
                    await self._stopped.wait()
