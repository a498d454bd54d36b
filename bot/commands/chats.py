"""Tells an operator the ids of the chats that write to the bot, to find STAFF_CHAT_ID."""

from typing import Any

from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)

from bot.app import NO_SUCH_BOT, CannotStart
from bot.client import RawUpdates, make_bot
from core.config import BotSettings

# How long to wait for a first message, in seconds.
_PATIENCE = 20

_ADVICE = "Nobody wrote. Write something in the group (or add the bot anew) and try again."


_TAKEN = (
    "The bot's messages go to somebody else now: the bot is running, or a webhook is set. "
    "Stop the bot or delete the webhook, then try again."
)


async def listed(settings: BotSettings) -> list[str]:
    """List the chats of the updates that wait, a line each. Confirms nothing."""
    bot = make_bot(settings)
    try:
        call = RawUpdates(timeout=_PATIENCE, allowed_updates=["message", "my_chat_member"])
        waiting = await bot(call, request_timeout=_PATIENCE + 15)
    except (TelegramUnauthorizedError, TelegramNotFound) as error:
        raise CannotStart(NO_SUCH_BOT) from error
    except TelegramConflictError as error:
        raise CannotStart(_TAKEN) from error
    except AiogramError as error:
        raise CannotStart(f"No answer from {settings.telegram_api_url}: {error}") from error
    finally:
        await bot.session.close()
    chats = {chat["id"]: _line(chat) for chat in map(_chat, waiting) if chat}
    return list(chats.values()) or [_ADVICE]


def _chat(update: dict[str, Any]) -> dict[str, Any] | None:
    event: dict[str, Any] = update.get("message") or update.get("my_chat_member") or {}
    chat = event.get("chat")
    return chat if isinstance(chat, dict) else None


def _line(chat: dict[str, Any]) -> str:
    """Show the name as a literal: strangers choose theirs, and may put a line of ours into it."""
    name = chat.get("title") or chat.get("first_name") or ""
    return f"{chat['id']}\t{chat.get('type', '')}\t{name!r}"
