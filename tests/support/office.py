"""A running bot beside a sandbox: the real parts, real HTTP, a real database file.

Bot and Telegram share one clock, which starts at NOON; `telegram.advance` moves both.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.app import App
from bot.client import make_bot
from core.config import Settings
from core.text import utf16_slice
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, Message, User
from services import pauses, timers
from tests.support import conform
from tests.support.times import NOON

Sessions = async_sessionmaker[AsyncSession]

USERNAME = "sandbox_bot"

OFF = {"limit_per_chat": 0, "limit_per_group": 0, "limit_total": 0}


@dataclass
class Office:
    """A staff group with Kate in it, a bot that answers there, and users outside."""

    sandbox: Sandbox
    telegram: Telegram
    kate: User
    support: Chat
    sessions: Sessions
    app: App
    stopped: asyncio.Event

    async def sees(self, text: str = "", **how: Any) -> Message:
        """Wait until the staff chat shows a message with `text`; the newest if it is there."""
        return await self.kate.sees(text, in_=self.support, **how)

    async def opens(self, user: User, text: str) -> Message:
        """Have `user` write a first message; return its card once the user knows the number."""
        await user.writes(text)
        await user.sees("Ticket #")
        return await self.sees(text)

    async def all_goes(self) -> None:
        """Wait until the bot has taken in all that was written, and sent all that it may now."""
        known = 0
        while (await self.telegram.status())["pending_updates"]:
            known = (await self.telegram.call("changes", since=known, timeout=30))["seq"]
        self.app.courier.wake()
        await self.app.courier.bell.all_back()

    async def holds_all(self) -> None:
        """Wait until the bot has recorded that it may not write, and nothing is being sent."""
        async with asyncio.timeout(30):
            # A database does not tell when it changes.
            while not await self._is_held():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await self.app.courier.settled()

    async def lets_bot_in(self) -> None:
        """Let the bot write again, and have it try: it does so each minute."""
        await self.holds_all()
        await self.support.bot_becomes("member")
        await self.telegram.advance(61)

    async def _is_held(self) -> bool:
        async with self.sessions() as session:
            return await pauses.is_held(session, self.support.id)

    async def says_in_staff_chat(self, **how: Any) -> Message:
        """Ask for help there: whatever was sent to the group before is above the answer.

        What was due before is done, and sent.
        """
        await self.kate.writes(f"/help@{USERNAME}", to=self.support, plain=True)
        answer = await self.sees("makes a note", **how)
        async with asyncio.timeout(30):
            while await self._is_anything_due():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await self.all_goes()
        return answer

    async def _is_anything_due(self) -> bool:
        async with self.sessions.begin() as session:
            return await timers.first_due(session, now=now(self.sandbox)) is not None


def formatted(message: Message, kind: str) -> list[str]:
    """Tell which parts of a message are formatted so."""
    parts = [one for one in message.entities if one["type"] == kind]
    return [utf16_slice(message.text, one["offset"], one["length"]) for one in parts]


def timeless(message: Message) -> str:
    """Give the text with a sign in place of each time, which tests can't know in advance."""
    raw, end, parts = message.text.encode("utf-16-le"), 0, []
    for one in (one for one in message.entities if one["type"] == "date_time"):
        parts.append(raw[end : 2 * one["offset"]].decode("utf-16-le") + "⏱")
        end = 2 * (one["offset"] + one["length"])
    return "".join(parts) + raw[end:].decode("utf-16-le")


def from_noon() -> Callable[[], float]:
    """Make a clock in Unix seconds that starts at NOON now."""
    started = time.monotonic()
    return lambda: NOON.timestamp() + time.monotonic() - started


def settings_for(sandbox: Sandbox, support: Chat, **changes: object) -> Settings:
    """Make settings for the sandbox's bot, which keeps Telegram's limits only if they count."""
    fields: dict[str, object] = {
        "bot_token": SecretStr(sandbox.token),
        "staff_chat_id": support.id,
        "telegram_api_url": sandbox.url,
        "staff_batch_seconds": timedelta(0),
    }
    fields |= {} if sandbox.limits.enabled else OFF
    return Settings(_env_file=None, **(fields | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def open_telegram(
    *, privacy: bool = True, limits: bool = False
) -> AsyncIterator[tuple[Sandbox, Telegram]]:
    """Open Telegram, and check every call against its documentation at the end."""
    async with Sandbox(clock=from_noon(), privacy=privacy, limits=limits) as sandbox:
        yield sandbox, sandbox.client()
        if not conform.missing():
            assert conform.check(sandbox.calls) == []


@asynccontextmanager
async def running(
    sandbox: Sandbox, settings: Settings, sessions: Sessions, stopped: asyncio.Event
) -> AsyncIterator[App]:
    """Run the bot, and stop it at the end as SIGTERM does."""
    bot = make_bot(settings)
    app = App(settings, bot, sessions, clock=lambda: now(sandbox), monotonic=sandbox.clock.now)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(app.run(stopped))
            yield app
            stopped.set()
    finally:
        await close(bot)


async def close(bot: Bot) -> None:
    """Close the bot's connections; aiogram's own way sleeps for the sake of TLS."""
    assert isinstance(bot.session, AiohttpSession)
    await (await bot.session.create_session()).close()


@asynccontextmanager
async def open_office(
    sessions: Sessions,
    *,
    supergroup: bool = False,
    forum: bool = False,
    privacy: bool = True,
    limits: bool = False,
    bot: str | None = "member",
    **changes: object,
) -> AsyncIterator[Office]:
    """Open Telegram and run the bot; `bot` is its status in the staff chat."""
    async with open_telegram(privacy=privacy, limits=limits) as (sandbox, telegram):
        kate = await telegram.user("Kate", username="kate")
        support = await telegram.group(
            "Support", members=[kate], supergroup=supergroup, forum=forum, bot=bot
        )
        settings = settings_for(sandbox, support, **changes)
        stopped = asyncio.Event()
        async with running(sandbox, settings, sessions, stopped) as app:
            if bot in {"member", "administrator"}:
                await until_it_works_there(app)
            yield Office(sandbox, telegram, kate, support, sessions, app, stopped)


async def until_it_works_there(app: App) -> None:
    """Wait until the bot has looked at its staff chat, which tests may take from it then."""
    async with asyncio.timeout(30):
        while app.courier.holds.is_on:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def now(sandbox: Sandbox) -> datetime:
    """Tell the time in a sandbox."""
    return datetime.fromtimestamp(sandbox.clock.now(), UTC)
