"""One process of the bot: the product's own code, on a loop that can die at any turn."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aiogram import Bot
from aiogram.exceptions import AiogramError
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.app import App
from bot.process import startup, stopping
from core.config import Settings
from database.errors import is_outage
from database.session import make_sessions
from services.helpdesk import staff_chat_changes
from tests.proofs.simulation.clockwork import Agenda, Died, Loop, Stuck
from tests.proofs.simulation.log import Log
from tests.proofs.simulation.script import Plan
from tests.proofs.simulation.store import Access, Store
from tests.proofs.simulation.telegram import BOT_ID, Telegram
from tests.proofs.simulation.wire import Wire


class Machine:
    """What all processes of a run share: the time, the database, Telegram, the settings."""

    def __init__(
        self, agenda: Agenda, plan: Plan, store: Store, telegram: Telegram, log: Log, folder: Path
    ) -> None:
        self.agenda = agenda
        self.store = store
        self.telegram = telegram
        self.log = log
        self.folder = folder
        self.stepped = timedelta()
        self.started = datetime.fromisoformat(plan.start)
        limits = {} if plan.limits else dict.fromkeys(_LIMITS, 0.0)
        self._settings: dict[str, object] = {
            "support_timezone": ZoneInfo(plan.zone),
            "staff_batch_seconds": timedelta(seconds=plan.gathers),
            **limits,
        }

    def clock(self) -> datetime:
        """Give the time on the machine's clock, which may be wrong."""
        return (self.started + timedelta(seconds=self.agenda.now) + self.stepped).astimezone(UTC)

    def settings(self, staff_chat_id: int) -> Settings:
        return Settings(
            _env_file=None,
            bot_token=SecretStr(f"{BOT_ID}:simulated"),
            staff_chat_id=staff_chat_id,
            **self._settings,  # type: ignore[arg-type]
        )


_LIMITS = ("limit_per_chat", "limit_per_group", "limit_total")


class Process:
    """One process of the bot, from its start until it ends, stops or dies."""

    def __init__(
        self, number: int, machine: Machine, staff_chat_id: int, second: int | None = None
    ) -> None:
        self.number = number
        self.died = False
        self.crash: str | None = None
        self.stopped_at: float | None = None
        self._machine = machine
        self._loop = Loop(machine.agenda)
        self._access = Access(machine.store)
        self._wire = Wire(machine.telegram, number)
        self._staff_chat_id = staff_chat_id
        self._second_chat_id = second
        self._stopped: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None
        self._sessions: async_sessionmaker[AsyncSession] | None = None
        self._changes: set[asyncio.Task[None]] = set()

    def kill(self, turns: int) -> None:
        """Let the process die after this many turns of the loop."""
        self._loop.jump.dies_in = turns

    def stop(self) -> None:
        """Ask the process to stop, as SIGTERM does."""
        self.stopped_at = self._machine.agenda.now
        if self._stopped is not None:
            self._stopped.set()
        if self._task is not None:
            self._loop.call_later(stopping.LAST_SECONDS, self._task.cancel)

    def live(self) -> None:
        """Run until the end. Raises Stuck."""
        self._task = self._loop.create_task(self._main())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self.died = True  # it hung when asked to stop, so it leaves its work as after a crash
        except Died:
            self.died = True
        except Stuck:
            self._bury()
            raise
        except Exception as error:  # noqa: BLE001 - a finding of the run
            self.crash = "".join(traceback.format_exception(error))
        self._bury()

    def _bury(self) -> None:
        self._machine.log.muted = True
        self._wire.dead = True
        self._access.die()
        self._machine.telegram.hang_up(self.number)
        self._loop.bury()
        self._machine.log.muted = False

    async def _main(self) -> None:
        """Do what `bot.app.run` does, except for signals and the check of the schema."""
        settings = self._machine.settings(self._staff_chat_id)
        engine = await self._access.open()
        bot = Bot(settings.bot_token.get_secret_value(), session=self._wire)
        self._stopped = asyncio.Event()
        if self.stopped_at is not None:
            self._stopped.set()
        try:
            self._sessions = sessions = make_sessions(engine)
            app = App(
                settings,
                bot,
                sessions,
                clock=self._machine.clock,
                monotonic=lambda: self._machine.agenda.now,
            )
            app.heartbeat.folder = self._machine.folder
            if not await self._prepared(bot, sessions):
                return
            await app.run(self._stopped)
        finally:
            await engine.dispose()

    def change(
        self, change: Callable[[AsyncSession], Awaitable[None]], then: Callable[[], None]
    ) -> bool:
        """Change something as a handler does, and do the rest if that was committed.

        False if the bot does not work yet.
        """
        if self._sessions is None:
            return False
        task = self._loop.create_task(self._changed(self._sessions, change, then))
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        return True

    async def _changed(
        self,
        sessions: async_sessionmaker[AsyncSession],
        change: Callable[[AsyncSession], Awaitable[None]],
        then: Callable[[], None],
    ) -> None:
        try:
            async with sessions.begin() as session:
                await change(session)
        except Exception as error:
            not_chosen = isinstance(error, LookupError)  # the staff chat is not chosen yet
            if not not_chosen and not is_outage(error):
                raise
        else:
            then()

    async def _prepared(self, bot: Bot, sessions: async_sessionmaker[AsyncSession]) -> bool:
        """Wait until Telegram and the database answer; False if stopped meanwhile."""
        assert self._stopped is not None
        while not self._stopped.is_set():
            try:
                await startup.own_database(sessions, (await bot.me()).id)
                if self._second_chat_id is not None:
                    async with sessions.begin() as session:
                        now = self._machine.clock()
                        await staff_chat_changes.add(session, self._second_chat_id, now=now)
            except Exception as error:
                if not isinstance(error, AiogramError) and not is_outage(error):
                    raise
                await asyncio.sleep(1)
            else:
                return True
        return False
