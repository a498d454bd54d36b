"""The inbox: has updates handled, whatever comes of them.

Handled, refused with words, or set aside with its traceback: afterwards the update is recorded as
seen, and Telegram may forget it.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from aiogram import Bot
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.checkup.facts import Checkup
from bot.incoming import refusals
from bot.incoming.alerts import Alerts
from bot.incoming.confirmations import Confirmations
from bot.incoming.dead_updates import DeadUpdates
from bot.incoming.dispatch import Unhandled
from bot.incoming.fate import Fate
from bot.incoming.refusals import Refusals
from bot.incoming.transactions import Handled, Transactions, named
from bot.outgoing.best_effort import Asides
from bot.reading.administrators import Administrators
from bot.reading.members import Members, Standing
from bot.reading.speakers import says_who_left
from bot.reading.update_json import origin
from bot.whispers import PressAnswered, UsedUp
from core.team import Team
from database.errors import is_outage
from services.delivery.courier import Courier, Stopped
from services.problems import AdministratorUnknown, Problem, SetUpUnknown, UnknownReply

log = structlog.get_logger(__name__)


class Inbox:
    """Takes what the poller was given. What it raises is an outage, and nothing was done."""

    def __init__(
        self,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        courier: Courier,
        asides: Asides,
        members: Members,
        confirmations: Confirmations,
        *,
        administrators: Administrators,
        team: Team,
        clock: Callable[[], datetime],
    ) -> None:
        alerts = Alerts(asides, team)
        self._transactions = Transactions(
            bot, sessions, courier.holds, asides, team=team, clock=clock
        )
        self._refusals = Refusals(sessions, alerts, team, clock)
        self._dead_updates = DeadUpdates(sessions, alerts, clock)
        self._courier = courier
        self._asides = asides
        self._members = members
        self._administrators = administrators
        self._checkup = Checkup(bot, clock)
        self._confirmations = confirmations

    async def handle_one(self, raw: dict[str, Any]) -> Fate:
        """Handle one update, refuse it, or keep it for an operator.

        1. Find out what the word of its writer counts, which may ask Telegram: no transaction yet.
        2. Have it handled in a transaction; a reply to what is still in flight, once it is settled.
           If a stop comes first, it is left to the next start, which knows what was in flight.
        3. If it is refused, record that, and say why.
        4. If anything else is raised, set it aside.
        5. Show what the handler returned.
        """
        return await self._through(raw, self._handle_settled(raw))

    async def _through(self, raw: dict[str, Any], handling: Awaitable[Handled]) -> Fate:
        """Show what came of an update; or refuse it, or set it aside."""
        started = asyncio.get_running_loop().time()
        with named(raw):
            try:
                shown = await handling
            except Stopped:
                return Fate.STOPPED
            except Problem as problem:
                await self._refusals.refuse(raw, problem)
            except Exception as error:
                if is_outage(error):
                    raise
                await self._dead_updates.keep_failed(raw, error)
            else:
                self._show(*shown)
            log.info("update handled", handling_seconds=_since(started))
        return Fate.COMMITTED

    async def handle_batch(self, batch: Sequence[dict[str, Any]]) -> Fate:
        """Handle several updates in their order, or none: that costs a fraction of one by one.

        1. Split them if one says who is staff no longer: that changes what the next ones count.
        2. Find out who of those who wrote them has a say.
        3. Have them handled in one transaction; whatever is raised, split them.
        4. Show what the handlers returned.
        """
        started = asyncio.get_running_loop().time()
        try:
            if any(map(says_who_left, batch)):
                return Fate.SPLIT
            handled = await self._transactions.handle(batch, await self._standings(batch))
        except Exception as error:
            if is_outage(error):
                raise
            _log_rolled_back(batch, error)
            return Fate.SPLIT
        for raw, shown in handled:
            self._show(raw, shown)
        seconds = round(_since(started) / len(batch), 4)
        for raw in batch:
            log.info("update handled", update_id=raw["update_id"], handling_seconds=seconds)
        return Fate.COMMITTED

    async def set_aside_unreadable(self, update_id: int, body: str) -> Fate:
        """Keep for an operator what Telegram sent instead of an update that can be read."""
        await self._dead_updates.keep_unreadable(update_id, body)
        return Fate.COMMITTED

    async def _handle_settled(self, raw: dict[str, Any]) -> Handled:
        """Handle one; once more if its handler lacks what is found out outside the transaction.

        That is what was in flight, who administers the group, and how it is set up.
        """
        standings, known = await self._standings([raw]), dict[str, Any]()
        while True:
            try:
                (handled,) = await self._transactions.handle([raw], standings, **known)
            except UnknownReply:
                if "settled" in known:
                    raise
                await self._courier.settled()  # in the transaction, it would wait for us
                known["settled"] = True
            except AdministratorUnknown:
                if "administrator" in known:
                    raise
                known["administrator"] = await self._administrators.wrote(raw)
            except SetUpUnknown:
                if "set_up" in known:
                    raise
                known["set_up"] = await self._checkup.of(raw)
            else:
                return handled

    async def _standings(self, batch: Sequence[dict[str, Any]]) -> list[Standing]:
        """Tell what the word of each writer counts; raises the refusal of a press that is not."""
        for raw in batch:
            self._members.note(raw)
            self._administrators.note(raw)
            if "my_chat_member" in raw and not origin(raw).private:
                # Let in again, the bot may be told who somebody is.
                self._confirmations.ask_soon()
        await self._confirmations.recall()
        standings = await self._members.standings(batch)
        await self._confirmations.catch_up()
        for raw, standing in zip(batch, standings, strict=True):
            refusals.require_press(raw, standing)
        return standings

    def _show(self, raw: dict[str, Any], shown: Any) -> None:
        """Send what a handler returned, and answer the press of a button if it did not."""
        if isinstance(shown, PressAnswered):
            self._asides.whisper(shown, partial(self._answer_for_all, raw, shown))
            return
        if isinstance(shown, UsedUp):
            self._asides.show(shown.removal)
            shown = shown.answer
        if isinstance(shown, TelegramMethod):
            self._asides.show(shown)
        if "callback_query" not in raw or isinstance(shown, AnswerCallbackQuery):
            return
        query_id = origin(raw).callback_query_id
        if query_id is not None:
            self._asides.show(AnswerCallbackQuery(callback_query_id=query_id))

    async def _answer_for_all(self, raw: dict[str, Any], press: PressAnswered) -> None:
        """Answer a press that no whisper could answer, so that all see it."""
        if press.otherwise is not None:
            self._show(raw, press.otherwise)
            return
        await self._through(raw, self._transactions.handle_for_all(raw))
        self._courier.wake()


def _since(started: float) -> float:
    """Give the seconds that have passed, to a tenth of a millisecond."""
    return round(asyncio.get_running_loop().time() - started, 4)


def _log_rolled_back(batch: Sequence[dict[str, Any]], error: Exception) -> None:
    """Say that nothing came of these updates, and whether a mistake is to blame."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    expected = isinstance(error, Problem | Unhandled)
    log.log(
        logging.INFO if expected else logging.WARNING,
        "batch rolled back, handled by halves",
        updates=[raw["update_id"] for raw in batch],
        reason=type(error).__name__,
        place=f"{place.filename}:{place.lineno}",
    )
