"""Which messages a bot is shown: https://core.telegram.org/bots/features#privacy-mode.

“Privacy mode is enabled by default for all bots, except bots that were added to a group as
admins (bot admins always receive all messages).” With it on, a bot gets from a group: commands
meant for it (`/command@this_bot`), general commands if it was the last bot to send a message to
the group, replies to its own messages, and service messages. No bot sees messages of other bots
(https://core.telegram.org/bots/faq#why-doesn-39t-my-bot-see-messages-from-other-bots).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import units
from sandbox.model import ADMIN_STATUSES, Json, Message

if TYPE_CHECKING:
    from sandbox.world import World

# These accounts carry messages of people: anonymous administrators and channels.
STAND_INS = frozenset({1_087_968_824, 136_817_688})


def visible(world: World, message: Message) -> bool:
    """Whether the bot is told about `message`."""
    chat, view = message.chat, message.view
    if not world.bot_present(chat):
        return False
    author = view.get("from", {})
    if author.get("is_bot") and author["id"] not in STAND_INS and not message.service:
        return False
    if chat.private or message.service or not world.privacy_mode:
        return True
    if chat.status_of(world.bot.id) in ADMIN_STATUSES:
        return True
    replied = view.get("reply_to_message", {}).get("from", {})
    return replied.get("id") == world.bot.id or _commands(world, message)


def _commands(world: World, message: Message) -> bool:
    """Whether the message holds a command that this bot is meant by."""
    view: Json = message.view
    text = str(view.get("text") or view.get("caption") or "")
    for entity in view.get("entities") or view.get("caption_entities") or ():
        if entity["type"] != "bot_command":
            continue
        _, _, name = units.piece(text, entity["offset"], entity["length"]).partition("@")
        if name.lower() == (world.bot.username or "").lower():
            return True
        if not name and message.chat.last_bot_id == world.bot.id:
            return True
    return False
