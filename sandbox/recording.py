"""A conversation as a scenario: who there was, what people did, and what the bot said to it.

    {"version": 1,
     "cast": {"users": […], "groups": […]},
     "steps": [{"do": "write", "with": {"user": 700000001, "text": "Hello"}, "made": [1]},
               {"bot": {"chat": 700000001, "message": 2, "text": "Good morning"}}]}

`with` is what the control API was given, `made` the ids of the messages it made. Ids mean what
they meant when it was recorded; who plays it again translates them.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from sandbox import scene
from sandbox.model import Json
from sandbox.words import words
from sandbox.world import World

# What people do, and what happens to them; not what merely looks.
DEEDS = frozenset(
    words(
        "user group member settings upgrade topic delete_topic rename block deactivate write send "
        "album edit delete react press update limits latency fault mend"
    )
)
# Which id the result of a deed brings.
IDS = {
    "write": "message_id",
    "send": "message_id",
    "album": "message_id",
    "topic": "message_thread_id",
    "user": "id",
    "group": "id",
    "upgrade": "id",
}


class Recording:
    """Everything from now on."""

    def __init__(self, world: World) -> None:
        """Remember who is here now."""
        self._world = world
        self._cast = scene.describe(world)
        self._since = world.feed.last
        self._deeds: list[tuple[int, Json]] = []

    def note(self, name: str, body: Json, result: Any) -> None:
        """Write down what was done, after it worked."""
        if name not in DEEDS:
            return
        step: Json = {"do": name, "with": body}
        if name in IDS:
            made = result if isinstance(result, list) else [result]
            step["made"] = [one[IDS[name]] for one in made]
        self._deeds.append((self._world.feed.last, step))

    def scenario(self) -> Json:
        """What was said until now, in order."""
        told = [
            (int(change["seq"]), 0, _said(change["chat_id"], change["message"]))
            for change in self._world.feed.since(self._since)
            if change["kind"] == "message" and self._by_bot(change["message"])
        ]
        deeds = [(seq, 1, step) for seq, step in self._deeds]  # after what was there already
        steps = sorted([*deeds, *told], key=itemgetter(0, 1))
        return {"version": 1, "cast": self._cast, "steps": [step for *_, step in steps]}

    def _by_bot(self, message: Json) -> bool:
        return bool(message["from"]["id"] == self._world.bot.id)


def _said(chat_id: int, message: Json) -> Json:
    text = message.get("text") or message.get("caption") or ""
    return {"bot": {"chat": chat_id, "message": message["message_id"], "text": text}}
