"""Silence: how long one way to Telegram has given no answer."""

# What was postponed in a shorter silence comes due soon enough by itself, in seconds.
SHORTEST = 3.0

# While it lasts, one try at least is made in this time, in seconds. More often it must not be: it
# takes room of a chat that others may need (services/delivery/recent_sends.py counts on it too).
ASKS_EVERY = 10.0


class Silence:
    """Told of each try on a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._asked = 0.0

    def failed(self, now: float) -> None:
        """Note that there was no answer."""
        self._asked = now
        if self.since is None:
            self.since = now

    def answered(self, now: float) -> bool:
        """Note an answer; tell whether it ends a silence that made others wait."""
        since, self.since = self.since, None
        return since is not None and now - since >= SHORTEST

    def asks(self, now: float) -> bool:
        """Tell whether a try is due, which nobody else makes."""
        if self.since is None or now - max(self.since, self._asked) < ASKS_EVERY:
            return False
        self._asked = now
        return True
