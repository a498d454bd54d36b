"""Which messages a bot is shown: https://core.telegram.org/bots/features#privacy-mode.

“Privacy mode is enabled by default for all bots, except bots that were added to a group as
admins (bot admins always receive all messages).” With it on, a bot gets from a group: commands
meant for it (`/command@this_bot`), general commands if it was the last bot to send a message to
the group, replies to its own messages, and service messages.

Of other bots' messages (https://core.telegram.org/api/bots/bot-to-bot, since Bot API 10.0) it gets
those that reply to it or name it in a command, if one of the two has Bot-to-Bot Communication Mode
on; with its own on, also whatever it would get from people.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import threads, units
from sandbox.model import ADMIN_STATUSES, Json, Message, Person

# These accounts stand for people: anonymous administrators, and channels.
STAND_INS = frozenset({1_087_968_824, 136_817_688})


@dataclass(frozen=True, slots=True)
class Reader:
    """The bot as a reader of chats."""

    bot: Person
    privacy_mode: bool

    def sees(self, message: Message, author: Person | None) -> bool:
        """Whether the bot is shown `message` in a chat that it is in."""
        if message.only_for is not None:
            return True  # it was sent to the bot alone
        writer = message.view.get("from", {})
        if writer.get("is_bot") and writer["id"] not in STAND_INS and not message.service:
            return self._sees_of_a_bot(message, author)
        if message.chat.private or message.service or self._sees_all(message):
            return True
        return self._is_replied_to(message) or self._is_commanded(message)

    def _sees_of_a_bot(self, message: Message, other: Person | None) -> bool:
        if not (self.bot.talks_to_bots or (other and other.talks_to_bots)):
            return False
        if message.chat.private or self._is_replied_to(message):
            return True
        if self._is_commanded(message, by_name=True):
            return True
        return self.bot.talks_to_bots and self._sees_all(message)

    def _sees_all(self, message: Message) -> bool:
        return not self.privacy_mode or message.chat.status_of(self.bot.id) in ADMIN_STATUSES

    def _is_replied_to(self, message: Message) -> bool:
        replied = message.view.get("reply_to_message", {})
        if threads.opens(replied):
            return False  # as everything in a topic: nobody has said that this would count
        return bool(replied.get("from", {}).get("id") == self.bot.id)

    def _is_commanded(self, message: Message, *, by_name: bool = False) -> bool:
        """Whether a command in the message is for this bot; with `by_name`, only `/command@bot`."""
        view: Json = message.view
        text = str(view.get("text") or view.get("caption") or "")
        for entity in view.get("entities") or view.get("caption_entities") or ():
            if entity["type"] != "bot_command":
                continue
            _, _, name = units.piece(text, entity["offset"], entity["length"]).partition("@")
            if name.lower() == (self.bot.username or "").lower():
                return True
            if not name and not by_name and message.chat.last_bot_id == self.bot.id:
                return True
        return False
