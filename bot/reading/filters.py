"""Filters. All are asynchronous: aiogram runs a synchronous one in a thread, which costs more."""

from typing import Any, override

from aiogram import Bot
from aiogram.filters import Command, Filter
from aiogram.types import CallbackQuery, Chat, Message, TelegramObject
from magic_filter import MagicFilter
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import first_word, replied_to
from bot.reading.kinds import REFUSED, RELAYED, kind_of
from bot.texts import commands
from core.slashes import SLASHES
from database.team import Dialogue
from services.helpdesk import dialogues


def chat_of(event: TelegramObject) -> Chat | None:
    """Find the chat where it happened; for a button, the chat of its message."""
    place = event.message if isinstance(event, CallbackQuery) else event
    chat: Chat | None = getattr(place, "chat", None)
    return chat


class When(Filter):
    """The result of a magic filter, without a thread for it."""

    def __init__(self, magic: MagicFilter) -> None:
        self._magic = magic

    @override
    async def __call__(self, event: TelegramObject) -> Any:
        return self._magic.resolve(event)


class InStaffChat(Filter):
    """The message, or the one whose button was pressed, is in a staff chat."""

    @override
    async def __call__(self, event: TelegramObject, *, in_staff_chat: bool) -> bool:
        return in_staff_chat


class Relayed(Filter):
    """A kind of message that can be passed on."""

    @override
    async def __call__(self, message: Message) -> bool:
        return kind_of(message) in RELAYED


class Refused(Filter):
    """A kind of message that is content but can't be passed on."""

    @override
    async def __call__(self, message: Message) -> bool:
        return kind_of(message) in REFUSED


class Question(Filter):
    """What a user wants passed on: a message of such a kind, and no command.

    An unknown command with more words, as in `/order 4711 is late`, is a question.
    """

    @override
    async def __call__(self, message: Message) -> bool:
        if begins_with_command(message) and (is_known(message) or not has_more(message)):
            return False
        return kind_of(message) in RELAYED


class ReplyToBot(Filter):
    """The message replies to one from the bot."""

    @override
    async def __call__(self, message: Message) -> bool:
        replied = replied_to(message)
        bot = message.bot
        if replied is None or replied.from_user is None or bot is None:
            return False
        return replied.from_user.id == bot.id


class AboutDialogue(Filter):
    """The message replies to the question of such a step, or is the edit of such a reply.

    Gives the `dialogue`. Questions have no buttons, so a reply to a card is looked up no further.
    """

    def __init__(self, step: str) -> None:
        self._step = step

    @override
    async def __call__(self, message: Message, session: AsyncSession) -> bool | dict[str, Dialogue]:
        dialogue, replied = None, replied_to(message)
        if replied is not None and replied.reply_markup is None and await ReplyToBot()(message):
            place = replied.chat.id, replied.message_id
            dialogue = await dialogues.of_question(session, *place)
        if dialogue is None and message.edit_date:
            place = message.chat.id, message.message_id
            dialogue = await dialogues.of_answer(session, *place)
        if dialogue is None or dialogue.step != self._step:
            return False
        return {"dialogue": dialogue}


def staff_command(*names: str) -> Command:
    """Match a command of the staff chat, in any case; `/close@another_bot` is not ours."""
    return Command(*names, ignore_case=True)


def reply_command(*names: str) -> Command:
    """Match a command that counts only as a reply to a question of ours, with a slash of any kind.

    In such a reply, nothing with a slash could be meant for a user.
    """
    return Command(*names, prefix=SLASHES, ignore_case=True)


def private_command(*names: str) -> Command:
    """Match a command in a private chat, where all are for us, also under a former name."""
    return Command(*names, ignore_case=True, ignore_mention=True)


class CommandLike(Filter):
    """The message begins with a command, whichever."""

    @override
    async def __call__(self, message: Message) -> bool:
        return begins_with_command(message)


class CommandNames(Filter):
    """The message begins with a command that names this bot, as in `/close@our_bot`.

    With `another`, one that names some other bot, which may be a former name of ours.
    """

    def __init__(self, *, another: bool = False) -> None:
        self._another = another

    @override
    async def __call__(self, message: Message, bot: Bot) -> bool:
        _, _, name = first_word(message).partition("@")
        if not name or not begins_with_command(message):
            return False
        me = await bot.me()
        return (name.lower() == (me.username or "").lower()) is not self._another


def begins_with_command(message: Message) -> bool:
    """Whether Telegram has marked one at the beginning."""
    entities = message.entities or message.caption_entities or []
    return any(entity.type == "bot_command" and entity.offset == 0 for entity in entities)


def command_of(message: Message) -> tuple[str, bool]:
    """Read the command at the beginning, and whether it names a bot."""
    name, at, _ = first_word(message).removeprefix("/").partition("@")
    return name.lower(), bool(at)


def is_known(message: Message) -> bool:
    """Whether the command is one of ours, of users or of staff."""
    name, _ = command_of(message)
    return name in commands.of_users() or name in commands.of_staff()


def asks_for_another(message: Message) -> bool:
    """Whether the message begins with the command that opens another ticket."""
    return begins_with_command(message) and command_of(message)[0] == "new"


def has_more(message: Message) -> bool:
    """Whether there are words after the command, or a picture above it."""
    return message.text is None or len(message.text.split(maxsplit=1)) > 1
