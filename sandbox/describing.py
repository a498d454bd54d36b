"""Describes the people and groups of a world in the form that `sandbox/scene.py` reads."""

from __future__ import annotations

from sandbox.model import GENERAL_FIELDS, PRESENT, Chat, Json, Person, Topic
from sandbox.world import World

# Fields of a chat that the action `settings` takes under the same name.
_SETTINGS = (
    "muted",
    "protected",
    "drops_threads",
    "loses_ephemeral",
    "username",
    "linked_chat_id",
)


def describe(world: World) -> Json:
    """The people and groups that exist now, as a scene."""
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
        "without": list(bot.without) if bot else [],
        "reactions": chat.reactions,
        "topics": [_topic(world, chat, topic) for topic in topics],
        "general": {name: getattr(chat.general, name) for name in GENERAL_FIELDS},
        **{name: getattr(chat, name) for name in _SETTINGS},
    }


def _topic(world: World, chat: Chat, topic: Topic) -> Json:
    """A topic, as whoever made it opened it; the group's owner, if they are not there now."""
    shown = {name: getattr(topic, name) for name in ("id", "name", "icon_color", "icon", "closed")}
    if topic.creator == world.bot.id:
        return shown | {"user": None}
    there = chat.status_of(topic.creator) in PRESENT
    return shown | ({"user": topic.creator} if there else {})


def _administrators(world: World, chat: Chat) -> list[int]:
    listed = (one for one in chat.members.values() if one.person is not world.bot)
    return [one.person.id for one in listed if one.status == "administrator"]
