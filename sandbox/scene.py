"""Who is there when the curtain rises: people and groups with the ids that somebody chose.

    {"users": [{"id": 700000001, "first_name": "Alice", "language_code": "en"}, …],
     "groups": [{"id": -4000000001, "title": "Support", "members": [700000004], "bot": "member"}]}

The fields are those of the control API's actions `user` and `group`; `topics` are threads that are
open from the beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model import PRESENT, Chat, Json, Person

if TYPE_CHECKING:
    from sandbox.stage import Stage
    from sandbox.world import World


def set_up(stage: Stage, scene: Json) -> None:
    """Make everybody and every group of a scene."""
    from sandbox.control import ACTIONS  # noqa: PLC0415 - the control API knows scenes, too

    for user in scene.get("users", ()):
        ACTIONS["user"](stage, user)
    for group in scene.get("groups", ()):
        ACTIONS["group"](stage, group)
        for topic in group.get("topics", ()):
            ACTIONS["topic"](stage, opening(group, topic))


def opening(group: Json, topic: Json) -> Json:
    """What the action `topic` takes to open a thread of a scene: its owner opens it."""
    return {"chat": group["id"], "user": group["members"][0], "name": topic["name"]}


def describe(world: World) -> Json:
    """The people and groups there are now, as a scene."""
    people = [person for person in world.people.values() if person is not world.bot]
    groups = [c for c in world.chats.values() if not c.private and c.migrated_to is None]
    return {
        "users": [_user(person) for person in people],
        "groups": [_group(world, chat) for chat in groups],
    }


def _user(person: Person) -> Json:
    return {key: value for key, value in person.json().items() if key != "is_bot" or value}


def _group(world: World, chat: Chat) -> Json:
    people = [one for one in chat.members.values() if one.person is not world.bot]
    people.sort(key=lambda one: one.status != "creator")
    members = [one.person.id for one in people if one.status in PRESENT]
    topics = chat.topics.values() if members else ()
    bot = chat.members.get(world.bot.id)
    return {
        "id": chat.id,
        "title": chat.title,
        "members": members,
        "supergroup": chat.type == "supergroup",
        "forum": chat.is_forum,
        "administrators": _administrators(world, chat),
        "bot": bot.status if bot else None,
        "can_delete": bot is None or bot.can_delete,
        "reactions": chat.reactions,
        "topics": [{"id": topic.id, "name": topic.name} for topic in topics],
        **{name: getattr(chat, name) for name in _SETTINGS},
    }


# What `settings` takes and `getattr` gives.
_SETTINGS = ("muted", "protected", "drops_threads", "username", "linked_chat_id")


def _administrators(world: World, chat: Chat) -> list[int]:
    listed = (one for one in chat.members.values() if one.person is not world.bot)
    return [one.person.id for one in listed if one.status == "administrator"]
