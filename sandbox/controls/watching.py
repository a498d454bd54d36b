"""Watching: what a chat contains, what changed, what the bot called."""

from __future__ import annotations

from sandbox.actions import action, chat_of
from sandbox.model import Json
from sandbox.stage import Stage

LONGEST_WAIT = 60.0


@action("messages")
def messages(stage: Stage, body: Json) -> Json:
    """A chat as people see it, oldest first, and the feed's number.

    `limit`: only this many of the newest; `before`: only those before the one with this id.
    Ephemeral messages are among them, each with the one person who sees it in `only_for`.
    """
    chat, before = chat_of(stage, body), body.get("before")
    there = [message for message in chat.messages.values() if not message.lost]
    ids = [message.id for message in there]
    older = there[: ids.index(int(before))] if before in ids else there
    found = older[-int(body.get("limit") or 0) :]
    shown = [stage.world.shown(message) for message in found]
    return {"messages": shown, "seq": stage.world.feed.last}


@action("changes")
async def changes(stage: Stage, body: Json) -> Json:
    """The changes after `since`, waiting up to `timeout` seconds for the first."""
    seconds = min(float(body.get("timeout", 0)), LONGEST_WAIT)
    found = await stage.world.feed.wait(int(body["since"]), seconds)
    return {"changes": found, "seq": stage.world.feed.last}


@action("seq")
def seq(stage: Stage, _body: Json) -> int:
    """The number of the last change."""
    return stage.world.feed.last


@action("calls")
def calls(stage: Stage, body: Json) -> list[Json]:
    """The log of API calls after number `since`, of one `method` if it is named."""
    since, method = int(body.get("since", 0)), body.get("method")
    return [
        call.json()
        for call in stage.calls
        if call.number > since and (method is None or call.method == method)
    ]


@action("call")
def call(stage: Stage, body: Json) -> Json:
    """The call `number`, with its parameters and its answer."""
    found = stage.find_call(int(body["number"]))
    if found is None:
        reason = f"there is no call {body['number']} in the log"
        raise ValueError(reason)
    return found.json()


@action("status")
def status(stage: Stage, _body: Json) -> Json:
    """Waiting updates, active faults, the bot's commands, the time."""
    world = stage.world
    return {
        "pending_updates": len(world.updates),
        "faults": [fault.id for fault in stage.faults.active],
        "latency": list(stage.faults.latency),
        "limits": stage.limits.enabled,
        "commands": [
            {"scope": scope, "language_code": language, "commands": listed}
            for (scope, language), listed in world.commands.items()
        ],
        "now": world.clock.now(),
    }
