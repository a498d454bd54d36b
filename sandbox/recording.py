"""A conversation as a scenario: who there was, what people did, and what the bot said to it.

    {"version": 2,
     "conditions": {"privacy": true, "limits": false},
     "cast": {"users": […], "groups": […]},
     "steps": [{"do": "write", "with": {"user": 700000001, "text": "Hello"}, "made": [1]},
               {"bot": {"kind": "message", "chat": 700000001, "message": 2, …}}]}

`with` is what the control API was given, `made` the ids of the messages it made; for what the bot
says see `sandbox/saying.py`. Ids mean what they meant when it was recorded; who plays it again
translates them. Version 1 knew neither conditions nor the bot's edits, reactions and buttons.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from sandbox import describing, saying
from sandbox.model import Json
from sandbox.words import words
from sandbox.world import World

# The actions that change something; those that only look are not recorded.
DEEDS = frozenset(
    words(
        "user group member settings upgrade forum topic edit_topic close_topic hide_general "
        "delete_topic topic_refuses rename block deactivate write send album edit delete react pin "
        "unpin press vote update limits latency fault mend advance bot"
    )
)
# The field of a result that holds the new id, by action.
IDS = {
    "write": "message_id",
    "send": "message_id",
    "album": "message_id",
    "pin": "message_id",
    "topic": "message_thread_id",
    "user": "id",
    "group": "id",
    "upgrade": "id",
}


class Recording:
    """Records everything from now on."""

    def __init__(self, world: World, *, limits: bool) -> None:
        """Remember the people, groups and switches as they are now."""
        self._world = world
        self._conditions = {"privacy": world.privacy_mode, "limits": limits}
        self._cast = describing.describe(world)
        self._since = world.feed.last
        self._deeds: list[tuple[int, Json]] = []

    def note(self, name: str, body: Json, result: Any) -> None:
        """Write down what was done, after it worked."""
        if name not in DEEDS or (name == "bot" and not body):
            return
        step: Json = {"do": name, "with": body}
        if name in IDS:
            made = result if isinstance(result, list) else [result]
            step["made"] = [one[IDS[name]] for one in made]
        self._deeds.append((self._world.feed.last, step))

    def scenario(self) -> Json:
        """Everything so far, in order."""
        changes = self._world.feed.since(self._since)
        told = [(int(one["seq"]), saying.told(one, self._world.bot.id)) for one in changes]
        said = [(seq, 0, {"bot": what}) for seq, what in told if what is not None]
        deeds = [(seq, 1, step) for seq, step in self._deeds]  # after what the bot had said before
        steps = [step for *_, step in sorted([*deeds, *said], key=itemgetter(0, 1))]
        return {
            "version": 2,
            "conditions": self._conditions,
            "cast": self._cast,
            "steps": _without_replaced(steps),
        }


def _without_replaced(steps: list[Json]) -> list[Json]:
    """Keep the last of several edits (or reactions) of a message between two deeds.

    People saw no other long enough to act on it, and a bot is free to save the others.
    """
    kept: list[Json] = []
    later: set[tuple[str, int, int]] = set()
    for step in reversed(steps):
        said = step.get("bot")
        if said is None:
            later.clear()
        elif said["kind"] != "message":
            which = (said["kind"], said["chat"], said["message"])
            if which in later:
                continue
            later.add(which)
        kept.append(step)
    return kept[::-1]
