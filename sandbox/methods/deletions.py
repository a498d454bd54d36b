"""Deleting: https://core.telegram.org/bots/api#deletemessage."""

from __future__ import annotations

from sandbox import access
from sandbox.errors import ApiError, bad_request
from sandbox.model import Message
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World

# “A message can only be deleted if it was sent less than 48 hours ago.”
DELETABLE_SECONDS = 48 * 3600
# “A dice message in a private chat can only be deleted if it was sent more than 24 hours ago.”
DICE_SECONDS = 24 * 3600
# “Service messages about a supergroup, channel, or forum topic creation can't be deleted.”
CREATIONS = frozenset({"supergroup_chat_created", "channel_chat_created", "forum_topic_created"})
MOST = 100


def _check(world: World, message: Message) -> None:
    age = world.clock.now() - message.view["date"]
    private_dice = message.chat.private and "dice" in message.view
    if age >= DELETABLE_SECONDS or CREATIONS & message.view.keys():
        raise bad_request("message can't be deleted for everyone")
    if private_dice and age <= DICE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    own = message.author_id == world.bot.id
    if not (own or message.chat.private or access.may(world, message.chat, "can_delete_messages")):
        raise bad_request("message can't be deleted for everyone")


@method("deleteMessage", "chat_id message_id")
def delete_message(world: World, params: Params) -> bool:
    """#deletemessage."""
    chat = access.changeable(world, params)
    message = access.message_of(chat, params.integer("message_id"), "delete")
    _check(world, message)
    world.delete(message)
    return True


@method("deleteMessages", "chat_id message_ids")
def delete_messages(world: World, params: Params) -> bool:
    """#deletemessages: “If some of the specified messages can't be found, they are skipped.”."""
    chat = access.changeable(world, params)
    wanted = params.identifiers("message_ids")
    if len(wanted) > MOST:
        raise bad_request("too many message identifiers specified")
    for message_id in wanted:
        message = chat.messages.get(message_id)
        if message_id <= 0 or message is None:
            continue
        try:
            _check(world, message)
        except ApiError:
            continue
        world.delete(message)
    return True
