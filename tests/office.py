"""A running bot beside a sandbox: the real parts, real HTTP, a real database file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.app import App, make_bot
from core.config import Settings
from sandbox import Sandbox, Telegram
from sandbox.client.chat import Chat
from sandbox.client.user import User
from tests import conform


@dataclass
class Office:
    """A staff group with Kate in it, a bot that answers there, and users outside."""

    sandbox: Sandbox
    telegram: Telegram
    kate: User
    support: Chat
    sessions: async_sessionmaker[AsyncSession]
    app: App
    stopped: asyncio.Event


def settings_for(sandbox: Sandbox, support: Chat, **changes: object) -> Settings:
    """Make settings for the sandbox's bot; Telegram's limits are off unless a test asks."""
    fields: dict[str, object] = {
        "bot_token": SecretStr(sandbox.token),
        "staff_chat_id": support.id,
        "telegram_api_url": sandbox.url,
        "limit_per_chat": 0,
        "limit_per_group": 0,
        "limit_total": 0,
    }
    return Settings(_env_file=None, **(fields | changes))  # type: ignore[arg-type]


@asynccontextmanager
async def open_office(
    sessions: async_sessionmaker[AsyncSession],
    *,
    supergroup: bool = False,
    privacy: bool = True,
    limits: bool = False,
    **changes: object,
) -> AsyncIterator[Office]:
    """Open Telegram and run the bot; at the end stop it as SIGTERM does, and check its calls."""
    async with Sandbox(privacy=privacy, limits=limits) as sandbox:
        telegram = sandbox.client()
        kate = await telegram.user("Kate", username="kate")
        support = await telegram.group("Support", members=[kate], supergroup=supergroup)
        settings = settings_for(sandbox, support, **changes)
        bot = make_bot(settings)
        app = App(settings, bot, sessions)
        stopped = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(app.run(stopped))
                yield Office(sandbox, telegram, kate, support, sessions, app, stopped)
                stopped.set()
        finally:
            await bot.session.close()
        assert conform.check(sandbox.calls) == []
