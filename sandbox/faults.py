"""Faults between a bot and Telegram, on demand.

`kind` is one of
* `error`: answered with `status`, `description` and `parameters`, not processed;
* `html`: a proxy's HTML page with `status` (502), not processed;
* `cut_before`: the connection ends before the call is processed;
* `cut_after`: it ends after the call was processed, so the answer is lost;
* `garbage`: processed, `ok: true`, but the result lacks what every message must have;
* `html_after`: processed, but a proxy answers with its HTML page.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

from sandbox.errors import ApiError
from sandbox.model import Json

KINDS = frozenset({"error", "html", "cut_before", "cut_after", "garbage", "html_after"})
BEFORE = frozenset({"error", "html", "cut_before"})


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong; `times` None means until it is removed.

    Without a `method` it concerns all methods except `spares`.
    """

    kind: str
    method: str | None = None
    spares: str | None = None
    chat_id: int | None = None
    times: int | None = 1
    probability: float = 1.0
    status: int = 502
    description: str = "Bad Gateway"
    parameters: dict[str, int] = field(default_factory=dict)
    id: int = 0

    def error(self) -> ApiError:
        """The refusal that an `error` answers with."""
        return ApiError(self.status, self.description, **self.parameters)

    def concerns(self, method: str, chat_id: int | None) -> bool:
        """Whether a call of this method to this chat is meant."""
        if self.method is not None and self.method.lower() != method.lower():
            return False
        if self.spares is not None and self.spares.lower() == method.lower():
            return False
        return self.chat_id is None or self.chat_id == chat_id


class Faults:
    """The faults that are set, and the latency of every call."""

    def __init__(self, rng: random.Random) -> None:
        """No faults yet."""
        self._rng = rng
        self._last_id = 0
        self.active: list[Fault] = []
        self.latency = (0.0, 0.0)

    def add(self, fault: Fault) -> int:
        """Set a fault; its number, by which it can be removed."""
        if fault.kind not in KINDS:
            reason = f"a fault is one of {', '.join(sorted(KINDS))}"
            raise ValueError(reason)
        self._last_id += 1
        fault.id = self._last_id
        self.active.append(fault)
        return fault.id

    def remove(self, fault_id: int) -> None:
        """Take one fault away."""
        self.active = [fault for fault in self.active if fault.id != fault_id]

    def clear(self) -> None:
        """Take every fault and the latency away."""
        self.active.clear()
        self.latency = (0.0, 0.0)

    def restore(self, active: list[Json], latency: list[float]) -> None:
        """Set what was set once before, under the same numbers."""
        self.active = [Fault(**fault) for fault in active]
        self._last_id = max((fault.id for fault in self.active), default=0)
        self.latency = (latency[0], latency[1])

    def pick(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault that strikes this call, if one does."""
        for fault in self.active:
            if not fault.concerns(method, chat_id):
                continue
            if fault.probability < 1 and self._rng.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.remove(fault.id)
            return fault
        return None

    def delay(self) -> float:
        """Half of a call's latency: spent before it is processed, and once more after."""
        low, high = self.latency
        return self._rng.uniform(low, high) / 2 if high > 0 else 0.0


async def pause(seconds: float) -> None:
    """Wait as a slow network would."""
    if seconds > 0:
        await asyncio.sleep(seconds)


def garbage(result: object) -> object:
    """A result that says what was sent, in a form no library expects."""
    if isinstance(result, list):
        return [garbage(item) for item in result]
    if isinstance(result, dict):
        kept: Json = {key: result[key] for key in ("message_id",) if key in result}
        return kept | {"from_a_later_version": True}
    return {"from_a_later_version": True}
