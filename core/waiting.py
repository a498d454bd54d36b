"""Waits that are logged: at once, and again every few minutes while they last."""

import time
from collections.abc import Callable
from typing import Any

# How often a wait that lasts is logged again, in seconds.
TOLD_EVERY = 300.0


class Wait:
    """What one part of the program waits for; logged by `tell`, a logger's method."""

    def __init__(
        self, tell: Callable[..., Any], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._tell = tell
        self._monotonic = monotonic
        self._event: str | None = None
        self._since = self._told_at = 0.0

    def goes_on(self, event: str, **facts: object) -> None:
        """Log `event` and its facts if it is new, or was last logged a while ago."""
        now = self._monotonic()
        if event != self._event:
            self._event, self._since = event, now
        elif now - self._told_at >= TOLD_EVERY:
            facts["waited_seconds"] = round(now - self._since)
        else:
            return
        self._told_at = now
        self._tell(event, **facts)

    def is_over(self) -> bool:
        """Whether there was a wait until now."""
        ended, self._event = self._event is not None, None
        return ended
