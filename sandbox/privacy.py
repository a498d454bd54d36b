"""Which messages a bot is shown: https://core.telegram.org/bots/features#privacy-mode.

“Privacy mode is enabled by default for all bots, except bots that were added to a group as
admins (bot admins always receive all messages).” With it on, a bot gets from a group: commands
meant for it (`/command@this_bot`), general commands if it was the last bot to send a message to
the group, replies to its own messages, and service messages.

Of other bots' messages (https://core.telegram.org/api/bots/bot-to-bot, since Bot API 10.0) it gets
those that reply to it or name it in a command, if one of the two has Bot-to-Bot Communication Mode
on; with its own on, also whatever it would get of people.
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
        return _hears_a_bot(world, message)
    if chat.private or message.service or _sees_all(world, message):
        return True
    return _replies(world, message) or _commands(world, message)


def _hears_a_bot(world: World, message: Message) -> bool:
    other = world.people[message.author_id]
    if not (world.bot.talks_to_bots or other.talks_to_bots):
        return False
    if message.chat.private or _replies(world, message) or _commands(world, message, named=True):
        return True
    return world.bot.talks_to_bots and _sees_all(world, message)


def _sees_all(world: World, message: Message) -> bool:
    return not world.privacy_mode or message.chat.status_of(world.bot.id) in ADMIN_STATUSES


def _replies(world: World, message: Message) -> bool:
    replied = message.view.get("reply_to_message", {}).get("from", {})
    return bool(replied.get("id") == world.bot.id)


def _commands(world: World, message: Message, *, named: bool = False) -> bool:
    """Whether the message holds a command that this bot is meant by, or even `named` in."""
    view: Json = message.view
    text = str(view.get("text") or view.get("caption") or "")
    for entity in view.get("entities") or view.get("caption_entities") or ():
        if entity["type"] != "bot_command":
            continue
        _, _, name = units.piece(text, entity["offset"], entity["length"]).partition("@")
        if name.lower() == (world.bot.username or "").lower():
            return True
        if not name and not named and message.chat.last_bot_id == world.bot.id:
            return True
    return False
