"""The bot's process, if the sandbox was told to run it."""

from __future__ import annotations

from sandbox.actions import Refused, action
from sandbox.model import Json
from sandbox.stage import Stage


@action("process")
def process(stage: Stage, body: Json) -> Json:
    """`do`: kill (like a power cut), stop (politely), start."""
    runner = stage.runner
    if runner is None:
        reason = "the bot is not run by the sandbox: start it with --run"
        raise Refused(reason)
    deeds = {"kill": runner.kill, "stop": runner.terminate, "start": runner.start}
    if body["do"] not in deeds:
        reason = f"do is one of {', '.join(deeds)}"
        raise ValueError(reason)
    deeds[body["do"]]()
    return runner.json()
