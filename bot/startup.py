"""What is done and asked once, before the first update is taken, and what is watched since."""

import asyncio
from contextlib import suppress

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeUnion,
    ChatMemberRestricted,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from bot import i18n, texts
from core.clock import utcnow
from core.config import Settings
from core.heartbeat import Heartbeat
from database.errors import is_outage
from database.schema import ensure_at_head
from services import staff_chat, updates

log = structlog.get_logger(__name__)

_ASKS_EVERY = 60.0
_LONGEST_REST = 30.0


class ForeignDatabase(Exception):
    """The database belongs to another bot; its message ids and files mean nothing to this one."""


async def prepare(
    bot: Bot,
    engine: AsyncEngine,
    sessions: async_sessionmaker[AsyncSession],
    settings: Settings,
    stopped: asyncio.Event,
    heartbeat: Heartbeat,
) -> bool:
    """Make sure of bot and database; waits for both. False if stopped meanwhile.

    Raises DatabaseNotAtHead, ForeignDatabase, and for a void token TelegramUnauthorizedError or
    TelegramNotFound.
    """
    failures = 0
    while not stopped.is_set():
        heartbeat.beat("poller")
        heartbeat.beat("courier")
        try:
            await ensure_at_head(engine)
            await _introduce(bot, sessions, settings)
        except (TelegramUnauthorizedError, TelegramNotFound):
            raise
        except Exception as error:
            if not isinstance(error, AiogramError) and not is_outage(error):
                raise
            failures += 1
            if failures == 1:
                log.warning("waiting for Telegram and the database", error=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(2.0**failures / 4, _LONGEST_REST)):
                    await stopped.wait()
        else:
            return True
    return False


async def wait_for_staff_chat(
    bot: Bot, sessions: async_sessionmaker[AsyncSession], configured: int
) -> None:
    """Return once the bot may write in the staff chat; until then say what is wrong, once."""
    told = ""
    while trouble := await _trouble(bot, sessions, configured):
        if trouble != told:
            log.error(trouble)
        told = trouble
        await asyncio.sleep(_ASKS_EVERY)
    log.info("the staff chat is ready")


async def _introduce(
    bot: Bot, sessions: async_sessionmaker[AsyncSession], settings: Settings
) -> None:
    me = await bot.me()  # which it keeps: filters ask for it within transactions
    async with sessions.begin() as session:
        owner = await updates.claim_database(session, me.id, now=utcnow())
        staff_chat_id = await staff_chat.current(session, settings.staff_chat_id)
    if owner != me.id:
        raise ForeignDatabase(
            f"This database belongs to the bot {owner}, and BOT_TOKEN is of {me.id}. "
            "Use the right token, or another database (DB_NAME or DATABASE_URL)."
        )
    # A forgotten webhook makes getUpdates fail for ever.
    await bot.delete_webhook(drop_pending_updates=False)
    await _set_commands(bot, staff_chat_id, settings.staff_language)


async def _set_commands(bot: Bot, staff_chat_id: int, staff_language: str) -> None:
    """Register the commands where they differ; the staff chat may not know the bot yet."""
    users = BotCommandScopeAllPrivateChats()
    for language in i18n.LANGUAGES:
        with i18n.speaking(language):
            code = None if language == i18n.DEFAULT else language
            await _set(bot, texts.user_commands(), users, code)
    with i18n.speaking(staff_language):
        staff = BotCommandScopeChat(chat_id=staff_chat_id)
        try:
            await _set(bot, texts.staff_commands(), staff, None)
        except (TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat) as error:
            log.info("no commands in the staff chat yet", reason=type(error).__name__)


async def _set(
    bot: Bot, commands: dict[str, str], scope: BotCommandScopeUnion, language: str | None
) -> None:
    wanted = [BotCommand(command=name, description=words) for name, words in commands.items()]
    if await bot.get_my_commands(scope=scope, language_code=language) != wanted:
        await bot.set_my_commands(wanted, scope=scope, language_code=language)


async def _trouble(
    bot: Bot, sessions: async_sessionmaker[AsyncSession], configured: int
) -> str | None:
    """Say what keeps the bot from writing in the staff chat, if anything does."""
    try:
        async with sessions() as session:
            chat_id = await staff_chat.current(session, configured)
    except Exception as error:
        if not is_outage(error):
            raise
        return "The database does not answer; whether the staff chat is ready is not known."
    try:
        member = await bot.get_chat_member(chat_id, bot.id)
    except (TelegramBadRequest, TelegramForbiddenError):
        return f"The bot is not in STAFF_CHAT_ID {chat_id}; add it, or correct the id."
    except TelegramAPIError as error:
        return f"Telegram does not say whether the staff chat is ready ({type(error).__name__})."
    if member.status in {"left", "kicked"}:
        return f"The bot is not in STAFF_CHAT_ID {chat_id}; add it to the group."
    if isinstance(member, ChatMemberRestricted) and not member.can_send_messages:
        return f"The bot may not write in STAFF_CHAT_ID {chat_id}; give it the right to."
    return None
