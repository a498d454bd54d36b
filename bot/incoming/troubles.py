"""What an operator reads when Telegram does not answer: where it was asked, and what it said."""

from aiogram import Bot
from aiogram.exceptions import AiogramError, DetailedAiogramError
from aiohttp import ClientConnectorDNSError

# The longest reason in a line of the log, in characters: it may be a page of a provider's.
LONGEST = 200


def address(bot: Bot) -> str:
    """Return the address of Telegram, or of the server in the settings."""
    return bot.session.api.base.partition("/bot{token}")[0]


def reason(error: AiogramError) -> str:
    """Say in a line what was answered, or why nothing was."""
    if isinstance(error.__cause__, ClientConnectorDNSError):
        host = error.__cause__.host
        return f"the name {host} can't be looked up (no network, or no DNS)"[:LONGEST]
    words = error.message if isinstance(error, DetailedAiogramError) else type(error).__name__
    return " ".join(words.split())[:LONGEST]
