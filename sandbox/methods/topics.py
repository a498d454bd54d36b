"""Threads of a forum: https://core.telegram.org/bots/api#createforumtopic."""

from __future__ import annotations

from sandbox import access
from sandbox.errors import bad_request
from sandbox.model import Chat, Json, Topic
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World

COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
LONGEST_NAME = 128
# Custom emoji that anybody may use as the icon of a topic.
ICONS = {
    "📰": "5434144690511290129",
    "💡": "5312536423851630001",
    "⚡️": "5312016608254762256",
    "🎙": "5377544228505134960",
    "🔝": "5418085807791545980",
    "🗣": "5370870893004203704",
    "🆒": "5420216386448270341",
    "❗️": "5379748062124056162",
    "📝": "5373251851074415873",
    "📆": "5433614043006903194",
    "🔥": "5312241539987020022",
    "❤️": "5312138559556164615",
    "❓": "5377316857231450742",
}


def name_of(params: Params) -> str:
    """“New topic name, 1-128 characters”."""
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
    chat, name = access.forum(world, params), name_of(params)
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
    chat = access.forum(world, params)
    topic = access.existing_topic(chat, params)
    changed: Json = {}
    if "name" in params and name_of(params) != topic.name:
        changed["name"] = topic.name = name_of(params)
    if "icon_custom_emoji_id" in params:
        topic.icon = params.text("icon_custom_emoji_id") or None
        changed["icon_custom_emoji_id"] = topic.icon or ""
    if not changed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    _service(world, chat, topic, "forum_topic_edited", **changed)
    return True


def _set_closed(world: World, params: Params, *, closed: bool) -> bool:
    chat = access.forum(world, params)
    topic = access.existing_topic(chat, params)
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
    chat = access.forum(world, params)
    drop(world, chat, access.existing_topic(chat, params))
    return True


@method("getForumTopicIconStickers")
def get_forum_topic_icon_stickers(_world: World, _params: Params) -> list[Json]:
    """#getforumtopiciconstickers: some of those that Telegram has, under its own ids."""
    return [_icon(emoji, identity) for emoji, identity in ICONS.items()]


def _icon(emoji: str, identity: str) -> Json:
    ids = {"file_id": f"CAACAg-icon-{identity}", "file_unique_id": f"AgAD{identity}"}
    size = {"width": 512, "height": 512, "is_animated": True, "is_video": False}
    kind = {"type": "custom_emoji", "emoji": emoji, "custom_emoji_id": identity}
    return ids | kind | size | {"set_name": "Topics", "needs_repainting": False}


def drop(world: World, chat: Chat, topic: Topic) -> None:
    """Take a thread and its messages away."""
    del chat.topics[topic.id]
    inside = [m for m in chat.messages.values() if m.view.get("message_thread_id") == topic.id]
    for message in inside:
        world.delete(message)
    world.feed.put("chat", chat.id)
