"""The sandbox's time: a clock that is passed in, plus what tests have added to it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Unix time in seconds, which can be moved forward."""

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        """Start with `base`'s own time."""
        self._base = base
        self.added = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return self._base() + self.added

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.added += seconds
