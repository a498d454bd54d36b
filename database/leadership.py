"""Leadership: of several processes of one bot on PostgreSQL one works, the others stand by.

The leader holds a session-level lock on the very connection that writes. A process that loses the
lock has lost that connection too, so it can't commit, and without a commit it can't claim or send.
A frozen process keeps its connection, because the kernel answers for it; so the server ends a
session after SILENCE_SECONDS of silence, and a leader sends something each second.

A pooler that passes a connection on after each transaction (PgBouncer's transaction mode) would
pass the lock on with it: the process needs a connection of its own.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, override

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from core.clock import utcnow
from database.alarm import Alarm
from database.errors import DatabaseUnreachable, NotLeading, is_outage, is_server_error
from database.machinery import Leadership
from database.ownership import OwnFile
from database.schema import ensure_at_head
from database.session import SILENCE_SECONDS, make_engine, make_sessions, make_writer, own_file

log = structlog.get_logger(__name__)

# Any number that nothing else of ours locks.
LEAD_LOCK = 0x4C45_4144
LOCK = f"SELECT pg_try_advisory_lock({LEAD_LOCK})"
LED = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory' AND objid = :lock AND granted
)
"""
HOLDER = "SELECT holder FROM leadership WHERE id = 1"

# asyncpg prepares a statement in one message and runs it in the next. PostgreSQL does not count a
# client that is frozen in between as idle, and 14 to 16 have no time-out for it, so a process that
# stands by ends its session.
END_THE_SILENT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE datname = current_database() AND locktype = 'advisory' AND objid = $1 AND granted
AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - make_interval(secs => $2)
"""

# How often the leader sends something, and the others ask for the lock, in seconds.
BEATS_EVERY = 1.0
TRIES_EVERY = 0.25

# How long to wait for the answer to such a small query, in seconds.
QUERY_TIMEOUT = 3.0

# The head start of the former leader after a restart of the server, in seconds: only it knows its
# unconfirmed sends, which another process would repeat. Less than SILENCE_SECONDS.
HEAD_START = 2.0

# How long after its last query a leader can be sure that it still leads, in seconds.
SURE_FOR = SILENCE_SECONDS - 0.5


class Deposed(Exception):
    """Another process leads; whatever this one has in memory is out of date."""


class Lead:
    """The lead of a process that has the database to itself, as on SQLite."""

    @property
    def is_sure(self) -> bool:
        """Whether no other process can be leading now."""
        return True

    async def sure(self) -> None:
        """Wait until `is_sure`: only then may anything be sent to Telegram."""

    async def win(self, stopped: asyncio.Event) -> bool:  # noqa: ARG002 - there is no one to wait for
        """Stand by until this process leads; False if stopped before that."""
        return True

    async def keep(self) -> None:
        """Go on leading until cancelled. Raises Deposed once another process leads."""


class LockedLead(Lead):
    """The lead of one process among several, for one term: once lost, it does not come back."""

    def __init__(
        self,
        url: str,
        on_try: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_try` is called each time we ask for the lock, to show that we are alive."""
        self.engine = make_writer(url, self._admit)
        self.holder = secrets.token_hex(8)
        self._on_try = on_try
        self._monotonic = monotonic
        self._stopped = asyncio.Event()
        self._lost = asyncio.Event()
        self._spoke = asyncio.Event()
        self._sure_until = monotonic()
        self._leads = False
        self._stood_by = False

    @property
    @override
    def is_sure(self) -> bool:
        return self._monotonic() < self._sure_until

    @override
    async def sure(self) -> None:
        while not self.is_sure:
            self._spoke.clear()
            await self._spoke.wait()

    @override
    async def win(self, stopped: asyncio.Event) -> bool:
        """Raises DatabaseNotAtHead: another version may have migrated while we stood by."""
        self._stopped = stopped
        alarm = Alarm(self._monotonic)
        while not stopped.is_set():
            try:
                await self._begin()
            except Exception as error:
                if not is_outage(error):
                    raise
                if not stopped.is_set():
                    alarm.fails(error)
                self._on_try()
                await _event_within(stopped, BEATS_EVERY)
            else:
                log.info("leading", holder=self.holder)
                return True
        return False

    @override
    async def keep(self) -> None:
        while not await _event_within(self._lost, BEATS_EVERY):
            try:
                await self._speak()
            except Exception as error:
                if not is_outage(error):
                    raise
        raise Deposed

    async def _begin(self) -> None:
        """Record that this process leads: any connection that we get has the lock."""
        await ensure_at_head(self.engine)
        async with make_sessions(self.engine).begin() as session:
            await session.merge(Leadership(id=1, holder=self.holder, since=utcnow()))
        self._leads = True
        await self._speak()

    async def _speak(self) -> None:
        async with self.engine.connect() as connection:
            began = self._monotonic()
            await connection.execute(text("SELECT 1"))
            self._heard(began)

    def _heard(self, began: float) -> None:
        self._sure_until = began + SURE_FOR
        self._spoke.set()

    # A new connection of asyncpg's -------------------------------------------------------------

    async def _admit(self, connection: Any) -> None:
        """Let it write if it gets the lock."""
        try:
            await (self._come_back(connection) if self._leads else self._queue(connection))
        except Exception as error:
            lost = isinstance(error, OSError) or connection.is_closed()
            if lost or is_server_error(error):
                raise DatabaseUnreachable(str(error) or type(error).__name__) from error
            raise

    async def _queue(self, connection: Any) -> None:
        """Wait for the lock; if the connection is lost meanwhile, the server was restarted."""
        if self._stood_by:
            await _event_within(self._stopped, HEAD_START)
        while not await connection.fetchval(LOCK, timeout=QUERY_TIMEOUT):
            if not self._stood_by:
                log.info("standing by")
            self._stood_by = True
            self._on_try()
            await self._end_the_silent(connection)
            if await _event_within(self._stopped, TRIES_EVERY):
                raise NotLeading("stopped")

    async def _end_the_silent(self, connection: Any) -> None:
        silent = (LEAD_LOCK, SILENCE_SECONDS)
        if await connection.fetchval(END_THE_SILENT, *silent, timeout=QUERY_TIMEOUT):
            log.warning("ended the session of a leader that fell silent")

    async def _come_back(self, connection: Any) -> None:
        """Go on with what is in memory, unless another process has led in the meantime."""
        began = self._monotonic()
        locked = await connection.fetchval(LOCK, timeout=QUERY_TIMEOUT)
        if await connection.fetchval(HOLDER, timeout=QUERY_TIMEOUT) != self.holder:
            self._lost.set()
            raise NotLeading("another process leads")
        if not locked:
            raise NotLeading("the server has not yet ended the session that was lost")
        self._heard(began)


def writer(url: str, own: OwnFile | None, on_try: Callable[[], None]) -> tuple[AsyncEngine, Lead]:
    """Open the database for the process that runs the bot; it writes once it has won the lead."""
    if own is not None:
        return make_engine(url, own), Lead()
    lead = LockedLead(url, on_try)
    return lead.engine, lead


async def is_taken(url: str) -> bool:
    """Whether a bot runs on the database; asking changes nothing."""
    if (own := own_file(url)) is not None:
        return own.is_taken()
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            return bool(await connection.scalar(text(LED), {"lock": LEAD_LOCK}))
    finally:
        await engine.dispose()


async def _event_within(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
