"""Pinned messages: https://core.telegram.org/bots/api#pinchatmessage.

In groups the bot must be an administrator. Several messages can be pinned at once.
"""

from __future__ import annotations

from sandbox import access
from sandbox.errors import bad_request
from sandbox.model import Chat
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World


def _pinnable(world: World, params: Params) -> Chat:
    chat = access.changeable(world, params)
    if not chat.private and not access.is_admin(world, chat):
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
    if message.service:
        raise bad_request("message can't be pinned")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
    silent = params.boolean("disable_notification")
    said = {"pinned_message": message.view}
    world.add_message(chat, world.bot, said, service=True, silent=silent)
    return True


@method("unpinChatMessage", "chat_id message_id", ignored="business_connection_id")
def unpin_chat_message(world: World, params: Params) -> bool:
    """#unpinchatmessage: without an id “the most recent pinned message (by sending date)”."""
    chat = _pinnable(world, params)
    there = [message_id for message_id in chat.pinned if message_id in chat.messages]
    message_id = params.integer("message_id") or max(there, default=0)
    if message_id not in chat.messages:
        raise bad_request("message to unpin not found")
    chat.pinned = [one for one in chat.pinned if one != message_id]
    return True


@method("unpinAllChatMessages", "chat_id")
def unpin_all_chat_messages(world: World, params: Params) -> bool:
    """#unpinallchatmessages."""
    _pinnable(world, params).pinned = []
    return True


@method("unpinAllForumTopicMessages", "chat_id message_thread_id")
def unpin_all_forum_topic_messages(world: World, params: Params) -> bool:
    """#unpinallforumtopicmessages."""
    chat = _pinnable(world, params)
    topic = access.existing_topic(chat, params)
    chat.pinned = [one for one in chat.pinned if _thread(chat, one) != topic.id]
    return True


@method("unpinAllGeneralForumTopicMessages", "chat_id")
def unpin_all_general_forum_topic_messages(world: World, params: Params) -> bool:
    """#unpinallgeneralforumtopicmessages: what is in no other topic is in General."""
    chat = _pinnable(world, params)
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    chat.pinned = [one for one in chat.pinned if _thread(chat, one) is not None]
    return True


def _thread(chat: Chat, message_id: int) -> int | None:
    message = chat.messages.get(message_id)
    return message.view.get("message_thread_id") if message else None
