"""Tells an operator the ids of the chats that write to the bot, to find STAFF_CHAT_ID."""

from collections.abc import Callable
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)

from bot.app import NO_SUCH_BOT, CannotStart
from bot.client import RawUpdates, make_bot
from bot.incoming import troubles
from core.config import BotSettings
from database import leadership
from database.errors import is_outage

# How long to wait for a first message, in seconds.
_WAIT_SECONDS = 20

WAITING = (
    "Nobody has written to the bot yet. Add it to your team's group now, or write /help there. "
    f"Waiting for {_WAIT_SECONDS} seconds …"
)
_ADVICE = "Nobody wrote. Write something in the group (or add the bot again) and try again."

# Asking Telegram for updates would take messages away from the running bot.
_RUNNING = (
    "The bot is running, and only one program may ask Telegram for its messages. Add it to the "
    "group, or write /help@ and its name there: the first time, it answers with the group's id. "
    "Or stop the bot, then try again."
)
_TAKEN = (
    "The bot's messages go to somebody else now: the bot is running, or a webhook is set. "
    "Stop the bot or delete the webhook, then try again."
)


async def listed(settings: BotSettings, tell: Callable[[str], None]) -> list[str]:
    """List the chats of the waiting updates, a line each, without confirming any update.

    If there are none, `tell` is told what we wait for. CannotStart beside a running bot.
    """
    if await _is_running(settings):
        raise CannotStart(_RUNNING)
    bot = make_bot(settings)
    try:
        waiting = await _ask(bot, 0)
        if not waiting:
            tell(WAITING)
            waiting = await _ask(bot, _WAIT_SECONDS)
    except (TelegramUnauthorizedError, TelegramNotFound) as error:
        raise CannotStart(NO_SUCH_BOT) from error
    except TelegramConflictError as error:
        raise CannotStart(_TAKEN) from error
    except AiogramError as error:
        where, why = troubles.address(bot), troubles.reason(error)
        raise CannotStart(f"No answer from {where}: {why}") from error
    finally:
        await bot.session.close()
    chats = {chat["id"]: _line(chat) for chat in map(_chat, waiting) if chat}
    return list(chats.values()) or [_ADVICE]


async def _is_running(settings: BotSettings) -> bool:
    """Whether a bot runs on our database; no if it can't be asked: it may not exist yet."""
    try:
        return await leadership.is_taken(settings.async_url)
    except Exception as error:
        if not is_outage(error):
            raise
        return False


async def _ask(bot: Bot, seconds: int) -> list[dict[str, Any]]:
    call = RawUpdates(timeout=seconds, allowed_updates=["message", "my_chat_member"])
    return await bot(call, request_timeout=seconds + 15)


def _chat(update: dict[str, Any]) -> dict[str, Any] | None:
    event: dict[str, Any] = update.get("message") or update.get("my_chat_member") or {}
    chat = event.get("chat")
    return chat if isinstance(chat, dict) else None


def _line(chat: dict[str, Any]) -> str:
    """Show the name as a literal: a stranger's name may contain a line that looks like ours."""
    name = chat.get("title") or chat.get("first_name") or ""
    return f"{chat['id']}\t{chat.get('type', '')}\t{name!r}"
