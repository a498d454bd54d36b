"""Transactions: updates are handled by the routers, and what they changed is committed at once."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import structlog
from aiogram import Bot
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.incoming import command_answers, refusals
from bot.incoming.dispatch import feed
from bot.outgoing.best_effort import Asides
from bot.reading.members import Standing
from bot.reading.update_json import origin, person_id
from core.team import Team
from database import bulk_rows
from database.machinery import Delivery
from database.models import Message
from services import memo, outbox, read_ahead, update_records
from services.delivery.holds import Holds
from services.problems import Problem

log = structlog.get_logger(__name__)

# Most updates write one message and post one delivery; what opens a ticket posts more.
KEYS_AN_UPDATE = 1

# An update, and what its handler returned, to be shown after the commit.
type Handled = tuple[dict[str, Any], Any]


class Transactions:
    """Handles what is new among updates; what was handled before has nothing to show."""

    def __init__(
        self,
        bot: Bot,
        sessions: async_sessionmaker[AsyncSession],
        holds: Holds,
        asides: Asides,
        *,
        team: Team,
        clock: Callable[[], datetime],
    ) -> None:
        self._bot = bot
        self._sessions = sessions
        self._holds = holds
        self._asides = asides
        self._team = team
        self._clock = clock

    async def handle(
        self,
        batch: Sequence[dict[str, Any]],
        standings: Sequence[Standing],
        **found_out: Any,
    ) -> list[Handled]:
        """Handle updates in their order in one transaction, each by the standing of its writer.

        Raises what a handler raised, and has then done nothing. `found_out` is what `dispatch.feed`
        takes of what was found out before, outside the transaction.
        """
        handled: list[Handled] = []
        async with self._begin() as session:
            now, ids = self._clock(), [raw["update_id"] for raw in batch]
            new = set(await update_records.new_among(session, ids, now=now))
            if len(batch) > 1:
                await _read_ahead(session, batch)
            for raw, standing in zip(batch, standings, strict=True):
                with named(raw):
                    if raw["update_id"] in new:
                        shown = await self._feed(
                            session, raw, now=now, standing=standing, **found_out
                        )
                        handled.append((raw, shown))
                        new.remove(raw["update_id"])  # the batch may have it twice
                    else:
                        log.info("update was handled before", update_id=raw["update_id"])
                        handled.append((raw, None))
        return handled

    async def handle_for_all(self, raw: dict[str, Any]) -> Handled:
        """Handle once more a press that was to be answered by a whisper, which was not possible.

        It is recorded as seen since the first time, when whoever pressed was inside.
        """
        async with self._begin() as session:
            shown = await self._feed(
                session, raw, now=self._clock(), standing=Standing.INSIDE, may_whisper=False
            )
        return raw, shown

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[AsyncSession]:
        """Begin a transaction; the courier learns before the commit, and after, of a relocation."""
        relocates = False
        try:
            async with self._sessions.begin() as session:
                yield session
                if relocates := memo.of(session).relocates:
                    self._holds.hold()
        finally:
            if relocates:
                self._holds.hold()

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


@contextmanager
def named(raw: dict[str, Any]) -> Iterator[None]:
    """Put the update, and the ticket that a handler names, on each line of the log."""
    bound = structlog.contextvars.bind_contextvars(update_id=raw["update_id"])
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**bound)  # it may be named around this
        structlog.contextvars.unbind_contextvars("ticket")


async def _read_ahead(session: AsyncSession, batch: Sequence[dict[str, Any]]) -> None:
    """Read at once what most of these updates ask for, and reserve keys for what they write."""
    people = set(map(person_id, batch))
    await read_ahead.for_updates(session, [one for one in people if one is not None])
    await bulk_rows.reserve(session, KEYS_AN_UPDATE * len(batch), Message, Delivery)
