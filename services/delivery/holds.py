"""Holds: while tickets come along to another group, nothing is sent to the groups concerned.

Whoever finds that tickets have to come along holds; one task brings them along and then releases.
Holds are counted, so that a release does not undo a hold which came while tickets were moved.
"""

import asyncio
from collections.abc import Callable


class Holds:
    """Of one courier; held from the start, as a crash may have left tickets behind."""

    def __init__(self, on_release: Callable[[], None]) -> None:
        self._count = 0
        self._on = asyncio.Event()
        self._on.set()
        self._another = asyncio.Event()
        self._on_release = on_release

    @property
    def is_on(self) -> bool:
        return self._on.is_set()

    def hold(self) -> None:
        """Send nothing to groups between which tickets move (services/delivery/relocating.py).

        Called before the commit that says so, and again after it: `wait` then counts again.
        """
        self._count += 1
        self._on.set()
        self._another.set()

    async def wait(self) -> int:
        """Wait until there is a hold; return how many there have been."""
        await self._on.wait()
        return self._count

    async def wait_for_another(self, count: int) -> None:
        """Wait until there has been another hold since `wait`."""
        while count == self._count:
            self._another.clear()
            await self._another.wait()

    def release(self, count: int) -> None:
        """Send again, as all tickets came along, unless there was another hold since `wait`."""
        if count == self._count:
            self._on.clear()
            self._on_release()
