"""Replies of staff to the bot: answers, notes, and their edits."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from aiogram import Router
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading import settings_replies
from bot.reading.acting_staff import require_say
from bot.reading.content import content, place_of, replied_to
from bot.reading.filters import Relayed, ReplyToBot
from bot.reading.kinds import kind_of
from bot.reading.members import Standing
from bot.reading.thread_words import InThread, is_below_note, is_for_user
from bot.reading.ticket_reference import replied_ticket, ticket_meant
from bot.reading.unheard import is_new_reply
from core.team import StaffChat
from database.models import User
from services import ticket_service as tickets
from services.helpdesk import hearing, kept_words, messages
from services.helpdesk.hearing import Said
from services.problems import (
    KindNotRelayed,
    NotStaff,
    ReplyToBoard,
    SeveralTicketsShown,
    UnknownCard,
    UnknownReply,
)

router = Router(name="answers")


@router.message(ReplyToBot(), Relayed())
@router.message(InThread(), Relayed())
async def answer(
    message: Message,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    standing: Standing,
    now: datetime,
    *,
    settled: bool,
) -> None:
    """Take in what is for a user, by replying to us or by where it was written, or a note."""
    if await is_for_user(session, message, staff_chat):
        words = said(message, staff, standing)
        await _hear(message, words, session, staff_chat, now, settled=settled)


@router.message(ReplyToBot())
async def not_relayed(
    message: Message, session: AsyncSession, staff_chat: StaffChat, standing: Standing
) -> None:
    if await is_below_note(session, message):
        return
    require_say(standing)
    with suppress(SeveralTicketsShown):
        await replied_ticket(session, message, staff_chat)
    raise KindNotRelayed(kind_of(message))


@router.edited_message()
async def edited(
    message: Message,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    standing: Standing,
    now: datetime,
    *,
    settled: bool,
) -> None:
    """Pass on the edit; if the reply was refused or never reached us, take in all of it now."""
    written = await messages.find(session, place_of(message))
    if written is None:
        if await kept_words.is_kept(session, place_of(message)):
            words = said(message, staff, standing)
            await hearing.reword(session, words, staff_chat_id=staff_chat.chat_id, now=now)
        elif await is_new_reply(session, message):
            words = said(message, staff, standing)
            words = replace(words, content=replace(words.content, first_as_edit=True))
            await _hear(message, words, session, staff_chat, now, settled=settled)
        return
    words = said(message, staff, standing)
    ticket = await tickets.get(session, written.ticket_id, staff_chat_id=staff_chat.chat_id)
    await hearing.hear_edit(session, ticket, written, words, now=now)


async def _hear(
    message: Message,
    words: Said,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
    *,
    settled: bool,
) -> None:
    """Take in what is about a ticket; a message or a thread that we don't know may be an orphan.

    Of a message that shows several tickets, staff say which one is meant.
    """
    replied_message = replied_to(message) or message.reply_to_message
    try:
        ticket = await ticket_meant(session, message, staff_chat)
    except SeveralTicketsShown as several:
        if replied_message is None:
            raise
        replied, ids = content(replied_message), several.ticket_ids
        await hearing.hear_one_of(
            session, words, replied, ids, staff_chat_id=staff_chat.chat_id, now=now
        )
    except UnknownReply as unknown:
        if isinstance(unknown, UnknownCard | ReplyToBoard) or not settled:
            raise
        if replied_message is None:
            raise
        refusal = await settings_replies.refusal(
            session, message, words.speaker_id, staff_chat.chat_id, now=now
        )
        if refusal is not None:
            raise refusal from unknown
        replied = content(replied_message)
        await hearing.hear_orphan(
            session, words, replied, staff_chat_id=staff_chat.chat_id, now=now
        )
    else:
        await hearing.hear(session, ticket, words, now=now)


def said(message: Message, staff: User | None, standing: Standing) -> Said:
    """Read what somebody said; NotStaff if they have no say."""
    if standing is Standing.OUTSIDE:
        raise NotStaff
    speaker = message.sender_chat or message.from_user
    return Said(
        content(message),
        staff,
        speaker.id if speaker else message.chat.id,
        confirmed=standing is Standing.INSIDE,
    )
