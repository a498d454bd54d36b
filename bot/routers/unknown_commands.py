"""Commands that we don't know, or that belong elsewhere."""

from aiogram import Bot, Router
from aiogram.types import Message

from bot.reading.acting_staff import require_say
from bot.reading.content import first_word, typed_command
from bot.reading.filters import CommandLike, CommandNames, ReplyToBot, is_known
from bot.reading.members import Standing
from services.problems import OtherBotNamed, StaffCommand, UnknownCommand

for_users = Router(name="unknown commands of users")
for_staff = Router(name="unknown commands of staff")


@for_users.message(CommandLike())
async def other_command(message: Message) -> UnknownCommand | StaffCommand:
    return refused(message)


def refused(message: Message) -> UnknownCommand | StaffCommand:
    said = typed_command(message)
    return StaffCommand(said) if is_known(message) else UnknownCommand(said, private=True)


@for_staff.message(CommandNames())
async def not_a_command(message: Message, standing: Standing) -> None:
    require_say(standing)
    raise UnknownCommand(typed_command(message), private=False)


@for_staff.message(ReplyToBot(), CommandNames(another=True))
async def another_bots_command(message: Message, bot: Bot, standing: Standing) -> None:
    """Refuse a command that replies to us and names another bot, maybe us by a former name."""
    require_say(standing)
    raise OtherBotNamed(first_word(message), username=(await bot.me()).username or "")
