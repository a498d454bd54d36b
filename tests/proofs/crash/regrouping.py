"""Kate merges and splits the tickets of one person while everybody writes."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass

from sandbox import Message
from tests.proofs.crash.arrivals import Arrivals
from tests.proofs.crash.kate import Kate, unconfirmed
from tests.proofs.crash.lines import Line, Lines
from tests.proofs.crash.tally import tokens
from tests.support.office import USERNAME

DONE = "👌"
# How often Kate merges where she could also split.
MERGES = 0.5


@dataclass(frozen=True)
class People:
    """Those who write on lines.

    Nobody writes on a person's lines while `waits` lasts. `goes_on` splits the line of a question
    there, and has its person write on the new one too.
    """

    lines: Lines
    waits: Callable[[int], AbstractAsyncContextManager[object]]
    goes_on: Callable[[str], Line]


class Regrouping:
    """Merges and splits, one at a time; `done` counts what the bot has carried out.

    A line is split at a message that the bot certainly knows: an answer to it has arrived.
    """

    def __init__(self, kate: Kate, people: People, arrivals: Arrivals, rng: random.Random) -> None:
        self.done = Counter[str]()
        self.refused: list[str] = []
        self._kate = kate
        self._people = people
        self._arrivals = arrivals
        self._rng = rng
        self._commands: list[str] = []
        self._again: set[str] = set()
        self._at: dict[tuple[int, int], str] = {}
        self._one_at_a_time = asyncio.Lock()
        self._given = asyncio.Event()

    async def is_given(self) -> None:
        """Wait until Kate has given the next command."""
        self._given.clear()
        await self._given.wait()

    @asynccontextmanager
    async def rests(self) -> AsyncIterator[None]:
        """Finish what was begun, and begin nothing more meanwhile."""
        async with self._one_at_a_time:
            yield

    async def works(self, over: asyncio.Event, pause: tuple[float, float]) -> None:
        """Merge and split now and then, until it is over."""
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(*pause)):
                    await over.wait()
            async with self._one_at_a_time:
                await self._next(over)

    def notices(self, message: Message) -> None:
        """Look whether the bot has marked a command as done, or refused it."""
        done = self._at.get((message.chat_id, message.id))
        if done is not None and DONE in message.reactions:
            self._arrivals.arrives(done)
        asked = self._at.get((message.chat_id, message.reply_to or 0))
        if asked is not None and asked not in self._arrivals.waited:
            if unconfirmed(message):
                self._again.add(asked)
            else:
                self.refused.append(f"{asked}: {message.text}")
            self._arrivals.arrives(asked)

    def missing(self) -> set[str]:
        """List the commands that are neither done nor refused."""
        return {*self._commands} - self._arrivals.waited.keys()

    async def _next(self, over: asyncio.Event) -> None:
        pairs, copies = self._pairs(), self._copies()
        if over.is_set():
            return
        if pairs and (not copies or self._rng.random() < MERGES):
            await self._merge(*self._rng.choice(pairs))
        elif copies:
            await self._split(self._rng.choice(copies), over)

    def _pairs(self) -> list[tuple[Line, Line]]:
        """List the lines of one person that staff can merge, with either one first."""
        known = [line for line in self._people.lines if line.ticket]
        return [
            (one, other)
            for one in known
            for other in known
            if one is not other and one.person == other.person
        ]

    def _copies(self) -> list[Message]:
        """List where a person's only line can be split."""
        lines = self._people.lines
        return [
            copy
            for copy in self._kate.answered_copies()
            if lines.may_split(begins := lines.first(tokens([copy.text])))
            and len(lines.of_person(lines.of(begins).person)) == 1
        ]

    async def _merge(self, survivor: Line, other: Line) -> None:
        """Merge two tickets, on which everybody goes on as before until it is done."""
        numbers = f"{survivor.ticket} {other.ticket}".replace("#", "")
        if await self._gives(f"/merge@{USERNAME} {numbers}"):
            async with self._people.waits(other.person), self._kate.pauses():
                self._people.lines.merge(survivor, other)
            self.done["merges"] += 1

    async def _split(self, copy: Message, over: asyncio.Event) -> None:
        """Split a ticket on which everything that staff wrote has arrived.

        Until it is done, its person writes only on the new one, and staff on neither.
        """
        begins = self._people.lines.first(tokens([copy.text]))
        old = self._people.lines.of(begins)
        old.quiet = True
        while not over.is_set() and not self._arrivals.waited.keys() >= {*old.answers}:
            with suppress(TimeoutError):
                await self._arrivals.hears()
        if over.is_set():
            return
        async with self._people.waits(old.person):
            old.held = True
            new = self._people.goes_on(begins)
            new.quiet = True
        done = await self._gives("/split", to=copy)
        old.quiet = old.held = new.quiet = False
        self.done["splits"] += done

    async def _gives(self, text: str, *, to: Message | None = None) -> bool:
        """Give a command until it is done; False if it is refused for what it asks."""
        while True:
            name = f"{text} (command {len(self._commands) + 1})"
            self._arrivals.begins(name)
            self._commands.append(name)
            command = await self._kate.commands(text, to=to)
            self._at[command.chat_id, command.id] = name
            self._given.set()
            self.notices(await self._kate.chats[-1].message(command.id) or command)
            while name not in self._arrivals.waited:
                with suppress(TimeoutError):
                    await self._arrivals.hears()
            if name not in self._again:
                return not any(one.startswith(name) for one in self.refused)
