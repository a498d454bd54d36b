"""The intake: has updates handled in a transaction, whatever comes of them.

Handled, refused with words, or set aside with its traceback: afterwards the update is recorded as
seen, and Telegram may forget it.
"""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import structlog
from aiogram import Bot
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot import i18n
from bot.incoming import command_answers, refusals
from bot.incoming.confirmations import Confirmations
from bot.incoming.dispatch import Unhandled, feed
from bot.outgoing.best_effort import Asides
from bot.reading.members import Members, Standing
from bot.reading.speakers import says_who_left
from bot.reading.update_json import Origin, origin, person_id
from bot.texts import to_users
from bot.texts.refusals import problem as refusal_text
from core.team import Team
from database import bulk_rows
from database.errors import is_outage
from database.machinery import Delivery
from database.models import Message
from services import inbox, outbox, read_ahead
from services.delivery.courier import Courier
from services.helpdesk import staff_chats
from services.notices import UpdateFailed
from services.problems import Problem, UnknownReply

log = structlog.get_logger(__name__)

# core.telegram.org/bots/api#answercallbackquery
ALERT_LIMIT = 200

# Most updates write one message and post one delivery; what opens a ticket posts more.
KEYS_AN_UPDATE = 1


class Intake:
    """Takes in what the poller was given."""

    def __init__(
        self,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        courier: Courier,
        asides: Asides,
        members: Members,
        confirmations: Confirmations,
        *,
        team: Team,
        clock: Callable[[], datetime],
    ) -> None:
        self._bot = bot
        self._sessions = sessions
        self._courier = courier
        self._asides = asides
        self._team = team
        self._clock = clock
        self._members = members
        self._confirmations = confirmations

    async def handle(self, raw: dict[str, Any]) -> None:
        """Handle one update, or keep it for an operator, and commit. Raises only for an outage."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        with _named(raw):
            await self._handle(raw)
            log.info("update handled", handling_seconds=round(loop.time() - started, 4))

    async def handle_together(self, batch: Sequence[dict[str, Any]]) -> bool:
        """Handle updates in their order and commit once, which costs a fraction of one by one.

        False if one of them can't go along: then nothing was done, and fewer are to be tried.
        Raises only for an outage.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            if any(map(says_who_left, batch)):
                return False  # who has a say changes between them
            for raw in batch:
                self._members.note(raw)
            shown = await self._in_transaction(batch, await self._standings(batch))
        except Exception as error:
            if is_outage(error):
                raise
            _undone(batch, error)
            return False
        for raw, method in shown:
            self._show(raw, method)
        took = round((loop.time() - started) / len(batch), 4)
        for raw in batch:
            log.info("update handled", update_id=raw["update_id"], handling_seconds=took)
        return True

    async def _handle(self, raw: dict[str, Any]) -> None:
        """Handle one; what is refused is answered.

        A reply to a message of ours whose link is still on its way is tried once more, when
        what is in flight is settled; outside the transaction, or the courier would wait for us.
        """
        self._members.note(raw)
        try:
            await self._handle_settled(raw)
        except Problem as problem:
            await self._refuse(raw, problem)

    async def _handle_settled(self, raw: dict[str, Any]) -> None:
        """Handle one; the second time, what was in flight at the first is settled."""
        (standing,) = await self._standings([raw])
        try:
            await self._handle_once(raw, standing)
        except UnknownReply:
            await self._courier.settled()
            await self._handle_once(raw, standing, settled=True)

    async def _standings(self, batch: Sequence[dict[str, Any]]) -> list[Standing]:
        """Tell who of a group's speakers has a say; raises the refusal of a press by another.

        Asks Telegram, so before the transaction.
        """
        standings = await self._members.standings(batch)
        await self._confirmations.catch_up()
        for raw, standing in zip(batch, standings, strict=True):
            refusals.require_press(raw, standing)
        return standings

    async def _handle_once(
        self, raw: dict[str, Any], standing: Standing, *, settled: bool = False
    ) -> None:
        try:
            ((_, shown),) = await self._in_transaction([raw], [standing], settled=settled)
        except Problem:
            raise
        except Exception as error:
            if is_outage(error):
                raise
            await self._set_aside(raw, error)
        else:
            self._show(raw, shown)

    def _show(self, raw: dict[str, Any], shown: Any) -> None:
        """Send what a handler returned, and answer the press of a button if it did not."""
        if isinstance(shown, TelegramMethod):
            self._asides.show(shown)
        if "callback_query" not in raw or isinstance(shown, AnswerCallbackQuery):
            return
        query_id = origin(raw).callback_query_id
        if query_id is not None:
            self._asides.show(AnswerCallbackQuery(callback_query_id=query_id))

    async def _in_transaction(
        self,
        batch: Sequence[dict[str, Any]],
        standings: Sequence[Standing],
        *,
        settled: bool = False,
    ) -> list[tuple[dict[str, Any], Any]]:
        """Handle what is new in the batch, and commit; list what each handler returned."""
        async with self._held_while_relocating() as session:
            return await self._feed_all(session, batch, standings, settled=settled)

    @asynccontextmanager
    async def _held_while_relocating(self) -> AsyncIterator[AsyncSession]:
        """Begin a transaction; the courier learns before the commit, and after, of a relocation."""
        relocates = False
        try:
            async with self._sessions.begin() as session:
                yield session
                if relocates := read_ahead.of(session).relocates:
                    self._courier.holds.hold()
        finally:
            if relocates:
                self._courier.holds.hold()

    async def _feed_all(
        self,
        session: AsyncSession,
        batch: Sequence[dict[str, Any]],
        standings: Sequence[Standing],
        *,
        settled: bool,
    ) -> list[tuple[dict[str, Any], Any]]:
        now, shown = self._clock(), []
        ids = [raw["update_id"] for raw in batch]
        new = set(await inbox.new_among(session, ids, now=now))
        if len(batch) > 1:
            await _read_ahead(session, batch)
        for raw, standing in zip(batch, standings, strict=True):
            with _named(raw):
                if raw["update_id"] in new:
                    known = {"standing": standing, "settled": settled}
                    shown.append((raw, await self._feed(session, raw, now=now, **known)))
                    new.remove(raw["update_id"])  # should it stand here twice
                else:
                    log.info("update was handled before", update_id=raw["update_id"])
                    shown.append((raw, None))
        return shown

    async def _feed(
        self, session: AsyncSession, raw: dict[str, Any], *, now: datetime, **known: Any
    ) -> Any:
        """Have an update handled; return what the handler returned, if it is still to be shown.

        A problem that is returned, not raised, left nothing to undo, and is told with the rest.
        """
        shown = await feed(self._bot, session, raw, team=self._team, now=now, **known)
        if isinstance(shown, Problem):
            log.info("refused", problem=type(shown).__name__, update_id=raw["update_id"])
            await refusals.tell(session, origin(raw), shown, now=now)
        answer = command_answers.answer_of(shown)
        if answer is not None and answer[0] < 0:  # a group's answers have a share of its messages
            await outbox.post_latest(session, *answer, now=now)
            return None
        self._asides.record(session, shown, now=now)
        return shown

    async def _refuse(self, raw: dict[str, Any], problem: Problem) -> None:
        """Record that the update is done with, and say why nothing came of it."""
        log.info("refused", problem=type(problem).__name__)
        now, source = self._clock(), origin(raw)
        async with self._sessions.begin() as session:
            await inbox.new_among(session, [raw["update_id"]], now=now)
            staff_chat_id = await staff_chats.current(session, self._team.staff_chat_id)
            if source.callback_query_id is None:
                await refusals.tell(session, source, problem, now=now)
        if source.callback_query_id is not None:
            with i18n.speaking(self._language(source, staff_chat_id)):
                self._alert(source.callback_query_id, refusal_text(problem, self._team.day(now)))

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

    async def set_aside_unreadable(self, update_id: int, body: str) -> bool:
        """Keep what Telegram answered with instead of an update that can be read."""
        log.error("an update can't be read and is set aside", update_id=update_id)
        await self._keep({"update_id": update_id, "unreadable": body}, "The JSON can't be read")
        return True

    async def _set_aside(self, raw: dict[str, Any], error: Exception) -> None:
        """Keep the update for an operator, and tell its sender and staff."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "update set aside",
            error=type(error).__name__,
            place=f"{place.filename}:{place.lineno}",
        )
        await self._keep(raw, "".join(traceback.format_exception(error)))

    async def _keep(self, raw: dict[str, Any], why: str) -> None:
        now, source = self._clock(), origin(raw)
        async with self._sessions.begin() as session:
            await inbox.new_among(session, [raw["update_id"]], now=now)
            dead = await inbox.set_aside(session, raw, why, now=now)
            staff_chat_id = await staff_chats.current(session, self._team.staff_chat_id)
            await inbox.tell_staff(session, dead, staff_chat_id, now=now)
            if source.private and source.chat_id is not None and not source.is_program:
                failed = UpdateFailed(source.message_id, source.language)
                outbox.post(session, source.chat_id, failed, now=now)
        if source.callback_query_id is not None:
            with i18n.speaking(self._language(source, staff_chat_id)):
                self._alert(source.callback_query_id, to_users.update_failed())


@contextmanager
def _named(raw: dict[str, Any]) -> Iterator[None]:
    """Have the update, and the ticket that a handler names, stand on each line of the log."""
    bound = structlog.contextvars.bind_contextvars(update_id=raw["update_id"])
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**bound)  # it may be named around this
        structlog.contextvars.unbind_contextvars("ticket")


def _undone(batch: Sequence[dict[str, Any]], error: Exception) -> None:
    """Say that what was said of these updates was undone, and whether a mistake is to blame."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    expected = isinstance(error, Problem | Unhandled)
    log.log(
        logging.INFO if expected else logging.WARNING,
        "updates can't be handled together",
        updates=[raw["update_id"] for raw in batch],
        reason=type(error).__name__,
        place=f"{place.filename}:{place.lineno}",
    )


async def _read_ahead(session: AsyncSession, batch: Sequence[dict[str, Any]]) -> None:
    """Read at once what most of these updates ask for, and set keys aside for what they write."""
    people = set(map(person_id, batch))
    await read_ahead.for_updates(session, [one for one in people if one is not None])
    await bulk_rows.reserve(session, KEYS_AN_UPDATE * len(batch), Message, Delivery)
