"""Arrivals: which messages were written, and how long each took to be seen."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress


class Arrivals:
    """Waits are in seconds of the loop; after `stalled` seconds without news nothing more comes."""

    def __init__(self, stalled: float) -> None:
        self.waited: dict[str, float] = {}
        self.refused: list[str] = []
        # What was deleted together with the thread in which the bot asked about it.
        self.withdrawn: set[str] = set()
        # Replies that the bot kept until somebody chose a ticket: they may come later than others.
        self.kept: set[str] = set()
        self._stalled = stalled
        self._written_at: dict[str, float] = {}
        self._news = asyncio.Event()

    def begins(self, *written: str) -> None:
        """Note that these messages are being written."""
        for token in written:
            self._written_at.setdefault(token, asyncio.get_running_loop().time())

    def arrives(self, *found: str) -> None:
        """Note that the bot has shown these messages."""
        now = asyncio.get_running_loop().time()
        for token in found:
            self.waited.setdefault(token, now - self._written_at.get(token, now))
        self._news.set()

    def refuses(self, token: str) -> None:
        """Note that the bot said that it can't pass this message on."""
        self.refused.append(token)
        del self._written_at[token]

    def withdraws(self, token: str) -> None:
        """Note that nobody is to see this message any more."""
        self.withdrawn.add(token)
        del self._written_at[token]
        self._news.set()

    def unseen(self) -> int:
        """Count the messages that nobody has seen yet."""
        return len(self._written_at) - len(self.waited)

    async def reaches(self, more: int) -> None:
        """Wait until this many more messages have arrived."""
        await self.has_reached(len(self.waited) + more)

    async def has_reached(self, count: int) -> None:
        """Wait until this many messages have arrived in all. Raises TimeoutError if none comes."""
        while len(self.waited) < count:
            await self.hears()

    async def sees_all(self, wanted: Iterable[str]) -> None:
        """Wait until these have arrived. Raises AssertionError if for a long time none does."""
        loop, all_of_them = asyncio.get_running_loop(), set(wanted)
        fewest, until = len(all_of_them) + 1, 0.0
        while left := all_of_them - self.waited.keys() - {*self.refused} - self.withdrawn:
            if len(left) < fewest:
                fewest, until = len(left), loop.time() + self._stalled
            assert loop.time() < until, f"did not arrive: {', '.join(sorted(left))}"
            with suppress(TimeoutError):
                await self.hears()

    async def hears(self) -> None:
        """Wait until the bot has said something. Raises TimeoutError if it does not."""
        self._news.clear()
        async with asyncio.timeout(self._stalled):
            await self._news.wait()
