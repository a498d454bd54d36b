"""Messages of users: they join the user's ticket, or open one."""

from datetime import date, datetime

from aiogram import Router
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import NotAMessage, content, person, place_of, without_command
from bot.reading.filters import (
    CommandLike,
    Question,
    Refused,
    asks_for_another,
    command_of,
    has_more,
)
from bot.reading.kinds import RELAYED, kind_of
from bot.reading.partings import only_parts
from bot.routers.unknown_commands import refused
from bot.texts import commands
from core.team import StaffChat
from database.models import ContentKind
from database.models import Message as Stored
from services import ticket_service as tickets
from services.helpdesk import joining, messages, question_edits
from services.helpdesk.content import SHORTENED, Content
from services.problems import KindNotRelayed, StaffCommand, UnknownCommand

router = Router(name="questions")


@router.message(Question())
async def question(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> None:
    if message.from_user is None:
        raise KindNotRelayed(kind_of(message))
    if message.from_user.id != message.chat.id:
        raise NotAMessage("somebody else's private chat")  # the answer would go to the writer's
    writer, written = person(message.from_user), content(message)
    # What belongs to an album that has begun stays with it, as it was written.
    is_another = asks_for_another(message) and await joining.album_of(session, written) is None
    written = without_command(written) if is_another and has_more(message) else written
    if written.kind == ContentKind.UNKNOWN:
        await tickets.receive_unknown(session, writer, written, now=now)
        return
    await tickets.receive(
        session,
        writer,
        written,
        staff_chat_id=staff_chat.chat_id,
        day=day,
        now=now,
        parting=only_parts(written.text or _sign(message)),
        as_another=is_another and message.edit_date is None,
    )


def _reworded(message: Message, written: Stored) -> Content:
    """Read an edit; `/new` is not part of it if it wasn't before."""
    is_command = asks_for_another(message) and has_more(message)
    is_left_out = is_command and SHORTENED in (written.details or {})
    return without_command(content(message)) if is_left_out else content(message)


def _sign(message: Message) -> str | None:
    """Read the emoji of a sticker."""
    return message.sticker.emoji if message.sticker else None


@router.message(Refused())
async def not_relayed(message: Message) -> KindNotRelayed:
    return KindNotRelayed(kind_of(message))


@router.edited_message(Question())
async def edited(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> None:
    """Pass on the edit; if the message never reached us, pass on all of it."""
    written = await messages.find(session, place_of(message))
    if written is not None:
        await question_edits.edit(session, written, _reworded(message, written), now=now)
    else:
        await question(message, session, staff_chat, day, now)


@router.edited_message(CommandLike())
async def edited_command(
    message: Message, session: AsyncSession, staff_chat: StaffChat, day: date, now: datetime
) -> UnknownCommand | StaffCommand | None:
    """Pass on the edit of what came with a command, or the words that the edit has added.

    An edit never repeats the command. Content that cannot be passed on is answered as if new.
    """
    written = await messages.find(session, place_of(message))
    if written is not None:
        await question_edits.edit(session, written, _reworded(message, written), now=now)
    elif has_more(message) and kind_of(message) in RELAYED:
        if command_of(message)[0] not in commands.of_users():
            return refused(message)
        await question(message, session, staff_chat, day, now)
    return None


@router.edited_message()
async def edited_otherwise(message: Message, session: AsyncSession) -> None:
    """Refuse an edit into content that we can't pass on; if it never could be, we said so then."""
    if await messages.find(session, place_of(message)) is not None:
        raise KindNotRelayed(kind_of(message))
