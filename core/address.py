"""Places in Telegram: in which chat of which account a message is."""

from typing import NamedTuple

# The account whose chats are the bot's own. Any other is a business account, by its user's id: its
# chat with a person has the same id as the bot's own chat with that person, and ids of its own for
# messages.
BOT = 0


class Place(NamedTuple):
    """Where one message is, which is what it is known by. Its thread is no part of that."""

    chat_id: int
    message_id: int
    account: int = BOT
