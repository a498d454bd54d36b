"""Examines what the bot's work depends on, and says what to do about what is wrong.

It only reads, and asks Telegram for no updates: it may run beside the bot.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramUnauthorizedError,
)

from bot.app import heartbeat_of
from bot.checkup import database, env_file, group, telegram
from bot.checkup.facts import BotFacts, GroupFacts, ask_about_bot, ask_about_group
from bot.checkup.line import Level, Line, ok, wrong
from bot.client import make_bot
from bot.incoming import troubles
from bot.reading.members import TIMEOUT
from core.clock import utcnow
from core.config import ENV_FILE, ConfigError, Settings
from core.heartbeat import NO_HEARTBEAT

_GONE = ("left", "kicked")


@dataclass(frozen=True)
class Part:
    """What is examined together; only a staff chat has an id."""

    title: str
    lines: list[Line]
    chat_id: int | None = None


async def examine(
    settings: Settings, say: Callable[[str], Any], *, as_json: bool, file: Path = ENV_FILE
) -> int:
    """Say how all is; return how many things are wrong. Raises WrongUrl.

    The settings may come from the file.
    """
    parts = await _examined(settings, file)
    wrongs = sum(line.level is Level.WRONG for part in parts for line in part.lines)
    say(_as_json(parts, well=not wrongs) if as_json else _as_text(parts))
    return wrongs


def unusable(error: ConfigError) -> str:
    """Say for programs what is wrong with the settings, without which nothing is examined."""
    lines = [wrong("settings", said) for said in str(error).splitlines()]
    return _as_json([Part("The settings", lines)], well=False)


async def _examined(settings: Settings, file: Path) -> list[Part]:
    found, bot = await database.look(settings), make_bot(settings)
    try:
        about, lines = await _telegram(bot)
        of_bot = [*_running(settings), *env_file.look(file), *lines]
        parts = [Part("The bot", of_bot), Part("The database", found.lines)]
        if about is not None:
            parts += [await _staff_chat(bot, about, one, found) for one in found.staff_chats]
    finally:
        await bot.session.close()
    return parts


def _running(settings: Settings) -> Iterator[Line]:
    """Say what `health` says, for which a bot that does not run is none that is ill."""
    ill = heartbeat_of(settings).ill(utcnow())
    if ill == [NO_HEARTBEAT]:
        yield ok("running", "No bot is running here.")
    elif not ill:
        yield ok("running", "The bot is running, and well.")
    for words in ill:
        if words != NO_HEARTBEAT:
            yield wrong("running", f"The bot is running, but not well: {words}", "Read its log.")


async def _telegram(bot: Bot) -> tuple[BotFacts | None, list[Line]]:
    """Ask about the bot; None if Telegram does not answer, or not for this token."""
    try:
        about = await ask_about_bot(bot, utcnow)
        webhook = (await bot.get_webhook_info(request_timeout=TIMEOUT)).url
    except (TelegramUnauthorizedError, TelegramNotFound):
        said = "Telegram does not know this bot: BOT_TOKEN is wrong or was revoked."
        return None, [wrong("token", said, "Get the right one from @BotFather.")]
    except AiogramError as error:
        said = f"No answer from {troubles.address(bot)}: {troubles.reason(error)}."
        cure = "Check the network, TELEGRAM_API_URL and TELEGRAM_PROXY, and run this again."
        return None, [wrong("token", said, cure)]
    token = ok("token", f"Telegram knows the bot: it is @{about.me.username}.")
    return about, [token, *telegram.look(about), _webhook(webhook)]


def _webhook(url: str) -> Line:
    if not url:
        return ok("webhook", "No webhook is set.")
    said = "A webhook is set, so somebody else gets what people write."
    cure = "Restart the bot, which removes it. If it comes back, another program uses this token."
    return wrong("webhook", said, cure)


async def _staff_chat(bot: Bot, about: BotFacts, chat_id: int, found: database.Found) -> Part:
    is_main = found.staff_chats[chat_id]
    title = f"{'The main staff chat' if is_main else 'Another staff chat'} {chat_id}"
    try:
        facts = await ask_about_group(bot, chat_id)
    except (TelegramBadRequest, TelegramForbiddenError):
        lines = [_not_there(is_main=is_main)]
    except AiogramError as error:
        lines = [wrong("group", f"Telegram does not answer: {troubles.reason(error)}.")]
    else:
        # As a literal: whoever named the group may have written lines that look like ours.
        title = f"{title} {facts.chat.title or ''!r}"
        lines = list(_of_group(about, facts, chat_id, found))
    return Part(title, lines, chat_id)


def _of_group(
    about: BotFacts, facts: GroupFacts, chat_id: int, found: database.Found
) -> Iterator[Line]:
    is_main = found.staff_chats[chat_id]
    if facts.chat.type not in {"group", "supergroup"}:
        said = f"This is a {facts.chat.type}, and staff need a group."
        yield wrong("group", said, "Set STAFF_CHAT_ID to your team's group.")
    elif facts.member.status in _GONE:
        yield _not_there(is_main=is_main)
    else:
        yield ok("group", "The bot is in this group.")
        yield from group.look(
            about,
            facts,
            mode=found.modes.get(chat_id),
            is_main=is_main,
            has_board=chat_id in found.boards,
            deletes_topics=chat_id in found.deleting,
        )


def _not_there(*, is_main: bool) -> Line:
    cure = "Add it, or correct STAFF_CHAT_ID (`python main.py chats`)." if is_main else "Add it."
    return wrong("group", "The bot is not in this group.", cure)


def _as_text(parts: Sequence[Part]) -> str:
    found = [line.level for part in parts for line in part.lines]
    blocks = ["\n".join([part.title, *map(_shown, part.lines)]) for part in parts]
    return "\n\n".join([*blocks, _result(found.count(Level.WRONG), found.count(Level.ADVICE))])


def _shown(line: Line) -> str:
    said = f"  {line.level:<8}{line.said}"
    return f"{said}\n          → {line.cure}" if line.cure else said


def _result(wrongs: int, advised: int) -> str:
    if not wrongs:
        return "All is well." if not advised else "The bot can work. There is advice above."
    return f"{wrongs} {'thing is' if wrongs == 1 else 'things are'} wrong."


def _as_json(parts: Sequence[Part], *, well: bool) -> str:
    lines = [
        {"part": part.title, "chat_id": part.chat_id, **asdict(line)}
        for part in parts
        for line in part.lines
    ]
    return json.dumps({"well": well, "lines": lines}, ensure_ascii=False, indent=1)
