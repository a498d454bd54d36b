"""The composition root: makes the parts, lets them run together, and stops them in order."""

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramNotFound, TelegramUnauthorizedError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot import startup
from bot.asides import Asides
from bot.composer import Composer
from bot.intake import Intake
from bot.poller import Poller
from bot.sender import Sender
from core.clock import utcnow
from core.config import BotSettings, Settings
from core.heartbeat import Heartbeat, default_folder
from core.team import Team
from database.session import make_engine, make_sessions
from services.courier import Courier
from services.limiter import Limiter

log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """Something that only an operator can put right; its text is the sentence for him."""


def make_bot(settings: BotSettings) -> Bot:
    """Make the bot's client for Telegram, or for the server in the settings."""
    server = TelegramAPIServer.from_base(settings.telegram_api_url)
    return Bot(settings.bot_token.get_secret_value(), session=AiohttpSession(api=server))


def team_of(settings: Settings) -> Team:
    """Pick what describes the team."""
    return Team(settings.staff_chat_id, settings.staff_language, settings.support_timezone)


class App:
    """All parts of a running bot."""

    def __init__(
        self,
        settings: Settings,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        clock: Callable[[], datetime] = utcnow,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        team = team_of(settings)
        self.heartbeat = Heartbeat(default_folder(settings.bot_id))
        self.limiter = Limiter(
            per_chat=settings.limit_per_chat,
            per_group=settings.limit_per_group,
            total=settings.limit_total,
        )
        self.asides = Asides(bot, self.limiter, monotonic)
        self.courier = Courier(
            sessions,
            Composer(team, clock),
            Sender(bot),
            self.limiter,
            staff_chat_id=team.staff_chat_id,
            clock=clock,
            monotonic=monotonic,
            quiet=settings.staff_batch_seconds,
            on_turn=lambda: self.heartbeat.beat("courier"),
        )
        self.intake = Intake(bot, sessions, self.courier, self.asides, team, clock)
        self.poller = Poller(
            bot,
            sessions,
            self.intake,
            clock=clock,
            on_turn=lambda: self.heartbeat.beat("poller"),
        )
        self._team = team
        self._clock = clock
        self._bot = bot
        self._sessions = sessions

    async def run(self, stopped: asyncio.Event) -> None:
        """Run until `stopped` is set; then finish what is in hand, and confirm it."""
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(self.asides.run()),
                group.create_task(self._look_after_staff_chat()),
                group.create_task(self._stop_when(stopped)),
            ]
            courier = group.create_task(self.courier.run())
            refusal = await self._poll()
            self.courier.stop()
            await courier
            for helper in helpers:
                helper.cancel()
        if refusal is not None:
            raise refusal

    async def _poll(self) -> TelegramAPIError | None:
        """Take updates until stopped, or until Telegram refuses the token, which is returned."""
        try:
            await self.poller.run()
        except (TelegramUnauthorizedError, TelegramNotFound) as refusal:
            return refusal
        return None

    async def _stop_when(self, stopped: asyncio.Event) -> None:
        await stopped.wait()
        log.info("stopping")
        self.poller.stop()
        self.courier.stop()

    async def _look_after_staff_chat(self) -> None:
        await startup.look_after_staff_chat(self._bot, self._sessions, self._team, self._clock)


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. Raises CannotStart, DatabaseNotAtHead."""
    engine = make_engine(settings.async_url)
    bot = make_bot(settings)
    stopped = asyncio.Event()
    _on_signals(stopped.set)
    try:
        sessions = make_sessions(engine)
        app = App(settings, bot, sessions)
        if not await startup.prepare(bot, engine, sessions, stopped, app.heartbeat):
            return
        log.info("started", bot=settings.bot_id, staff_chat=settings.staff_chat_id)
        await app.run(stopped)
        log.info("stopped")
    except (TelegramUnauthorizedError, TelegramNotFound) as refusal:
        raise CannotStart(
            "Telegram does not know this bot: BOT_TOKEN is wrong or was revoked. "
            "Get the right one from @BotFather."
        ) from refusal
    finally:
        await bot.session.close()
        await engine.dispose()


def _on_signals(stop: Callable[[], None]) -> None:
    """Stop on SIGTERM and SIGINT; Windows' event loop knows no signal handlers of its own."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
