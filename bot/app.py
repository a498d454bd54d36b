"""The composition root: makes the parts, runs them together, and stops them in order."""

import asyncio
import gc
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramNotFound, TelegramUnauthorizedError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.client import make_bot
from bot.incoming.confirmations import Confirmations
from bot.incoming.flow import Flow
from bot.incoming.inbox import Inbox
from bot.incoming.poller import Poller
from bot.outgoing.best_effort import Asides
from bot.outgoing.composer import Composer
from bot.outgoing.sender import Sender
from bot.process import profile, startup, stopping
from bot.process.duties import Duties
from bot.reading.administrators import Administrators
from bot.reading.members import Members
from bot.wording.thread_icons import ThreadIcons
from core.clock import utcnow
from core.config import BotSettings, Settings
from core.heartbeat import Heartbeat, folder_for
from core.team import Team
from database import leadership
from database.alarm import Alarm
from database.leadership import Lead
from database.ownership import OwnFile
from database.session import make_engine, make_sessions, own_file
from services.delivery.courier import Courier
from services.delivery.limiter import Limiter
from services.delivery.outcomes import Outcome
from services.delivery.parcel import Parcel

log = structlog.get_logger(__name__)

# Collect after this many net allocations (docs.python.org/3/library/gc.html).
GARBAGE = 10_000


NO_SUCH_BOT = (
    "Telegram does not know this bot: BOT_TOKEN is wrong or was revoked. "
    "Get the right one from @BotFather."
)


class CannotStart(Exception):
    """Something that only an operator can fix; its text tells the operator what."""


def team_of(settings: Settings) -> Team:
    """Pick what describes the team."""
    return Team(settings.staff_chat_id, settings.staff_language, settings.support_timezone)


def heartbeat_of(settings: BotSettings) -> Heartbeat:
    """Find the heartbeat that the processes of this bot on this database share."""
    return Heartbeat(folder_for(settings.bot_id, settings.async_url))


class App:
    """All parts of a running bot."""

    def __init__(
        self,
        settings: Settings,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        clock: Callable[[], datetime] = utcnow,
        monotonic: Callable[[], float] = time.monotonic,
        lead: Lead | None = None,
    ) -> None:
        """Without a `lead`, this must be the only process on the database."""
        team = team_of(settings)
        self.heartbeat = heartbeat_of(settings)
        self.limiter = Limiter(
            per_chat=settings.limit_per_chat,
            per_group=settings.limit_per_group,
            total=settings.limit_total,
        )
        self.asides = Asides(bot, self.limiter, monotonic)
        self.icons = ThreadIcons()
        self.courier = Courier(
            sessions,
            Composer(team, clock, self.icons),
            self._send,
            self.limiter,
            clock=clock,
            monotonic=monotonic,
            gathers=settings.staff_batch_seconds,
            on_turn=lambda: self.heartbeat.beat("courier"),
            alarm=Alarm(monotonic, lambda words: self.heartbeat.trouble("courier", words)),
        )
        members = Members(bot, monotonic)
        self.confirmations = Confirmations(sessions, members, clock, self.courier.wake)
        self.inbox = Inbox(
            bot,
            sessions,
            self.courier,
            self.asides,
            members,
            self.confirmations,
            administrators=Administrators(bot, monotonic, settings.admin_ids),
            team=team,
            clock=clock,
        )
        self.poller = Poller(
            bot,
            self.inbox,
            Flow(self.courier.bell),
            on_turn=lambda: self.heartbeat.beat("poller"),
            on_answer=self._hear,
            allowed=self._wait_for_lead,
            alarm=Alarm(monotonic, lambda words: self.heartbeat.trouble("poller", words)),
        )
        self.duties = Duties(sessions, team, clock, self.courier.wake)
        self._main_is_ready = False
        self._team = team
        self._staff_mode = settings.staff_mode
        self._clock = clock
        self._bot = bot
        self._sessions = sessions
        self._sender = Sender(bot)
        self._lead = lead or Lead()

    def _hear(self, after_silence: bool) -> None:
        """Tell all parts that wait for Telegram that it answered."""
        self.courier.hear(after_silence=after_silence)
        self.confirmations.hear(after_silence=after_silence)

    async def run(self, stopped: asyncio.Event) -> None:
        """Run until `stopped` is set; then finish the work in progress, and confirm it.

        Raises Deposed, in an exception group: then all work in progress is dropped.
        """
        if not await startup.choose_staff_chat(
            self._sessions, self._team, self._clock, stopped, self.heartbeat
        ):
            return
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(self.asides.run()),
                group.create_task(self.confirmations.run()),
                group.create_task(self.duties.run()),
                group.create_task(self._look_after_main_staff_chat()),
                group.create_task(self._bring_tickets_along()),
                group.create_task(
                    startup.look_after_other_staff_chats(self._bot, self._sessions, self._team)
                ),
                group.create_task(profile.follow_name(self._bot)),
                group.create_task(self.icons.learn(self._bot)),
                group.create_task(self._stop_when(stopped)),
                group.create_task(self._lead.keep()),
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
        """Take updates until stopped; return the refusal if Telegram rejects the token."""
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

    async def _send(self, parcel: Parcel) -> Outcome:
        """Send a claimed parcel, unless this process was frozen and another one leads now."""
        await self._lead.sure()
        return await self._sender(parcel)

    async def _wait_for_lead(self) -> None:
        """Ask for no updates unless this process leads: the leader would get a 409."""
        while not self._lead.is_sure:
            self.heartbeat.beat("poller")
            with suppress(TimeoutError):
                async with asyncio.timeout(leadership.BEATS_EVERY):
                    await self._lead.sure()

    async def _look_after_main_staff_chat(self) -> None:
        """Let tickets come along to the main staff chat once the bot works there."""
        await startup.wait_until_staff_chat_ready(
            self._bot, self._sessions, self._team, self._staff_mode, self._clock
        )
        self._main_is_ready = True
        self.courier.holds.hold()

    async def _bring_tickets_along(self) -> None:
        """Let the courier write to staff once their tickets are there.

        Other staff chats don't wait for the main one: the hold stays, and concerns it alone.
        """
        holds = self.courier.holds
        while True:
            count, with_main = await holds.wait(), self._main_is_ready
            await startup.bring_along(self._sessions, self._clock, with_main=with_main)
            if with_main:
                holds.release(count)
            else:
                self.courier.wake()
                await holds.wait_for_another(count)


async def run(settings: Settings) -> None:
    """Run the bot until a signal stops it. Raises CannotStart, DatabaseNotAtHead, FileNotOurs."""
    bot = make_bot(settings)
    stopped = stopping.on_signals()
    own = own_file(settings.async_url)
    heartbeat = heartbeat_of(settings)
    heartbeat.start()
    try:
        if await _prepare(settings, own, bot, stopped):
            while not stopped.is_set():
                await _serve_a_term(settings, own, bot, stopped)
            log.info("stopped")
    except asyncio.CancelledError:
        log.warning("stopped midway: sends in flight count as possible duplicates")
    except (TelegramUnauthorizedError, TelegramNotFound) as refusal:
        raise CannotStart(NO_SUCH_BOT) from refusal
    finally:
        heartbeat.stop()
        if own is not None:
            own.release()
        await bot.session.close()


async def _prepare(
    settings: Settings, own: OwnFile | None, bot: Bot, stopped: asyncio.Event
) -> bool:
    """Check for an operator's mistakes at once, even if this process will only stand by."""
    engine = make_engine(settings.async_url, own)
    heartbeat = heartbeat_of(settings)
    try:
        return await startup.prepare(bot, engine, make_sessions(engine), stopped, heartbeat)
    finally:
        await stopping.close(engine)


async def _serve_a_term(
    settings: Settings, own: OwnFile | None, bot: Bot, stopped: asyncio.Event
) -> None:
    """Stand by until this process leads, then run until stopped, or until another one leads.

    The parts are made for each term: their memory is out of date once another process has led.
    """
    heartbeat = heartbeat_of(settings)
    engine, lead = leadership.writer(settings.async_url, own, on_try=heartbeat.beat_all)
    try:
        # Everything imported so far is permanent; keep the collector from rescanning it.
        gc.freeze()
        gc.set_threshold(GARBAGE)
        if await lead.win(stopped):
            log.info("started", bot=settings.bot_id, staff_chat=settings.staff_chat_id)
            await App(settings, bot, make_sessions(engine), lead=lead).run(stopped)
    except* leadership.Deposed:
        log.warning("another process leads now and takes over the work in progress")
    finally:
        await stopping.close(engine)
