"""What Telegram says about the bot and a group; asked outside any transaction."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import ChatFullInfo, ResultChatMemberUnion, User

from bot.client import telegram_time
from bot.reading.members import TIMEOUT
from bot.reading.update_json import origin

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class BotFacts:
    """`ahead` is how far our clock is ahead of Telegram's; None if its answer had no time."""

    me: User
    ahead: timedelta | None


@dataclass(frozen=True)
class GroupFacts:
    """`member` is the bot in this group."""

    chat: ChatFullInfo
    member: ResultChatMemberUnion


@dataclass(frozen=True)
class Facts:
    """All that /setup is about."""

    bot: BotFacts
    group: GroupFacts


@dataclass(frozen=True)
class Unsaid:
    """Telegram was asked, and does not say."""


class Checkup:
    """Asks for the facts about the group in which somebody wrote."""

    def __init__(self, bot: Bot, clock: Callable[[], datetime]) -> None:
        self._bot = bot
        self._clock = clock

    async def of(self, raw: Mapping[str, Any]) -> Facts | Unsaid:
        """Ask about the group of an update."""
        chat_id = origin(raw).chat_id
        if chat_id is None:
            return Unsaid()
        try:
            group = await ask_about_group(self._bot, chat_id)
            return Facts(await ask_about_bot(self._bot, self._clock), group)
        except AiogramError as error:
            log.info("set-up not known", reason=type(error).__name__)
            return Unsaid()


async def ask_about_bot(bot: Bot, clock: Callable[[], datetime]) -> BotFacts:
    """Raises AiogramError."""
    me = await bot.get_me(request_timeout=TIMEOUT)
    there, here = telegram_time(bot), clock()
    return BotFacts(me, None if there is None else here - there)


async def ask_about_group(bot: Bot, chat_id: int) -> GroupFacts:
    """Raises AiogramError, for example if the bot is not in the group."""
    asked = (
        bot.get_chat(chat_id, request_timeout=TIMEOUT),
        bot.get_chat_member(chat_id, bot.id, request_timeout=TIMEOUT),
    )
    return GroupFacts(*await asyncio.gather(*asked))
