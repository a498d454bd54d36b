"""Threads of a forum: https://core.telegram.org/bots/api#createforumtopic."""

from __future__ import annotations

from sandbox import access, topics
from sandbox.errors import bad_request
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.world import World


@method("createForumTopic", "chat_id name icon_color icon_custom_emoji_id", cost=one)
def create_forum_topic(world: World, params: Params) -> Json:
    """#createforumtopic; counts as a message (tdlib/td#2592)."""
    chat = access.forum(world, params)
    if not access.may(world, chat, topics.RIGHT):
        raise bad_request("not enough rights to create a topic")
    colour = params.integer("icon_color", topics.COLOURS[0])
    if colour not in topics.COLOURS:
        raise bad_request("invalid icon color specified")
    icon = params.text("icon_custom_emoji_id") or None
    topic = topics.create(world, chat, world.bot, params.text("name"), colour=colour, icon=icon)
    return {"message_thread_id": topic.id} | topics.shown(topic)


@method("editForumTopic", "chat_id message_thread_id name icon_custom_emoji_id")
def edit_forum_topic(world: World, params: Params) -> bool:
    """#editforumtopic: “If not specified or empty, the current name will be kept”."""
    chat = access.forum(world, params)
    topic = access.managed_topic(world, chat, params, "edit")
    icon = params.text("icon_custom_emoji_id") if "icon_custom_emoji_id" in params else None
    if not params.text("name") and icon is None:
        return True
    topics.edit(world, chat, topic, world.bot, name=params.text("name") or None, icon=icon)
    return True


@method("closeForumTopic", "chat_id message_thread_id")
def close_forum_topic(world: World, params: Params) -> bool:
    """#closeforumtopic."""
    return _close(world, params, closed=True)


@method("reopenForumTopic", "chat_id message_thread_id")
def reopen_forum_topic(world: World, params: Params) -> bool:
    """#reopenforumtopic."""
    return _close(world, params, closed=False)


def _close(world: World, params: Params, *, closed: bool) -> bool:
    chat = access.forum(world, params)
    topic = access.managed_topic(world, chat, params, "close or open")
    topics.close(world, chat, topic, world.bot, closed=closed)
    return True


@method("deleteForumTopic", "chat_id message_thread_id")
def delete_forum_topic(world: World, params: Params) -> bool:
    """#deleteforumtopic: with all its messages; the right to delete messages is what it needs."""
    chat = access.forum(world, params)
    if not access.may(world, chat, topics.TO_DELETE):
        raise bad_request("not enough rights to delete the topic")
    topic = access.existing_topic(chat, params)
    if topic is chat.general:
        raise bad_request("TOPIC_ID_INVALID")
    topics.delete(world, chat, topic)
    return True


@method("getForumTopicIconStickers")
def get_forum_topic_icon_stickers(_world: World, _params: Params) -> list[Json]:
    """#getforumtopiciconstickers: some of those that Telegram has, under its own ids."""
    return [_icon(emoji, identity) for identity, emoji in topics.ICONS.items()]


def _icon(emoji: str, identity: str) -> Json:
    ids = {"file_id": f"CAACAg-icon-{identity}", "file_unique_id": f"AgAD{identity}"}
    size = {"width": 512, "height": 512, "is_animated": True, "is_video": False}
    kind = {"type": "custom_emoji", "emoji": emoji, "custom_emoji_id": identity}
    return ids | kind | size | {"set_name": "Topics", "needs_repainting": False}
