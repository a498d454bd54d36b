"""Everything a running sandbox holds, in one place for the server and the control API."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field

from sandbox.calls import Call
from sandbox.faults import Faults
from sandbox.limits import Limits
from sandbox.model import Json
from sandbox.recording import Recording
from sandbox.runner import Runner
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
    runner: Runner | None = None
    recording: Recording | None = None

    def record(self, call: Call) -> None:
        """Keep a call; its number is its place in the log."""
        self.last_call += 1
        call.number = self.last_call
        self.calls.append(call)

    def find_call(self, number: int) -> Call | None:
        """The call of this number, if it is still in the log."""
        if not self.calls or not self.calls[0].number <= number <= self.last_call:
            return None
        return self.calls[number - self.calls[0].number]

    def trouble(self) -> Json:
        """What is broken on purpose at the moment."""
        return {
            "faults": [asdict(fault) for fault in self.faults.active],
            "latency": list(self.faults.latency),
            "limits": self.limits.enabled,
        }

    def set_trouble(self, trouble: Json) -> None:
        """Restore what `trouble()` returned."""
        self.faults.restore(trouble["faults"], trouble["latency"])
        self.limits.enabled = trouble["limits"]

    def tell_trouble(self) -> None:
        """Tell all readers of the feed what is broken."""
        self.world.feed.put("trouble", None, trouble=self.trouble())

    def tell_process(self) -> None:
        """Tell all readers of the feed whether the bot runs."""
        if self.runner is not None:
            self.world.feed.put("process", None, process=self.runner.json())
