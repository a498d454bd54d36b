"""A scene: the people and groups that are there at the start, with ids chosen beforehand.

    {"users": [{"id": 700000001, "first_name": "Alice", "language_code": "en"}, …],
     "groups": [{"id": -4000000001, "title": "Support", "members": [700000004], "bot": "member"}]}

The fields are those of the control API's actions `user` and `group`; `topics` are those of a forum
from the start, with the fields of the action `topic`: the group's owner opens them unless a `user`
does (null: the bot). The other direction is `sandbox/describing.py`.
"""

from __future__ import annotations

from sandbox.controls import chats, people, topics
from sandbox.model import Json
from sandbox.stage import Stage


def set_up(stage: Stage, scene: Json) -> None:
    """Create the people, groups and threads of a scene."""
    for user in scene.get("users", ()):
        people.add_user(stage, user)
    for group in scene.get("groups", ()):
        chats.add_group(stage, group)
        for topic in group.get("topics", ()):
            topics.add_topic(stage, opening(group, topic))


def opening(group: Json, topic: Json) -> Json:
    """What opens a scene's topic, for the action `topic`."""
    fields = {name: value for name, value in topic.items() if name != "id"}
    return {"chat": group["id"], "user": group["members"][0]} | fields
