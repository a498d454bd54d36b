"""The staff chat: commands, answers and notes. All else is staff talking among themselves."""

from dataclasses import replace
from datetime import date, datetime

from aiogram import Bot, Router
from aiogram.filters import CommandObject
from aiogram.methods import SendMessage
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards
from bot.reading.acting_staff import StaffMiddleware, require_say
from bot.reading.album_commands import AlbumMiddleware
from bot.reading.content import content, first_word
from bot.reading.filters import CommandNames, InStaffChat, Relayed, ReplyToBot, staff_command
from bot.reading.kinds import kind_of
from bot.reading.members import Standing
from bot.reading.ticket_reference import named_ticket, replied_ticket
from bot.reading.unheard import is_new_reply
from bot.texts import on_cards, to_staff
from database.models import User
from services import ticket_service as tickets
from services.helpdesk import hearing, kept, lookup, messages
from services.helpdesk.hearing import Said
from services.problems import (
    KindNotRelayed,
    NotStaff,
    OtherBotNamed,
    UnknownCard,
    UnknownCommand,
    UnknownReply,
)

router = Router(name="staff")
router.message.filter(InStaffChat())
router.edited_message.filter(InStaffChat())
router.message.middleware(AlbumMiddleware())
router.message.middleware(StaffMiddleware())
router.edited_message.middleware(StaffMiddleware())


@router.message(staff_command("help", "start"))
async def help_(message: Message) -> SendMessage:
    return message.answer(to_staff.staff_help())


@router.message(staff_command("tickets"))
async def list_tickets(
    message: Message, session: AsyncSession, staff_chat_id: int, day: date
) -> SendMessage:
    page = await lookup.page(session, 0, staff_chat_id=staff_chat_id)
    return message.answer(on_cards.ticket_list(page, day), reply_markup=keyboards.pages(page))


@router.message(staff_command("close"))
async def close(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    now: datetime,
) -> None:
    ticket, reason = await named_ticket(session, message, command, staff_chat_id)
    await tickets.close(session, ticket, by=staff, now=now, reason=reason)


@router.message(staff_command("reopen"))
async def reopen(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    now: datetime,
) -> None:
    ticket, _ = await named_ticket(session, message, command, staff_chat_id)
    await tickets.reopen(session, ticket, by=staff, now=now)


@router.message(staff_command("take"))
async def take(
    message: Message,
    command: CommandObject,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    now: datetime,
) -> None:
    ticket, _ = await named_ticket(session, message, command, staff_chat_id)
    await tickets.take(session, ticket, by=staff, now=now, over=True)


@router.message(CommandNames())
async def not_a_command(message: Message, standing: Standing) -> None:
    require_say(standing)
    raise UnknownCommand(first_word(message), private=False)


@router.message(ReplyToBot(), CommandNames(another=True))
async def another_bots_command(message: Message, bot: Bot, standing: Standing) -> None:
    """Said to us and to somebody else at once: it may be the name that we had before."""
    require_say(standing)
    raise OtherBotNamed(first_word(message), username=(await bot.me()).username or "")


@router.message(ReplyToBot(), Relayed())
async def answer(
    message: Message,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    standing: Standing,
    now: datetime,
    *,
    settled: bool,
) -> None:
    words = said(message, staff, standing)
    await _hear(message, words, session, staff_chat_id, now, settled=settled)


async def _hear(
    message: Message,
    words: Said,
    session: AsyncSession,
    staff_chat_id: int,
    now: datetime,
    *,
    settled: bool,
) -> None:
    """Hear a reply to a message of ours; one that we don't know may be an orphan."""
    try:
        ticket = await replied_ticket(session, message, staff_chat_id)
    except UnknownReply as unknown:
        if isinstance(unknown, UnknownCard) or not settled or message.reply_to_message is None:
            raise
        replied = content(message.reply_to_message)
        await hearing.hear_orphan(session, words, replied, staff_chat_id=staff_chat_id, now=now)
    else:
        await hearing.hear(session, ticket, words, now=now)


@router.message(ReplyToBot())
async def not_relayed(
    message: Message, session: AsyncSession, staff_chat_id: int, standing: Standing
) -> None:
    require_say(standing)
    await replied_ticket(session, message, staff_chat_id)
    raise KindNotRelayed(kind_of(message))


@router.message()
async def among_staff(message: Message) -> None:
    """What replies to nothing of ours is not for us."""


@router.edited_message()
async def edited(
    message: Message,
    session: AsyncSession,
    staff_chat_id: int,
    staff: User | None,
    standing: Standing,
    now: datetime,
    *,
    settled: bool,
) -> None:
    """Pass on the change; of a reply that was refused, or never reached us, the whole."""
    written = await messages.find(session, message.chat.id, message.message_id)
    if written is None:
        if await kept.is_kept(session, message.chat.id, message.message_id):
            words = said(message, staff, standing)
            await hearing.reword(session, words, staff_chat_id=staff_chat_id, now=now)
        elif await is_new_reply(session, message):
            words = said(message, staff, standing)
            words = replace(words, content=replace(words.content, first_as_edit=True))
            await _hear(message, words, session, staff_chat_id, now, settled=settled)
        return
    words = said(message, staff, standing)
    ticket = await tickets.get(session, written.ticket_id, staff_chat_id=staff_chat_id)
    await hearing.hear_edit(session, ticket, written, words, now=now)


def said(message: Message, staff: User | None, standing: Standing) -> Said:
    """Read what somebody said, if it may count; NotStaff if it may not."""
    if standing is Standing.OUTSIDE:
        raise NotStaff
    speaker = message.sender_chat or message.from_user
    return Said(
        content(message),
        staff,
        speaker.id if speaker else message.chat.id,
        confirmed=standing is Standing.INSIDE,
    )
