"""Everything a running sandbox holds, in one place for the server and the control API."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sandbox.calls import Call
from sandbox.faults import Faults
from sandbox.limits import Limits
from sandbox.world import World

KEPT_CALLS = 200_000


@dataclass(slots=True)
class Stage:
    """The world, what limits and troubles it, and what was called."""

    world: World
    token: str
    secret: str
    limits: Limits
    faults: Faults
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))
    last_call: int = 0

    def record(self, call: Call) -> None:
        """Keep a call; its number is its place in the log."""
        self.last_call += 1
        call.number = self.last_call
        self.calls.append(call)
