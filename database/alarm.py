"""Tells the operator that the database fails, and again while it goes on failing."""

import time
from collections.abc import Callable

import structlog

from database.errors import FileReplaced, is_damage, reason

log = structlog.get_logger(__name__)

# How often a lasting outage is reported again, in seconds.
REPEATS_EVERY = 300.0

AWAY = "the database does not answer"
GONE = "the database was removed or replaced"
DAMAGED = "the database is damaged: restore a backup"


class Alarm:
    """What one loop knows of the database: an outage is reported at once, and while it lasts."""

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        on_trouble: Callable[[str | None], None] = lambda _words: None,
    ) -> None:
        """`on_trouble` is given trouble that only an operator can end, and None when it is over."""
        self._monotonic = monotonic
        self._on_trouble = on_trouble
        self._told: dict[str, float] = {}
        self._rings = self._in_trouble = False

    def fails(self, error: Exception) -> None:
        """Take note of an outage."""
        event = _event(error)
        if event != AWAY:
            self._on_trouble(reason(error))
            self._in_trouble = True
        now = self._monotonic()
        if now - self._told.get(event, -REPEATS_EVERY) >= REPEATS_EVERY:
            log.error(event, error=type(error).__name__, reason=reason(error))
            self._told[event] = now
            self._rings = True

    def works(self) -> None:
        """Take note that a transaction went well."""
        if self._in_trouble:
            self._on_trouble(None)
            self._in_trouble = False
        if self._rings:
            log.info("the database answers again")
            # Damage fails some transactions and not others, so it is not reported each time.
            self._told = {event: at for event, at in self._told.items() if event == DAMAGED}
            self._rings = False


def _event(error: Exception) -> str:
    if isinstance(error, FileReplaced):
        return GONE
    return DAMAGED if is_damage(error) else AWAY
