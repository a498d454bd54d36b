"""Troubles: what the log says when Telegram does not answer: the address, and the reason."""

from aiogram import Bot
from aiogram.exceptions import AiogramError, DetailedAiogramError
from aiohttp import ClientConnectorDNSError

# The longest reason in a log line, in characters: it may be a provider's whole HTML page.
LONGEST = 200


def address(bot: Bot) -> str:
    """Return the address of Telegram, or of the server in the settings."""
    return bot.session.api.base.partition("/bot{token}")[0]


def reason(error: AiogramError) -> str:
    """Say in one line what the answer was, or why there was none."""
    if isinstance(error.__cause__, ClientConnectorDNSError):
        host = error.__cause__.host
        return f"the name {host} can't be looked up (no network, or no DNS)"[:LONGEST]
    words = error.message if isinstance(error, DetailedAiogramError) else type(error).__name__
    return " ".join(words.split())[:LONGEST]
