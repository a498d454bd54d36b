"""How the bot presents itself: its name, and the descriptions where an operator left them empty.

Descriptions are asked for by language, and what has none gets everybody's; so whoever wrote one by
hand, for everybody or for one language, keeps it.
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


# How long a command under a new name may go unheard, in seconds.
ASKS_NAME_EVERY = 60.0


class Field(NamedTuple):
    """A part of the profile: our words for it, and how it is read and set in a language."""

    words: Callable[[], str]
    read: Callable[[str], Awaitable[str]]
    write: Callable[[str, str], Awaitable[bool]]


async def fill_in(bot: Bot) -> None:
    """Describe the bot where nobody has; a profile that can't be set stops nothing."""
    try:
        for field in (_description(bot), _short_description(bot)):
            await _fill_in(field)
    except AiogramError as error:
        log.warning("profile not set", reason=type(error).__name__)


async def follow_name(bot: Bot) -> None:
    """Keep up with a new username: commands of the group name it. Runs until cancelled.

    aiogram asks once and keeps the answer, and no update tells of the change.
    """
    while True:
        await asyncio.sleep(ASKS_NAME_EVERY)
        try:
            bot._me = await bot.get_me()  # noqa: SLF001 - what `bot.me()` gives
        except AiogramError as error:
            log.info("own name not learnt", reason=type(error).__name__)


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
