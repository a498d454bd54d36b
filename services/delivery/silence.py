"""Silence: how long Telegram has not answered one of our loops."""

# The shortest silence worth noticing, in seconds: what a shorter one postponed is due soon anyway.
SHORTEST = 3.0

# How often a send is tried while it lasts, in seconds. Not more often: a try takes room in a chat
# that others may need (services/delivery/recent_sends.py relies on it too).
ASKS_EVERY = 10.0


class Silence:
    """Told about each try; times are monotonic, in seconds."""

    def __init__(self) -> None:
        self.since: float | None = None
        self._asked = 0.0

    def failed(self, now: float) -> None:
        """Note that there was no answer."""
        self._asked = now
        if self.since is None:
            self.since = now

    def answered(self, now: float) -> bool:
        """Note an answer; whether it ends a silence that made others wait."""
        since, self.since = self.since, None
        return since is not None and now - since >= SHORTEST

    def asks(self, now: float) -> bool:
        """Whether a try is due that nobody else makes."""
        if self.since is None or now - max(self.since, self._asked) < ASKS_EVERY:
            return False
        self._asked = now
        return True
