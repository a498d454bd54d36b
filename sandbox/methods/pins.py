"""Pinned messages: https://core.telegram.org/bots/api#pinchatmessage.

In groups the bot must be an administrator with the right to it.
"""

from __future__ import annotations

from sandbox import access, threads, topics
from sandbox.errors import bad_request
from sandbox.model import Chat, Topic
from sandbox.params import Params
from sandbox.people import pinning
from sandbox.registry import method
from sandbox.world import World


def _pinnable(world: World, params: Params) -> Chat:
    chat = access.changeable(world, params)
    if not chat.private and not access.may(world, chat, pinning.RIGHT):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


@method(
    "pinChatMessage",
    "chat_id message_id disable_notification",
    ignored="business_connection_id",
)
def pin_chat_message(world: World, params: Params) -> bool:
    """#pinchatmessage; the chat gets a service message."""
    chat = _pinnable(world, params)
    message = access.message_of(chat, params.integer("message_id"), "pin")
    pinning.pin(world, message, world.bot, silent=params.boolean("disable_notification"))
    return True


@method("unpinChatMessage", "chat_id message_id", ignored="business_connection_id")
def unpin_chat_message(world: World, params: Params) -> bool:
    """#unpinchatmessage: without an id “the most recent pinned message (by sending date)”."""
    chat = _pinnable(world, params)
    newest = next((message.id for message in chat.pins()), 0)
    message_id = params.integer("message_id") or newest
    if message_id <= 0 or message_id not in chat.messages:
        raise bad_request("message to unpin not found")
    pinning.unpin(world, chat, {message_id})
    return True


@method("unpinAllChatMessages", "chat_id")
def unpin_all_chat_messages(world: World, params: Params) -> bool:
    """#unpinallchatmessages."""
    chat = _pinnable(world, params)
    pinning.unpin(world, chat, set(chat.pinned))
    return True


@method("unpinAllForumTopicMessages", "chat_id message_thread_id")
def unpin_all_forum_topic_messages(world: World, params: Params) -> bool:
    """#unpinallforumtopicmessages."""
    chat = _pinnable(world, params)
    topics.is_forum(chat)
    return _unpin_all(world, chat, access.existing_topic(chat, params))


@method("unpinAllGeneralForumTopicMessages", "chat_id")
def unpin_all_general_forum_topic_messages(world: World, params: Params) -> bool:
    """#unpinallgeneralforumtopicmessages: what is in no other topic is in General."""
    chat = _pinnable(world, params)
    topics.is_forum(chat)
    return _unpin_all(world, chat, chat.general)


def _unpin_all(world: World, chat: Chat, topic: Topic) -> bool:
    there = {one.id for one in chat.pins() if (threads.topic_of(one) or chat.general) is topic}
    pinning.unpin(world, chat, there)
    return True
