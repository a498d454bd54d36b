"""The bot's own reactions: https://core.telegram.org/bots/api#setmessagereaction."""

from __future__ import annotations

from sandbox import access
from sandbox.emoji import REACTIONS
from sandbox.errors import bad_request
from sandbox.model import Chat, Json
from sandbox.params import Params
from sandbox.registry import method
from sandbox.world import World


def _check(chat: Chat, reaction: object) -> Json:
    """One of Telegram's reactions that this chat allows."""
    if not isinstance(reaction, dict) or reaction.get("type") not in {"emoji", "custom_emoji"}:
        raise bad_request("can't parse ReactionType: unsupported type specified")
    if reaction["type"] == "custom_emoji":
        raise bad_request("REACTION_INVALID")
    emoji = reaction.get("emoji")
    if emoji not in REACTIONS or (chat.reactions is not None and emoji not in chat.reactions):
        raise bad_request("REACTION_INVALID")
    return {"type": "emoji", "emoji": emoji}


@method("setMessageReaction", "chat_id message_id reaction", ignored="is_big")
def set_message_reaction(world: World, params: Params) -> bool:
    """#setmessagereaction: at most one for a bot; other people's stay as they are."""
    given = params.json("reaction", "reaction types") or []
    chat = access.changeable(world, params)
    message = access.message_of(chat, params.integer("message_id"), "react")
    if not isinstance(given, list):
        raise bad_request("can't parse reaction types JSON object")
    if len(given) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if message.service:
        raise bad_request("MESSAGE_NOT_MODIFIED")
    chosen = [_check(chat, reaction) for reaction in given]
    world.react(message, world.bot.id, chosen)
    return True
