"""Recording a conversation in order to play it again."""

from __future__ import annotations

from sandbox.actions import Refused, action
from sandbox.model import Json
from sandbox.recording import Recording
from sandbox.stage import Stage


@action("record")
def record(stage: Stage, body: Json) -> Json | bool:
    """Start recording with `on` true; with false, stop and return the scenario."""
    if body["on"]:
        stage.recording = Recording(stage.world, limits=stage.limits.enabled)
        stage.world.feed.put("recording", None, on=True)
        return True
    if stage.recording is None:
        reason = "nothing is being recorded"
        raise Refused(reason)
    scenario = stage.recording.scenario()
    stage.recording = None
    stage.world.feed.put("recording", None, on=False)
    return scenario
