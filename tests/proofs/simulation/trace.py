"""The trace: what happened in a run, line by line; two runs of one seed have the same."""

import hashlib
from collections.abc import Callable


class Trace:
    """Lines with their time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.lines: list[str] = []

    def add(self, what: str) -> None:
        self.lines.append(f"{self._now():10.3f} {what}")

    @property
    def hash(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()
