"""Confirmations: some people's words are kept until Telegram says whether they are staff.

Telegram is asked again and again about each of them.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.reading.members import Members, Standing
from bot.reading.speakers import Speaker
from database.errors import is_outage
from services.helpdesk import hearing, kept_words, staff_chats
from services.problems import Problem

log = structlog.get_logger(__name__)

# The shortest and longest time between two rounds of questions, in seconds.
SHORTEST_PAUSE = 5.0
LONGEST_PAUSE = 300.0


class Confirmations:
    """Has its own transactions, one for each person."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        members: Members,
        clock: Callable[[], datetime],
        on_done: Callable[[], None],
    ) -> None:
        self._sessions = sessions
        self._members = members
        self._clock = clock
        self._on_done = on_done
        self._returned = asyncio.Event()
        self._recalled = False

    def hear(self, *, after_silence: bool) -> None:
        """Note that Telegram answered; after a silence, it may know everybody."""
        if after_silence:
            self.ask_soon()

    def ask_soon(self) -> None:
        """Ask about everybody at once, and then in short pauses again."""
        self._returned.set()

    async def run(self) -> None:
        """Ask until cancelled; less and less often about the same people while Telegram answers."""
        before, pause = 0, SHORTEST_PAUSE
        while True:
            try:
                waiting = await self.look()
            except Exception as error:
                if not is_outage(error):
                    raise
                log.info("confirmations wait for the database", error=type(error).__name__)
            else:
                pause = min(2 * pause, LONGEST_PAUSE) if waiting == before > 0 else SHORTEST_PAUSE
                before = waiting
            if await self._returned_within(pause):
                before = 0

    async def _returned_within(self, seconds: float) -> bool:
        """Wait, but not after Telegram is back; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._returned.wait()
        returned = self._returned.is_set()
        self._returned.clear()
        return returned

    async def catch_up(self) -> None:
        """Release what was kept from people whom Telegram has just named: it was written first.

        Some of them may be in doubt still, in another staff chat.
        """
        if not self._members.now_known:
            return
        while self._members.now_known:
            await self.ask(self._members.now_known[0])
            del self._members.now_known[0]
        self._members.doubt(await self._waiting())

    async def look(self) -> int:
        """Ask once about each person with kept words; return how many there were."""
        waiting = await self._waiting()
        for who in waiting:
            await self.ask(who)
        return len(waiting)

    async def recall(self) -> None:
        """Once in a process, have members know whose words an earlier process has kept."""
        if not self._recalled:
            self._members.doubt(await self._waiting())
            self._recalled = True

    async def _waiting(self) -> set[Speaker]:
        async with self._sessions.begin() as session:
            return {
                _speaker((await staff_chats.home(session, row.chat_id)).chat_id, row.speaker_id)
                for row in await kept_words.unconfirmed(session)
            }

    async def ask(self, who: Speaker) -> None:
        """Release what is kept from somebody, or drop it, if Telegram says who that is.

        What counts is the staff chat where the words belong now, wherever they were written.
        """
        standing = await self._members.standing(who)
        if standing is Standing.UNCONFIRMED:
            return
        settle = hearing.confirm if standing is Standing.INSIDE else hearing.deny
        try:
            async with self._sessions.begin() as session:
                chat = await staff_chats.at(session, who.chat_id)
                if chat is not None:
                    await settle(session, who.id, staff_chat_id=chat.chat_id, now=self._clock())
        except Problem as problem:
            log.warning("kept words could not be released", problem=type(problem).__name__)
        self._on_done()


def _speaker(chat_id: int, speaker_id: int) -> Speaker:
    """Name a person or a channel again; an anonymous administrator is never in doubt."""
    is_chat = speaker_id < 0
    return Speaker(chat_id, speaker_id, as_chat=is_chat, as_channel=is_chat)
