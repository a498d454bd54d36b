"""Telegram's menus of commands, one for each scope; the words are in bot/texts/commands.py."""

from collections.abc import Collection

from aiogram.methods import SetMyCommands
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeUnion,
)

from bot import i18n, whispers
from bot.texts import commands
from core.team import StaffChat


def of_users(language: str) -> SetMyCommands:
    """Make the menu of private chats, for people with this language."""
    with i18n.speaking(language):
        words = commands.of_users()
    code = None if language == i18n.DEFAULT else language
    return _menu(words, BotCommandScopeAllPrivateChats(), code)


def of_staff(chat: StaffChat, language: str) -> SetMyCommands:
    """Make the menu of a staff chat, which is the same for everybody there."""
    with i18n.speaking(language):
        words = commands.of_staff(in_main=chat.is_main)
    return _menu(words, BotCommandScopeChat(chat_id=chat.chat_id), None, whispers.QUESTIONS)


def for_all_to_see(menu: SetMyCommands) -> SetMyCommands:
    """Make the same menu for a server that knows no ephemeral commands."""
    listed = [one.model_copy(update={"is_ephemeral": None}) for one in menu.commands]
    return menu.model_copy(update={"commands": listed})


def _menu(
    words: dict[str, str],
    scope: BotCommandScopeUnion,
    language: str | None,
    ephemeral: Collection[str] = (),
) -> SetMyCommands:
    """Make a menu; what is `ephemeral` in it, only its writer and the bot see."""
    listed = [
        BotCommand(command=name, description=said, is_ephemeral=name in ephemeral or None)
        for name, said in words.items()
    ]
    return SetMyCommands(commands=listed, scope=scope, language_code=language)
