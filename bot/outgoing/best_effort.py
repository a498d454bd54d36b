"""Best-effort replies: a greeting, the next page of a list, an answer to a press.

They are sent after the commit; nobody waits for them, and late ones are dropped. They use what
everything else leaves of the limits, and only a limited number waits, no matter who asks how often.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from sqlalchemy.ext.asyncio import AsyncSession

from bot.outgoing.silence import silence
from bot.whispers import PressAnswered, UsedUp
from services import outbox, whispers
from services.delivery.limiter import Limiter

log = structlog.get_logger(__name__)

# Replies older than this (in seconds) are dropped: the person has moved on.
TOO_LATE = outbox.ASIDES_LAST.total_seconds()

# How often to look for room, in seconds: the limiter can't tell while sends are in flight.
LOOKS_EVERY = 0.2

# How many may wait for room; the oldest of more is dropped. One of a kind waits for each chat.
MOST_WAITING = 100


# Chat, method, and in a group the message that is changed, and the person who alone sees it.
type _Kind = tuple[int, str, int | None, int | None]


@dataclass(frozen=True)
class _Aside:
    """A reply; with a `press`, a whisper that answers it, or else `for_all` does."""

    method: TelegramMethod[Any]
    chat_id: int
    asked_at: float
    press: PressAnswered | None = None
    for_all: Callable[[], Awaitable[None]] | None = None

    @property
    def kind(self) -> _Kind:
        """Tell which waiting reply it replaces.

        In a group several people press buttons, so there it must change the same message.
        """
        name, method = self.method.__api_method__, self.method
        if self.chat_id > 0:
            return self.chat_id, name, None, None
        whispered = getattr(method, "ephemeral_message_parameters", None) or method
        receiver = getattr(whispered, "receiver_user_id", None)
        changed = getattr(method, "message_id", None)
        return (
            self.chat_id,
            name,
            changed or getattr(method, "ephemeral_message_id", None),
            receiver,
        )

    def is_late(self, now: float) -> bool:
        lasts = TOO_LATE if self.press is None else whispers.WITHIN.total_seconds()
        return now - self.asked_at > lasts


class Asides:
    """Sends through one bot until `run` is cancelled."""

    def __init__(
        self, bot: Bot, limiter: Limiter, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._bot = bot
        self._limiter = limiter
        self._monotonic = monotonic
        self._new: list[_Aside] = []
        self._waiting: dict[_Kind, _Aside] = {}
        self._free: list[TelegramMethod[Any]] = []
        self._wake = asyncio.Event()

    @staticmethod
    def record(session: AsyncSession, shown: object, *, now: datetime) -> None:
        """Record a reply that counts against the limits, for a restart. A press costs nothing."""
        chat_id = getattr(shown, "chat_id", None)
        if isinstance(shown, TelegramMethod | PressAnswered | UsedUp) and isinstance(chat_id, int):
            outbox.count_aside(session, chat_id, now=now)

    def show(self, method: TelegramMethod[Any]) -> None:
        """Send it soon, and return at once; in a group without a sound.

        While there is no room it replaces an older one of its kind.
        """
        chat_id = getattr(method, "chat_id", None)
        if isinstance(chat_id, int) and chat_id < 0:
            silence(method)
        if isinstance(chat_id, int):
            self._new.append(_Aside(method, chat_id, self._monotonic()))
        else:
            self._free.append(method)
        self._wake.set()

    def whisper(self, press: PressAnswered, for_all: Callable[[], Awaitable[None]]) -> None:
        """Answer a press by a whisper soon, and return at once.

        `for_all` answers it where that is not possible, with all that belongs to it.
        """
        silence(press.whisper)
        self._new.append(_Aside(press.whisper, press.chat_id, self._monotonic(), press, for_all))
        self._wake.set()

    async def run(self) -> None:
        """Send each reply on its own, as soon as there is room."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                for method in self._free:
                    group.create_task(self._send(method))
                self._free.clear()
                rest = self._send_what_may_go(group)
                with suppress(TimeoutError):
                    async with asyncio.timeout(rest):
                        await self._wake.wait()

    def _send_what_may_go(self, group: asyncio.TaskGroup) -> float | None:
        """Send what there is room for; return the seconds to wait, None: until there is more.

        Waiting replies are in the order in which they were asked for.
        """
        now = self._monotonic()
        for kind, aside in list(self._waiting.items()):
            if aside.is_late(now):
                self._drop(group, kind, "TimeoutError")
            elif self._goes(group, aside, now):
                del self._waiting[kind]
        for aside in self._new:
            if not self._goes(group, aside, now):
                self._have_wait(group, aside)
        self._new.clear()
        return LOOKS_EVERY if self._waiting else None

    def _goes(self, group: asyncio.TaskGroup, aside: _Aside, now: float) -> bool:
        """Send it if there is room; whether there was."""
        if self._limiter.next_at(now, aside.chat_id, spare=True) > now:
            return False
        self._limiter.leave(aside.chat_id)
        group.create_task(self._send_counted(aside))
        return True

    def _have_wait(self, group: asyncio.TaskGroup, aside: _Aside) -> None:
        if aside.kind in self._waiting:
            self._answered(self._waiting.pop(aside.kind))
        self._waiting[aside.kind] = aside
        if len(self._waiting) > MOST_WAITING:
            self._drop(group, next(iter(self._waiting)), "TooMany")

    def _drop(self, group: asyncio.TaskGroup, kind: _Kind, reason: str) -> None:
        aside = self._waiting.pop(kind)
        if aside.for_all is None:
            _dropped(aside.method, logging.INFO, reason)
        else:
            group.create_task(self._answer_for_all(aside, aside.for_all, reason))

    async def _answer_for_all(
        self, aside: _Aside, for_all: Callable[[], Awaitable[None]], reason: str
    ) -> None:
        log.info("whisper not possible", reason=reason)
        try:
            await for_all()
        except Exception as error:  # noqa: BLE001 - nor may a database that is away end it
            _dropped(aside.method, logging.ERROR, type(error).__name__)
            self._answered(aside)

    def _answered(self, aside: _Aside) -> None:
        """Have the button of whoever waits for a whisper stop showing that it is busy."""
        if aside.press is not None:
            self._free.append(AnswerCallbackQuery(callback_query_id=aside.press.query_id))
            self._wake.set()

    async def _send_counted(self, aside: _Aside) -> None:
        try:
            refused = await self._send(aside.method)
        finally:
            self._limiter.answer(self._monotonic(), aside.chat_id)
        if refused is not None and aside.for_all is not None:
            await self._answer_for_all(aside, aside.for_all, refused)
        else:
            self._answered(aside)

    async def _send(self, method: TelegramMethod[Any]) -> str | None:
        """Send it; return in what words Telegram refused it, if it did."""
        try:
            async with asyncio.timeout(TOO_LATE):
                await self._bot(method)
        except TelegramBadRequest as error:
            _dropped(method, logging.INFO, type(error).__name__)
            return error.message
        except (AiogramError, TimeoutError) as error:
            _dropped(method, logging.INFO, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a mistake here must not end the bot
            _dropped(method, logging.ERROR, type(error).__name__)
        return None


def _dropped(method: TelegramMethod[Any], level: int, reason: str) -> None:
    log.log(level, "best-effort reply dropped", method=method.__api_method__, reason=reason)
