"""What an operator reads when Telegram does not answer: where it was asked, and what it said."""

from aiogram import Bot
from aiogram.exceptions import AiogramError, DetailedAiogramError

# The longest reason in a line of the log, in characters: it may be a page of a provider's.
LONGEST = 200


def address(bot: Bot) -> str:
    """Return the address of Telegram, or of the server in the settings."""
    return bot.session.api.base.partition("/bot{token}")[0]


def reason(error: AiogramError) -> str:
    """Say in a line what was answered, or why nothing was."""
    words = error.message if isinstance(error, DetailedAiogramError) else type(error).__name__
    return " ".join(words.split())[:LONGEST]
