"""The duty loop: does what is due (services/timers.py), one timer a transaction.

It looks once a second. So nobody has to wake it, whoever set a timer, and a clock that is set
forward is noticed; one that is set back is, too, for then it looks what was set in the future.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.team import Team
from database.errors import is_outage
from services import sweep, timers
from services.delivery import backlog_line
from services.helpdesk import (
    boards,
    closing,
    set_aside_news,
    staff_modes,
    thread_closing,
    thread_keeping,
    threads,
)
from services.timers import Moment

log = structlog.get_logger(__name__)

LOOKS_EVERY = 1.0

# Their functions are known once they are imported.
DUTIES = (
    backlog_line,
    boards,
    closing,
    set_aside_news,
    staff_modes,
    sweep,
    thread_closing,
    thread_keeping,
    threads,
)


class Duties:
    """Runs until cancelled, in the process that leads."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        team: Team,
        clock: Callable[[], datetime],
        on_done: Callable[[], None],
    ) -> None:
        """`on_done` hears that something was done, which may have posted something."""
        self._sessions = sessions
        self._team = team
        self._clock = clock
        self._on_done = on_done
        self._looked: datetime | None = None

    async def run(self) -> None:
        """Do what is due, and rest when nothing is, or while the database is away."""
        while True:
            if not await self._look():
                await asyncio.sleep(LOOKS_EVERY)

    async def _look(self) -> bool:
        """Do what is due first; whether there was something."""
        try:
            await self._prepare()
            done = await self._do_first()
        except Exception as error:
            if not is_outage(error):  # of which poller and courier speak
                log.exception("the duty loop failed")
            return False
        if done:
            self._on_done()
        return done

    async def _prepare(self) -> None:
        """See to it, at first and after the clock was set back, that all is due at its time."""
        now = self._clock()
        if self._looked is None or now < self._looked:
            async with self._sessions.begin() as session:
                await timers.set_standing(session, now=now)
            more = True
            while more:
                async with self._sessions.begin() as session:
                    more = await timers.set_back(session, now=now)
        self._looked = now

    async def _do_first(self) -> bool:
        timer_id, names = None, dict[str, object]()
        try:
            async with self._sessions.begin() as session:
                moment = Moment(self._team, self._clock())
                row = await timers.first_due(session, now=moment.now)
                if row is None:
                    return False
                timer_id, names = row.id, {"kind": row.kind, "subject": row.subject}
                await timers.do(session, row, moment)
        except Exception as error:
            if timer_id is None or is_outage(error):
                raise
            log.exception("a timer failed", **names)
            await self._postpone(timer_id)
        return True

    async def _postpone(self, timer_id: int) -> None:
        """Let others go first; what it did is undone."""
        async with self._sessions.begin() as session:
            await timers.postpone(session, timer_id, now=self._clock())
