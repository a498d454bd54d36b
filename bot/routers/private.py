"""A user's private chat: whatever comes joins the user's ticket, or opens one."""

import re
from datetime import date, datetime

from aiogram import F, Router
from aiogram.methods import SendMessage
from aiogram.types import ChatMemberUpdated, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import NotAMessage, content, first_word, person
from bot.reading.filters import (
    CommandLike,
    Question,
    Refused,
    When,
    command_of,
    has_more,
    is_known,
    private_command,
)
from bot.reading.kinds import RELAYED, kind_of
from bot.reading.partings import only_parts
from bot.texts import buttons, to_users
from services import ticket_service as tickets
from services.helpdesk import messages, people, questions
from services.helpdesk.content import UNKNOWN
from services.problems import KindNotRelayed, StaffCommand, UnknownCommand

router = Router(name="private")
router.message.filter(When(F.chat.type == "private"))
router.edited_message.filter(When(F.chat.type == "private"))
router.my_chat_member.filter(When(F.chat.type == "private"))

# What opens the chat from a link (core.telegram.org/bots/features#deep-linking): nobody typed it.
_DEEP_LINK = re.compile(r"/start [A-Za-z0-9_-]{1,64}")


@router.message(Question())  # first, because nearly all that comes is one
async def question(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date, now: datetime
) -> None:
    if message.from_user is None:
        raise KindNotRelayed(kind_of(message))
    if message.from_user.id != message.chat.id:
        raise NotAMessage("somebody else's private chat")  # the answer would go to the writer's
    writer, written = person(message.from_user), content(message)
    if written.kind == UNKNOWN:
        await tickets.receive_unknown(session, writer, written, now=now)
        return
    await tickets.receive(
        session,
        writer,
        written,
        staff_chat_id=staff_chat_id,
        day=day,
        now=now,
        parting=only_parts(written.text or _sign(message)),
    )


def _sign(message: Message) -> str | None:
    """Read which emoji a sticker stands for."""
    return message.sticker.emoji if message.sticker else None


@router.message(Refused())
async def not_relayed(message: Message) -> KindNotRelayed:
    return KindNotRelayed(kind_of(message))


@router.message(private_command("start"))
async def start(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date, now: datetime
) -> SendMessage:
    if not _DEEP_LINK.fullmatch(message.text or ""):
        await _what_comes_with(message, session, staff_chat_id, day, now)
    return message.answer(to_users.greeting())


@router.message(private_command("help"))
async def help_(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date, now: datetime
) -> SendMessage:
    await _what_comes_with(message, session, staff_chat_id, day, now)
    return message.answer(to_users.user_help())


async def _what_comes_with(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date, now: datetime
) -> None:
    """Pass on words behind a command, or the picture above it; alone it is no question."""
    if has_more(message):
        await question(message, session, staff_chat_id, day, now)


@router.message(CommandLike())
async def other_command(message: Message) -> UnknownCommand | StaffCommand:
    return _refused(message)


def _refused(message: Message) -> UnknownCommand | StaffCommand:
    said = first_word(message)
    return StaffCommand(said) if is_known(message) else UnknownCommand(said, private=True)


@router.message()
async def service_message(message: Message) -> None:
    """Telegram's own words about the chat say nothing to the team."""


@router.edited_message(Question())
async def edited(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date, now: datetime
) -> None:
    """Pass on the change; of a message that never reached us, the whole."""
    written = await messages.find(session, message.chat.id, message.message_id)
    if written is not None:
        await questions.edit(session, written, content(message), now=now)
    else:
        await question(message, session, staff_chat_id, day, now)


@router.edited_message(CommandLike())
async def edited_command(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date, now: datetime
) -> UnknownCommand | StaffCommand | None:
    """Pass on the change of what came with a command, or the words that it has got by now.

    An edit gives no command again. What cannot be passed on is answered as if it was sent now.
    """
    written = await messages.find(session, message.chat.id, message.message_id)
    if written is not None:
        await questions.edit(session, written, content(message), now=now)
    elif has_more(message) and kind_of(message) in RELAYED:
        if command_of(message)[0] not in buttons.user_commands():
            return _refused(message)
        await question(message, session, staff_chat_id, day, now)
    return None


@router.edited_message()
async def edited_otherwise(message: Message, session: AsyncSession) -> None:
    """What we passed on can become what we can't; what never could was answered when it came."""
    if await messages.find(session, message.chat.id, message.message_id) is not None:
        raise KindNotRelayed(kind_of(message))


@router.my_chat_member()
async def membership(event: ChatMemberUpdated, session: AsyncSession, now: datetime) -> None:
    """The user blocked the bot, or came back."""
    if event.new_chat_member.status == "kicked":
        await people.blocked(session, event.chat.id, now=now)
    else:
        user = await people.remember(session, person(event.from_user), now=now)
        await people.came_back(session, user, now=now)
