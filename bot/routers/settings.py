"""`/settings`: administrators change what users read, in each language."""

from datetime import date, datetime

from aiogram import Router
from aiogram.methods import DeleteEphemeralMessage, DeleteMessage
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards, whispers
from bot.callbacks import (
    ChangeWords,
    CloseSettings,
    PersonalButton,
    RestoreDefault,
    SettingsButton,
)
from bot.entities import entities
from bot.i18n import LANGUAGES
from bot.reading.acting_staff import require_administrator, require_say
from bot.reading.content import content, thread_of
from bot.reading.filters import AboutDialogue, reply_command, staff_command
from bot.reading.members import Standing
from bot.reading.pressed_message import pressed_message
from bot.texts import team_words
from bot.whispers import PageShown, Whispered
from core.address import Address
from core.team import StaffChat
from core.text import Piece
from database.models import User
from database.team import Dialogue
from services.helpdesk import new_words, team_settings
from services.helpdesk.new_words import Reply
from services.helpdesk.team_settings import Words
from services.problems import ButtonOutdated, Problem

router = Router(name="settings")
replies = Router(name="words for settings")


@router.message(staff_command("settings"))
async def show_menu(
    message: Message,
    staff_chat: StaffChat,
    staff: User | None,
    now: datetime,
    *,
    administrator: bool | None,
) -> Whispered:
    require_administrator(staff_chat, administrator)
    keyboard = keyboards.settings_menu(_speaker_id(message))
    answer = message.answer(team_words.menu(staff), reply_markup=keyboard)
    return whispers.to_asker(message, answer, now=now)


@router.callback_query(SettingsButton.filter())
async def turn_to(
    query: CallbackQuery,
    callback_data: SettingsButton,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    *,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    which, speaker_id = callback_data.which, callback_data.speaker_id
    if which is None:
        shown = staff if speaker_id > 0 else None
        piece: Piece = team_words.menu(shown), []
        return _becomes(query, piece, keyboards.settings_menu(speaker_id))
    if not callback_data.language:
        piece = team_words.languages(which), []
        return _becomes(query, piece, keyboards.settings_languages(speaker_id, which))
    return await _page(query, session, callback_data, which, callback_data.language, day)


@router.callback_query(ChangeWords.filter())
async def ask_for_words(
    query: CallbackQuery,
    callback_data: ChangeWords,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
    *,
    administrator: bool | None,
) -> DeleteMessage | DeleteEphemeralMessage:
    """Ask where colleagues see it, in a message that can be replied to; the menu goes."""
    require_administrator(staff_chat, administrator)
    which, language = callback_data.which, _known(callback_data.language)
    asked = _asked(callback_data, staff_chat)
    address = Address(staff_chat.chat_id, thread_of(pressed_message(query)))
    await new_words.ask(session, address, asked, which, language, now=now)
    return whispers.removed(query)


@router.message(reply_command("cancel"), AboutDialogue(new_words.STEP))
async def cancel(
    message: Message,
    dialogue: Dialogue,
    session: AsyncSession,
    staff_chat: StaffChat,
    now: datetime,
    *,
    administrator: bool | None,
) -> None:
    """Withdraw the question that is replied to."""
    require_administrator(staff_chat, administrator)
    speaker_id, chat_id = _speaker_id(message), staff_chat.chat_id
    await new_words.cancel(session, dialogue, speaker_id, chat_id=chat_id, now=now)


@router.callback_query(RestoreDefault.filter())
async def restore_default(
    query: CallbackQuery,
    callback_data: RestoreDefault,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    *,
    now: datetime,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    which, language = callback_data.which, _known(callback_data.language)
    by = staff if callback_data.speaker_id > 0 else None
    await team_settings.change(session, which, language, None, by=by, now=now)
    return await _page(query, session, callback_data, which, language, day)


@router.callback_query(CloseSettings.filter())
async def close(
    query: CallbackQuery, callback_data: CloseSettings
) -> DeleteMessage | DeleteEphemeralMessage:
    return whispers.removed(query)


@replies.message(AboutDialogue(new_words.STEP))
@replies.edited_message(AboutDialogue(new_words.STEP))
async def take_words(
    message: Message,
    dialogue: Dialogue,
    session: AsyncSession,
    staff_chat: StaffChat,
    *,
    staff: User | None,
    standing: Standing,
    now: datetime,
    administrator: bool | None,
) -> Problem | None:
    """Take what was asked for; nothing that replies to a question of ours is for a user."""
    require_say(standing)
    require_administrator(staff_chat, administrator)
    said = content(message)
    reply = Reply(
        said.place,
        _speaker_id(message),
        said.text if said.kind == "text" else None,
        said.entities,
        said.media_group_id,
    )
    return await new_words.hear(
        session, dialogue, reply, by=staff, chat_id=staff_chat.chat_id, now=now
    )


async def _page(
    query: CallbackQuery,
    session: AsyncSession,
    button: PersonalButton,
    which: Words,
    language: str,
    day: date,
) -> PageShown:
    own = await team_settings.words(session, which, _known(language))
    change = await team_settings.last_change(session, which, language)
    keyboard = keyboards.settings_page(button.speaker_id, which, language, is_default=own is None)
    return _becomes(query, team_words.page(which, language, own, change, day), keyboard)


def _asked(button: PersonalButton, staff_chat: StaffChat) -> int:
    """Give the id of whom the button names; of a group, the one that it has now."""
    return button.speaker_id if button.speaker_id > 0 else staff_chat.chat_id


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise ButtonOutdated
    return language


def _speaker_id(message: Message) -> int:
    speaker = message.sender_chat or message.from_user
    return speaker.id if speaker else message.chat.id


def _becomes(query: CallbackQuery, piece: Piece, keyboard: InlineKeyboardMarkup) -> PageShown:
    text, spans = piece
    return whispers.changed(query, text, entities(spans), keyboard)
