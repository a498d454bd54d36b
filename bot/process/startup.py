"""Startup: what is checked and set before the first update, and what is watched from then on."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.methods import SetMyCommands
from aiogram.types import ChatMemberAdministrator, ChatMemberRestricted, ResultChatMemberUnion
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from bot import i18n, menus
from bot.incoming import patience, troubles
from bot.process import profile
from bot.reading.own_rights import rights_of
from core import values
from core.clock import utcnow
from core.heartbeat import Heartbeat
from core.team import StaffChat, StaffMode, Team
from core.values import StaffModeSetting
from core.waiting import Wait
from database.errors import ForeignDatabase, is_outage, reason
from database.schema import ensure_at_head
from services import update_records
from services.delivery import relocating
from services.helpdesk import staff_chat_changes, staff_chats, staff_modes, staff_rights

log = structlog.get_logger(__name__)

# How often to check whether the bot can work in the staff chat, in seconds.
_ASKS_EVERY = 10.0


async def prepare(
    bot: Bot,
    engine: AsyncEngine,
    sessions: async_sessionmaker[AsyncSession],
    stopped: asyncio.Event,
    heartbeat: Heartbeat,
) -> bool:
    """Check bot and database, and wait for both. False if stopped meanwhile.

    Raises DatabaseNotAtHead, ForeignDatabase, and for a void token TelegramUnauthorizedError or
    TelegramNotFound.
    """
    wait, failures = Wait(log.warning), 0
    while not stopped.is_set():
        heartbeat.beat_all()
        try:
            await ensure_at_head(engine)
            await _introduce(bot, sessions)
        except (TelegramUnauthorizedError, TelegramNotFound):
            raise
        except AiogramError as error:
            where, why = troubles.address(bot), troubles.reason(error)
            wait.goes_on("waiting for Telegram", address=where, reason=why)
        except Exception as error:
            if not is_outage(error):
                raise
            where, why = values.address(str(engine.url)), reason(error)
            wait.goes_on("waiting for the database", address=where, reason=why)
        else:
            if failures:
                log.info("Telegram and the database answer", failures=failures)
            return True
        failures += 1
        await _pause(stopped, patience.after(failures))
    return False


async def choose_staff_chat(
    sessions: async_sessionmaker[AsyncSession],
    team: Team,
    clock: Callable[[], datetime],
    stopped: asyncio.Event,
    heartbeat: Heartbeat,
) -> bool:
    """Make the group of the settings the main staff chat. False if stopped meanwhile."""
    failures = 0
    while not stopped.is_set():
        heartbeat.beat_all()
        try:
            async with sessions.begin() as session:
                await staff_chat_changes.choose_main(session, team.staff_chat_id, now=clock())
                await staff_chat_changes.bring_strays(session)
        except Exception as error:
            if not is_outage(error):
                raise
            log.info("the staff chat waits for the database", reason=reason(error))
        else:
            return True
        failures += 1
        await _pause(stopped, patience.after(failures))
    return False


async def wait_until_staff_chat_ready(
    bot: Bot,
    sessions: async_sessionmaker[AsyncSession],
    team: Team,
    mode: StaffModeSetting,
    clock: Callable[[], datetime],
) -> None:
    """Return once the bot works in the main staff chat; until then log what is wrong.

    Where the tickets of a new one are is settled then, by the setting `mode`.
    """
    wait = Wait(log.error)
    while trouble := await _trouble_in_main(bot, sessions, team, mode, clock):
        wait.goes_on(trouble)
        await asyncio.sleep(_ASKS_EVERY)
    log.info("the staff chat is ready")


async def look_after_other_staff_chats(
    bot: Bot, sessions: async_sessionmaker[AsyncSession], team: Team
) -> None:
    """Return once the bot works in all staff chats; until then log what is wrong in which."""
    wait = Wait(log.error)
    while troubles := await _troubles_in_others(bot, sessions, team):
        wait.goes_on(" ".join(troubles))
        await asyncio.sleep(_ASKS_EVERY)


async def bring_along(
    sessions: async_sessionmaker[AsyncSession], clock: Callable[[], datetime], *, with_main: bool
) -> None:
    """Move tickets to their staff chats, or to all but the main one; try until it works."""
    while True:
        try:
            await _bring_along(sessions, clock, with_main=with_main)
        except Exception as error:
            if not is_outage(error):
                raise
            log.info("relocation waits for the database", reason=reason(error))
            await asyncio.sleep(patience.after(1))
        else:
            return


async def _bring_along(
    sessions: async_sessionmaker[AsyncSession], clock: Callable[[], datetime], *, with_main: bool
) -> None:
    """Have the tickets come along, a portion a transaction: others get theirs in between."""
    more = True
    while more:
        async with sessions.begin() as session:
            more = await relocating.go_on(session, with_main=with_main, now=clock())


async def _pause(stopped: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopped.wait()


async def own_database(sessions: async_sessionmaker[AsyncSession], bot_id: int) -> None:
    """Claim the database for this bot; raises ForeignDatabase if it belongs to another."""
    async with sessions.begin() as session:
        owner = await update_records.claim_database(session, bot_id, now=utcnow())
    if owner != bot_id:
        raise ForeignDatabase(
            f"This database belongs to the bot {owner}, and BOT_TOKEN is of {bot_id}. "
            "Use the right token, or another database (DB_NAME or DATABASE_URL)."
        )


async def _introduce(bot: Bot, sessions: async_sessionmaker[AsyncSession]) -> None:
    me = await bot.me()  # cached by aiogram: filters ask for it within transactions
    await own_database(sessions, me.id)
    # A forgotten webhook makes getUpdates fail for ever.
    await bot.delete_webhook(drop_pending_updates=False)
    for language in i18n.LANGUAGES:
        await _set_menu(bot, menus.of_users(language))
    await profile.fill_in(bot)


async def _set_menu(bot: Bot, menu: SetMyCommands) -> None:
    """Set a menu of commands unless it is set already; a server may not know all of it."""
    known = await bot.get_my_commands(scope=menu.scope, language_code=menu.language_code)
    # Compare fields: objects from Telegram carry their bot and never compare equal.
    listed, wanted = (
        [(one.command, one.description, bool(one.is_ephemeral)) for one in commands]
        for commands in (known, menu.commands)
    )
    if listed == wanted:
        return
    try:
        await bot(menu)
    except TelegramBadRequest:
        await bot(menus.for_all_to_see(menu))


async def _trouble_in_main(
    bot: Bot,
    sessions: async_sessionmaker[AsyncSession],
    team: Team,
    mode: StaffModeSetting,
    clock: Callable[[], datetime],
) -> str | None:
    """Say what keeps the bot from working in the main staff chat; set it up if nothing does."""
    try:
        async with sessions() as session:
            chat = await staff_chats.main(session)
        member = await bot.get_chat_member(chat.chat_id, bot.id)
        missing = _missing(member)
        if missing is None:
            await _set_menu(bot, menus.of_staff(chat, team.staff_language))
            await _note_rights(sessions, chat, member)
        if missing is None and chat.mode is None:
            found = await _mode(bot, chat, member, mode)
            async with sessions.begin() as session:
                await staff_modes.choose(session, chat, found, now=clock())
    except TelegramMigrateToChat as error:
        return f"The staff group became a supergroup: set STAFF_CHAT_ID={error.migrate_to_chat_id}."
    except (TelegramBadRequest, TelegramForbiddenError):
        return f"The bot is not in STAFF_CHAT_ID {team.staff_chat_id}; add it, or correct the id."
    except AiogramError as error:
        return f"Telegram does not say whether the staff chat is ready: {troubles.reason(error)}"
    except Exception as error:
        if not is_outage(error):
            raise
        return f"Whether the staff chat is ready is not known: {reason(error)}"
    return missing and f"STAFF_CHAT_ID {chat.chat_id}: {missing}"


async def _note_rights(
    sessions: async_sessionmaker[AsyncSession], chat: StaffChat, member: ResultChatMemberUnion
) -> None:
    async with sessions.begin() as session:
        await staff_rights.note(session, chat.chat_id, rights_of(member))


async def _mode(
    bot: Bot, chat: StaffChat, member: ResultChatMemberUnion, mode: StaffModeSetting
) -> StaffMode:
    """Tell where the tickets of a new staff chat are."""
    if mode != "auto":
        return StaffMode(mode)
    may_manage = isinstance(member, ChatMemberAdministrator) and member.can_manage_topics
    if may_manage and (await bot.get_chat(chat.chat_id)).is_forum:
        return StaffMode.FORUM
    return StaffMode.PLAIN


async def _troubles_in_others(
    bot: Bot, sessions: async_sessionmaker[AsyncSession], team: Team
) -> list[str]:
    """Say what keeps the bot from working in other staff chats; set those up where nothing does."""
    try:
        async with sessions() as session:
            chats = (await staff_chats.every(session)).values()
    except Exception as error:
        if not is_outage(error):
            raise
        return [f"Whether the other staff chats are ready is not known: {reason(error)}"]
    others = [one for one in chats if not one.is_main]
    found = [await _trouble_in(bot, sessions, chat, team.staff_language) for chat in others]
    return [trouble for trouble in found if trouble is not None]


async def _trouble_in(
    bot: Bot, sessions: async_sessionmaker[AsyncSession], chat: StaffChat, language: str
) -> str | None:
    try:
        member = await bot.get_chat_member(chat.chat_id, bot.id)
        missing = _missing(member)
        if missing is None:
            await _set_menu(bot, menus.of_staff(chat, language))
            await _note_rights(sessions, chat, member)
    except (TelegramBadRequest, TelegramForbiddenError):
        missing = "the bot is not in this group; add it."
    except AiogramError as error:
        missing = f"Telegram does not say whether it is ready: {troubles.reason(error)}"
    except Exception as error:
        if not is_outage(error):
            raise
        missing = f"whether it is ready is not known: {reason(error)}"
    return missing and f"Staff chat {chat.chat_id}: {missing}"


def _missing(member: ResultChatMemberUnion) -> str | None:
    if member.status in {"left", "kicked"}:
        return "the bot is not in this group; add it."
    if isinstance(member, ChatMemberRestricted) and not member.can_send_messages:
        return "the bot may not write in this group; give it the right to."
    return None
