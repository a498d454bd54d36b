"""Meddling: people delete, close and reopen threads, and General swallows what is sent to one.

All while everybody writes. Nobody merges or splits meanwhile, and Kate writes nothing in the very
moment: she would see what happens to the thread that she is about to write in.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from sandbox.model import Topic
from tests.proofs.crash.kate import Kate
from tests.proofs.crash.regrouping import Regrouping
from tests.proofs.crash.scene import Scene

# So many times as long as between two of a user's messages passes between some of these and the
# next ones, and how many happen one after the other.
SELDOM, AT_ONCE = 4, 3
# What happens how often.
DELETED, CLOSED, SWALLOWED = "threads deleted", "threads closed", "sends swallowed"
SHARES = {DELETED: 0.3, CLOSED: 0.4, SWALLOWED: 0.3}
# How many sends land in General before one arrives again.
LAND = (1, 2, 5)


class Meddling:
    """`done` counts what happened."""

    def __init__(
        self, scene: Scene, kate: Kate, regrouping: Regrouping, rng: random.Random
    ) -> None:
        self.done = Counter[str]()
        self._scene = scene
        self._kate = kate
        self._regrouping = regrouping
        self._rng = rng

    async def works(self, over: asyncio.Event, pause: tuple[float, float]) -> None:
        """Have it happen now and then, until it is over."""
        while not over.is_set():
            await _passes(over, SELDOM * self._rng.uniform(*pause))
            async with self._regrouping.rests():
                for _ in range(self._rng.randint(1, AT_ONCE)):
                    await self._next(over, pause)

    async def _next(self, over: asyncio.Event, pause: tuple[float, float]) -> None:
        threads = self._threads()
        if over.is_set() or not threads:
            return
        what = self._rng.choices([*SHARES], [*SHARES.values()])[0]
        if what == DELETED:
            await self._deletes(self._rng.choice(threads))
        elif what == CLOSED:
            await self._closes(self._rng.choice(threads), over, pause)
        else:
            await self._swallows(over, pause)

    def _threads(self) -> list[Topic]:
        """List the topics of the bot that there are."""
        group = self._scene.sandbox.world.chats[self._scene.support.id]
        bot = self._scene.sandbox.world.bot.id
        return [one for one in group.topics.values() if group.is_forum and one.creator == bot]

    async def _deletes(self, thread: Topic) -> None:
        async with self._kate.pauses():
            await self._scene.support.loses_topic(thread.id)
            self.done[DELETED] += 1

    async def _closes(self, thread: Topic, over: asyncio.Event, pause: tuple[float, float]) -> None:
        """Close a thread, and soon open it again, unless the bot has done so."""
        if await self._turns(thread, closed=True):
            self.done[CLOSED] += 1
        await _passes(over, self._rng.uniform(*pause))
        await self._turns(thread, closed=False)

    async def _turns(self, thread: Topic, *, closed: bool) -> bool:
        async with self._kate.pauses():
            if thread.closed == closed:
                return False
            kate, group = self._scene.kate, self._scene.support
            await kate.closes_topic(thread.id, in_=group, closed=closed)
            return True

    async def _swallows(self, over: asyncio.Event, pause: tuple[float, float]) -> None:
        """Have the next sends land in General; none may come for a while."""
        most, begun = self._rng.choice(LAND), self._scene.sandbox.calls[-1].number
        async with self._swallowing():
            for _ in range(10):
                landed = [*self._landed(begun)]
                if over.is_set() or len(landed) >= most:
                    break
                await _passes(over, self._rng.uniform(*pause) / 10)
        self.done[SWALLOWED] += len([*self._landed(begun)])

    @asynccontextmanager
    async def _swallowing(self) -> AsyncIterator[None]:
        group = self._scene.support
        await group.drops_threads()
        try:
            yield
        finally:
            await group.drops_threads(drops=False)

    def _landed(self, begun: int) -> Iterable[object]:
        """List the calls since then that were meant for a thread, and were done."""
        return (
            call
            for call in self._scene.sandbox.calls
            if call.number > begun
            and call.processed
            and "message_thread_id" in call.params
            and _sends(call.method)
        )


def _sends(method: str) -> bool:
    return method.startswith(("send", "copy")) and method != "sendChatAction"


async def _passes(over: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await over.wait()
