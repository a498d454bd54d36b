"""Threads of a forum: https://core.telegram.org/bots/api#createforumtopic.

“The bot must be an administrator in the chat … and must have the can_manage_topics right”.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import access
from sandbox.errors import bad_request
from sandbox.model import Chat, Json, Topic
from sandbox.registry import method, one

if TYPE_CHECKING:
    from sandbox.params import Params
    from sandbox.world import World

COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
LONGEST_NAME = 128


def _forum(world: World, params: Params) -> Chat:
    chat = access.readable(world, params)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not access.is_admin(world, chat):
        raise bad_request("not enough rights to manage topics")
    return chat


def _topic(chat: Chat, params: Params) -> Topic:
    topic = chat.topics.get(params.integer("message_thread_id"))
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


def _name(params: Params) -> str:
    name = params.text("name").strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "topic name is too long")
    return name


def _service(world: World, chat: Chat, topic: Topic, kind: str, **what: object) -> None:
    fields: Json = {"message_thread_id": topic.id, "is_topic_message": True, kind: what}
    world.add_message(chat, world.bot, fields, service=True)


@method("createForumTopic", "chat_id name icon_color icon_custom_emoji_id", cost=one)
def create_forum_topic(world: World, params: Params) -> Json:
    """#createforumtopic; counts as a message (tdlib/td#2592)."""
    chat, name = _forum(world, params), _name(params)
    colour = params.integer("icon_color", COLOURS[0])
    if colour not in COLOURS:
        raise bad_request("invalid icon color specified")
    icon = params.text("icon_custom_emoji_id") or None
    shown: Json = {"name": name, "icon_color": colour}
    shown |= {"icon_custom_emoji_id": icon} if icon else {}
    thread_id = chat.last_id + 1
    fields: Json = {"message_thread_id": thread_id, "is_topic_message": True}
    fields |= {"forum_topic_created": shown}
    message = world.add_message(chat, world.bot, fields, service=True)
    chat.topics[message.id] = Topic(message.id, name, colour, icon)
    return {"message_thread_id": message.id} | shown


@method("editForumTopic", "chat_id message_thread_id name icon_custom_emoji_id")
def edit_forum_topic(world: World, params: Params) -> bool:
    """#editforumtopic."""
    chat = _forum(world, params)
    topic = _topic(chat, params)
    changed: Json = {}
    if "name" in params and _name(params) != topic.name:
        changed["name"] = topic.name = _name(params)
    if "icon_custom_emoji_id" in params:
        topic.icon = params.text("icon_custom_emoji_id") or None
        changed["icon_custom_emoji_id"] = topic.icon or ""
    if not changed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    _service(world, chat, topic, "forum_topic_edited", **changed)
    return True


def _set_closed(world: World, params: Params, *, closed: bool) -> bool:
    chat = _forum(world, params)
    topic = _topic(chat, params)
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _service(world, chat, topic, "forum_topic_closed" if closed else "forum_topic_reopened")
    return True


@method("closeForumTopic", "chat_id message_thread_id")
def close_forum_topic(world: World, params: Params) -> bool:
    """#closeforumtopic."""
    return _set_closed(world, params, closed=True)


@method("reopenForumTopic", "chat_id message_thread_id")
def reopen_forum_topic(world: World, params: Params) -> bool:
    """#reopenforumtopic."""
    return _set_closed(world, params, closed=False)


@method("deleteForumTopic", "chat_id message_thread_id")
def delete_forum_topic(world: World, params: Params) -> bool:
    """#deleteforumtopic: with all its messages."""
    chat = _forum(world, params)
    drop(world, chat, _topic(chat, params))
    return True


def drop(world: World, chat: Chat, topic: Topic) -> None:
    """Take a thread and its messages away."""
    del chat.topics[topic.id]
    inside = [m for m in chat.messages.values() if m.view.get("message_thread_id") == topic.id]
    for message in inside:
        world.delete(message)
    world.feed.put("chat", chat.id)
