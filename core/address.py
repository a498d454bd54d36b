"""Addresses and places in Telegram: where messages go, and where they are."""

from typing import NamedTuple

# The account whose chats are the bot's own. Any other is a business account, by its user's id: its
# chat with a person has the same id as the bot's own chat with that person, and ids of its own for
# messages.
BOT = 0


class Place(NamedTuple):
    """Where one message is; that identifies it. Its thread is no part of that."""

    chat_id: int
    message_id: int
    account: int = BOT


class Address(NamedTuple):
    """Where messages go: to a chat of an account, and in a forum to one of its threads.

    `thread_id` is None outside forums, and for a forum's General.
    """

    chat_id: int
    thread_id: int | None = None
    account: int = BOT

    def place(self, message_id: int) -> Place:
        """Give the place of a message that was sent here."""
        return Place(self.chat_id, message_id, self.account)

    def is_chat_of(self, place: Place) -> bool:
        """Whether a message is in the same chat, whatever its thread."""
        return (place.chat_id, place.account) == (self.chat_id, self.account)
