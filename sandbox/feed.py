"""Changes in order, for those who wait until something happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from sandbox.model import Json

KEPT = 100_000


class Feed:
    """Numbered changes; a reader names the last number it knows and waits for more."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.last = 0
        self.closed = False
        self._changes: deque[Json] = deque(maxlen=KEPT)
        self._waiting: set[asyncio.Future[None]] = set()

    def put(self, kind: str, chat_id: int | None, **what: object) -> None:
        """Record a change and wake every reader."""
        self.last += 1
        self._changes.append({"seq": self.last, "kind": kind, "chat_id": chat_id, **what})
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def since(self, known: int) -> list[Json]:
        """The changes after number `known`."""
        newer: list[Json] = []
        for change in reversed(self._changes):
            if change["seq"] <= known:
                break
            newer.append(change)
        return newer[::-1]

    async def wait(self, known: int, seconds: float) -> list[Json]:
        """The changes after `known`, waiting up to `seconds` for the first of them."""
        if self.last <= known and seconds > 0:
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(future, seconds)
            self._waiting.discard(future)
        return self.since(known)

    def close(self) -> None:
        """Let every reader go."""
        self.closed = True
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
