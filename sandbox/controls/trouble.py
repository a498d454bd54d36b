"""Trouble: faults, latency, limits, time."""

from __future__ import annotations

from sandbox.actions import action
from sandbox.faults import Fault
from sandbox.model import Json
from sandbox.stage import Stage
from sandbox.words import words

# The fields of a fault besides its kind.
_SAID = words("method spares chat_id times probability status description parameters")


@action("fault")
def fault(stage: Stage, body: Json) -> int:
    """Set a fault (see sandbox/faults.py); its id. `times` null: until removed.

    A fault of getUpdates also ends the request that is waiting now.
    """
    made = Fault(body["kind"], **{name: body[name] for name in _SAID if name in body})
    number = stage.faults.add(made)
    stage.tell_trouble()
    if (made.method or "").lower() == "getupdates":
        stage.world.updates.interrupt()
    return number


@action("mend")
def mend(stage: Stage, body: Json) -> bool:
    """Remove the fault `id`, or all faults and the latency."""
    if "id" in body:
        stage.faults.remove(int(body["id"]))
    else:
        stage.faults.clear()
    stage.tell_trouble()
    return True


@action("latency")
def latency(stage: Stage, body: Json) -> bool:
    """Every call takes between `low` and `high` seconds."""
    stage.faults.latency = (float(body["low"]), float(body["high"]))
    stage.tell_trouble()
    return True


@action("limits")
def limits(stage: Stage, body: Json) -> bool:
    """Switch Telegram's limits on or off."""
    stage.limits.enabled = bool(body["enabled"])
    stage.tell_trouble()
    return stage.limits.enabled


@action("advance")
def advance(stage: Stage, body: Json) -> float:
    """Let `seconds` pass at once; the time now."""
    stage.world.clock.advance(float(body["seconds"]))
    now = stage.world.clock.now()
    stage.world.feed.put("time", None, now=now)
    return now
