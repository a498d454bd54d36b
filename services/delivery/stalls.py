"""Stalls: a message that gets no answer while others do must not hold up its ticket.

This is not stored: after a restart it is found out again.
"""

from dataclasses import dataclass

# A message is stuck after this many failures over this many seconds.
FAILURES = 5
OVER = 120.0

# How soon a message that is stuck is tried again, to see whether later ones may pass it.
LOOKED_AT_AGAIN = 30.0


@dataclass
class _Trouble:
    """Failures of one delivery while Telegram answered, and the seconds over which they happened.

    `alone`: Telegram answered something between the last two tries; before that, it may have been
    an outage.
    """

    last: float
    alone: bool = True
    failures: int = 0
    seconds: float = 0.0
    passed: bool = False
    told: bool = False


class Stalls:
    """Told about each try; times are monotonic, in seconds. Deliveries are named by their ids."""

    def __init__(self) -> None:
        self._answered = self._sent = float("-inf")
        self._troubles: dict[int, _Trouble] = {}
        self._finding_out: int | None = None

    def hear(self, now: float) -> None:
        """Note that Telegram answered something, even if only that there is no update."""
        self._answered = now

    def sent(self, delivery_id: int, now: float) -> None:
        """Note that Telegram accepted or refused it."""
        self._answered = self._sent = now
        self._troubles.pop(delivery_id, None)
        self._finding_out = None

    def failed(self, delivery_id: int, now: float) -> None:
        """Note a try without an answer; it counts if Telegram answered others since the last."""
        trouble = self._troubles.get(delivery_id)
        if trouble is None:
            self._troubles[delivery_id] = _Trouble(now)
            return
        alone, before = trouble.last < self._answered, trouble.alone
        trouble.alone = alone
        if alone:
            trouble.failures += 1
            trouble.seconds += now - trouble.last if before else 0.0
            stuck = trouble.failures >= FAILURES and trouble.seconds >= OVER
            trouble.passed |= stuck and trouble.last < self._sent
            trouble.told |= trouble.passed or (stuck and self._finding_out is None)
            if trouble.told and not trouble.passed:
                self._finding_out = delivery_id
        trouble.last = now

    def is_told(self, delivery_id: int) -> bool:
        """Whether its writer should be told that it is still under way.

        If nothing else was sent, that notice shows whether anything gets through.
        """
        trouble = self._troubles.get(delivery_id)
        return trouble is not None and trouble.told

    def is_passed(self, delivery_id: int) -> bool:
        """Whether later ones may pass it: others were sent between its last two tries."""
        trouble = self._troubles.get(delivery_id)
        return trouble is not None and trouble.passed

    def judged_in(self, delivery_id: int) -> float | None:
        """Tell after how many seconds another try may let others pass.

        None if they do already, or if Telegram answers nothing at all.
        """
        trouble = self._troubles.get(delivery_id)
        if trouble is None or trouble.passed or not trouble.alone or not trouble.failures:
            return None
        return max(OVER - trouble.seconds, LOOKED_AT_AGAIN)
