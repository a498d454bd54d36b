"""The bot's profile: its username, and its descriptions where the operator left them empty.

Descriptions are stored by language, with a default for languages that have none. What an operator
wrote by hand, as the default or for one language, is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError

from bot import i18n
from bot.texts import to_users

log = structlog.get_logger(__name__)


# How often to ask for the username, in seconds. Until then commands that name a new one are missed.
ASKS_NAME_EVERY = 60.0


class Field(NamedTuple):
    """A part of the profile: our words, and how it is read and set in a language."""

    words: Callable[[], str]
    read: Callable[[str], Awaitable[str]]
    write: Callable[[str, str], Awaitable[bool]]


async def fill_in(bot: Bot) -> None:
    """Describe the bot where nobody has; failing to is only logged."""
    try:
        for field in (_description(bot), _short_description(bot)):
            await _fill_in(field)
    except AiogramError as error:
        log.warning("profile not set", reason=type(error).__name__)


async def follow_name(bot: Bot) -> None:
    """Notice a new username, which commands in the group name. Runs until cancelled.

    aiogram asks once and keeps the answer, and no update reports the change.
    """
    while True:
        await asyncio.sleep(ASKS_NAME_EVERY)
        try:
            bot._me = await bot.get_me()  # noqa: SLF001 - what `bot.me()` gives
        except AiogramError as error:
            log.info("username check failed", reason=type(error).__name__)


async def _fill_in(field: Field) -> None:
    with i18n.speaking(i18n.DEFAULT):
        everybodys = field.words()
    if await field.read("") not in {"", everybodys}:
        return
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            words = field.words()
        code = "" if language == i18n.DEFAULT else language
        if await field.read(code) in {"", everybodys} - {words}:
            await field.write(words, code)


def _description(bot: Bot) -> Field:
    async def read(language: str) -> str:
        return (await bot.get_my_description(language_code=language)).description

    async def write(words: str, language: str) -> bool:
        return await bot.set_my_description(words, language_code=language)

    return Field(to_users.description, read, write)


def _short_description(bot: Bot) -> Field:
    async def read(language: str) -> str:
        return (await bot.get_my_short_description(language_code=language)).short_description

    async def write(words: str, language: str) -> bool:
        return await bot.set_my_short_description(words, language_code=language)

    return Field(to_users.short_description, read, write)
