"""The poller: hands each update to the dispatcher in a transaction of its own.

Only when that is committed does the offset move, which is what lets Telegram forget the update.
aiogram's own polling confirms updates while their handlers still run.
"""

import asyncio
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot import i18n, texts
from bot.asides import Asides
from bot.dispatching import dispatcher, feed
from bot.members import Members
from bot.raw import Origin, origin
from core.team import Team
from database.errors import is_outage
from services import outbox, staff_chat, updates
from services.courier import Courier
from services.notices import Refusal, UpdateFailed, UpdateSetAside
from services.problems import NotForYou, Problem, UnknownReply

log = structlog.get_logger(__name__)

# Telegram holds a getUpdates open so long when there is nothing, in seconds.
LONG_POLL = 30

# The last getUpdates, which confirms what was committed, may take so long.
LAST_CONFIRMATION = 4

# core.telegram.org/bots/api#answercallbackquery
ALERT_LIMIT = 200

_LONGEST_REST = 30.0
_SWEPT_EVERY = timedelta(hours=1)


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates as plain JSON: one update that aiogram can't read would fail all of a batch."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Poller:
    """Runs until stopped; there is one for a bot (Telegram refuses a second with 409)."""

    def __init__(
        self,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        courier: Courier,
        asides: Asides,
        team: Team,
        *,
        clock: Callable[[], datetime],
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_turn` hears that we are alive."""
        self._bot = bot
        self._sessions = sessions
        self._courier = courier
        self._asides = asides
        self._team = team
        self._clock = clock
        self._members = Members(bot, clock)
        self._on_turn = on_turn
        self._offset: int | None = None
        self._stopped = asyncio.Event()
        self._fetching: asyncio.Timeout | None = None
        self._swept_at: datetime | None = None

    def stop(self) -> None:
        """Finish the update in hand; `run` then confirms what was committed and returns."""
        self._stopped.set()
        if self._fetching is not None:
            self._fetching.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        """Take updates until stopped. Raises TelegramUnauthorizedError if the token is void."""
        failures = 0
        while not self._stopped.is_set():
            self._on_turn()
            try:
                batch = await self._fetch()
            except AiogramError as error:
                failures += 1
                await self._rest(_patience(error, failures))
                continue
            if failures:
                log.info("Telegram answers again")
            failures = 0
            for raw in batch:
                if self._stopped.is_set() or not await self._handle_for_sure(raw):
                    break
                self._offset = raw["update_id"] + 1
            await self._sweep()
        await self._confirm()

    async def handle(self, raw: dict[str, Any]) -> None:
        """Handle one update, or keep it for an operator, and commit. Raises only for an outage.

        A reply to a message of ours whose link is still on its way is tried once more, when
        what is in flight is settled; outside the transaction, or the courier would wait for us.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        with structlog.contextvars.bound_contextvars(update_id=raw["update_id"]):
            try:
                await self._check_presser(raw)
                await self._handle_once(raw)
            except UnknownReply:
                await self._courier.settled()
                await self._handle_or_refuse(raw)
            except Problem as problem:
                await self._refuse(raw, problem)
            finally:
                seconds = round(loop.time() - started, 4)
                log.info("update handled", handling_seconds=seconds)
                structlog.contextvars.unbind_contextvars("ticket")
        self._courier.wake()

    async def _check_presser(self, raw: dict[str, Any]) -> None:
        """Let only members press a group's buttons. Asks Telegram, so before the transaction."""
        source = origin(raw)
        if source.callback_query_id is None or source.chat_id is None or source.person_id is None:
            return
        if not source.private and await self._members.is_outside(source.chat_id, source.person_id):
            raise NotForYou

    async def _handle_or_refuse(self, raw: dict[str, Any]) -> None:
        try:
            await self._handle_once(raw)
        except Problem as problem:
            await self._refuse(raw, problem)

    async def _handle_once(self, raw: dict[str, Any]) -> None:
        try:
            shown = await self._in_transaction(raw)
        except Problem:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            await self._set_aside(raw, error)
            return
        if isinstance(shown, TelegramMethod):
            self._asides.show(shown)
        query_id = origin(raw).callback_query_id
        if query_id is not None and not isinstance(shown, AnswerCallbackQuery):
            self._asides.show(AnswerCallbackQuery(callback_query_id=query_id))

    async def _in_transaction(self, raw: dict[str, Any]) -> Any:
        now = self._clock()
        async with self._sessions.begin() as session:
            if not await updates.first_time(session, raw["update_id"], now=now):
                log.info("update was handled before")
                return None
            return await feed(self._bot, session, raw, team=self._team, now=now)

    async def _refuse(self, raw: dict[str, Any], problem: Problem) -> None:
        """Record that the update is done with, and say why nothing came of it."""
        log.info("refused", problem=type(problem).__name__)
        now, source = self._clock(), origin(raw)
        async with self._sessions.begin() as session:
            await updates.first_time(session, raw["update_id"], now=now)
            staff_chat_id = await staff_chat.current(session, self._team.staff_chat_id)
            if source.callback_query_id is None and source.chat_id is not None:
                refusal = Refusal(problem.to_json(), source.message_id, source.language)
                outbox.post(session, source.chat_id, refusal, now=now)
        if source.callback_query_id is not None:
            with i18n.speaking(self._language(source, staff_chat_id)):
                self._alert(source.callback_query_id, texts.problem(problem))

    def _language(self, source: Origin, staff_chat_id: int) -> str:
        """Choose the language for whoever pressed a button."""
        in_staff_chat = source.chat_id == staff_chat_id
        return self._team.staff_language if in_staff_chat else i18n.choose(source.language)

    def _alert(self, query_id: str, words: str) -> None:
        self._asides.show(
            AnswerCallbackQuery(
                callback_query_id=query_id, text=words[:ALERT_LIMIT], show_alert=True
            )
        )

    async def _set_aside(self, raw: dict[str, Any], error: Exception) -> None:
        """Keep the update for an operator, and tell its sender and staff."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "update set aside",
            error=type(error).__name__,
            place=f"{place.filename}:{place.lineno}",
        )
        now, source = self._clock(), origin(raw)
        async with self._sessions.begin() as session:
            await updates.first_time(session, raw["update_id"], now=now)
            trace = "".join(traceback.format_exception(error))
            dead = await updates.set_aside(session, raw, trace, now=now)
            staff_chat_id = await staff_chat.current(session, self._team.staff_chat_id)
            outbox.post(session, staff_chat_id, UpdateSetAside(dead.id), now=now)
            if source.private and source.chat_id is not None:
                failed = UpdateFailed(source.message_id, source.language)
                outbox.post(session, source.chat_id, failed, now=now)
        if source.callback_query_id is not None:
            with i18n.speaking(self._language(source, staff_chat_id)):
                self._alert(source.callback_query_id, texts.update_failed())

    async def _fetch(self) -> list[dict[str, Any]]:
        """Ask for updates; an answer that is cut off by `stop` confirmed nothing new."""
        call = RawUpdates(
            offset=self._offset,
            timeout=LONG_POLL,
            allowed_updates=dispatcher().resolve_used_update_types(),
        )
        try:
            async with asyncio.timeout(None) as self._fetching:
                return await self._bot(call, request_timeout=LONG_POLL + 15)
        except TimeoutError:
            return []
        finally:
            self._fetching = None

    async def _handle_for_sure(self, raw: dict[str, Any]) -> bool:
        """Handle an update however long the database is away; False if we stop before."""
        failures = 0
        while True:
            try:
                await self.handle(raw)
            except Exception as error:
                if not is_outage(error):
                    raise
                if not failures:
                    log.error("the database does not answer", error=type(error).__name__)  # noqa: TRY400
            else:
                return True
            failures += 1
            self._on_turn()
            await self._rest(min(2.0**failures / 4, _LONGEST_REST))
            if self._stopped.is_set():
                return False

    async def _sweep(self) -> None:
        """Forget old update ids now and then."""
        now = self._clock()
        if self._swept_at is not None and now - self._swept_at < _SWEPT_EVERY:
            return
        try:
            async with self._sessions.begin() as session:
                await updates.forget_old(session, now=now)
        except Exception as error:
            if not is_outage(error):
                raise
            return
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
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            self._on_turn()


def _patience(error: AiogramError, failures: int) -> float:
    """Tell how many seconds to wait before the next getUpdates; re-raise what time can't cure."""
    if isinstance(error, TelegramUnauthorizedError | TelegramNotFound):
        raise error
    if isinstance(error, TelegramConflictError):
        log.error("another program polls with this token, or a webhook is set")
    elif failures == 1:
        log.warning("Telegram does not answer", error=type(error).__name__)
    if isinstance(error, TelegramRetryAfter):
        return float(error.retry_after)
    return min(2.0**failures / 4, _LONGEST_REST)
