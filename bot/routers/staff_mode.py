"""`/settings`, where tickets are: administrators choose cards or topics, and what goes to users."""

from datetime import date, datetime

from aiogram import Router
from aiogram.types import CallbackQuery
from sqlalchemy.ext.asyncio import AsyncSession

from bot import keyboards, whispers
from bot.callbacks import (
    ChooseClosing,
    ChooseHearing,
    ChooseKeeping,
    ChooseMode,
    PersonalButton,
    ShowKeeping,
    ShowMode,
)
from bot.checkup import group
from bot.checkup.facts import Facts, Unsaid
from bot.reading.acting_staff import require_administrator
from bot.texts import staff_mode as texts
from bot.whispers import PageShown
from core.team import StaffChat, StaffMode
from database.models import User
from services.helpdesk import staff_chats, staff_modes, thread_closing, thread_keeping
from services.problems import SetUpUnknown

router = Router(name="staff mode")


@router.callback_query(ShowMode.filter())
async def show(
    query: CallbackQuery,
    callback_data: ShowMode,
    session: AsyncSession,
    staff_chat: StaffChat,
    day: date,
    *,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    return await _page(query, session, callback_data, day)


@router.callback_query(ChooseMode.filter())
async def choose(
    query: CallbackQuery,
    callback_data: ChooseMode,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    *,
    now: datetime,
    administrator: bool | None,
    set_up: Facts | Unsaid | None,
) -> PageShown:
    """Switch, and ask what goes to users; Telegram is asked first whether topics are possible."""
    require_administrator(staff_chat, administrator)
    speaker_id, mode = callback_data.speaker_id, callback_data.mode
    if mode is staff_chat.mode:
        return await _page(query, session, callback_data, day)
    if mode is StaffMode.FORUM:
        if not isinstance(set_up, Facts):
            raise SetUpUnknown
        if missing := group.topics_lack(set_up.group):
            keyboard = keyboards.settings_mode(speaker_id, staff_chat)
            return whispers.changed(query, texts.missing(missing), None, keyboard)
    by = staff if speaker_id > 0 else None
    await staff_modes.switch(session, staff_chat, mode, by=by, now=now)
    if mode is StaffMode.FORUM:
        keyboard = keyboards.settings_hearing(speaker_id)
        return whispers.changed(query, texts.question(), None, keyboard)
    return await _page(query, session, callback_data, day)


@router.callback_query(ChooseHearing.filter())
async def choose_hearing(
    query: CallbackQuery,
    callback_data: ChooseHearing,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    *,
    now: datetime,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    by = staff if callback_data.speaker_id > 0 else None
    everything = callback_data.everything
    await staff_modes.switch_hearing(session, staff_chat, everything=everything, by=by, now=now)
    return await _page(query, session, callback_data, day)


@router.callback_query(ChooseClosing.filter())
async def choose_closing(
    query: CallbackQuery,
    callback_data: ChooseClosing,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    *,
    now: datetime,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    by = staff if callback_data.speaker_id > 0 else None
    await thread_closing.choose(session, staff_chat, closes=callback_data.closes, by=by, now=now)
    return await _page(query, session, callback_data, day)


@router.callback_query(ShowKeeping.filter())
async def show_keeping(
    query: CallbackQuery,
    callback_data: ShowKeeping,
    staff_chat: StaffChat,
    *,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    words = texts.keeping(may_delete=staff_chat.may_delete)
    keyboard = keyboards.settings_keeping(callback_data.speaker_id, staff_chat.threads_kept_days)
    return whispers.changed(query, words, None, keyboard)


@router.callback_query(ChooseKeeping.filter())
async def choose_keeping(
    query: CallbackQuery,
    callback_data: ChooseKeeping,
    session: AsyncSession,
    staff_chat: StaffChat,
    staff: User | None,
    day: date,
    *,
    now: datetime,
    administrator: bool | None,
) -> PageShown:
    require_administrator(staff_chat, administrator)
    by, days = staff if callback_data.speaker_id > 0 else None, callback_data.days or None
    await thread_keeping.choose(session, staff_chat, days=days, by=by, now=now)
    return await _page(query, session, callback_data, day)


async def _page(
    query: CallbackQuery, session: AsyncSession, button: PersonalButton, day: date
) -> PageShown:
    """Show how it is now."""
    staff_chat = await staff_chats.main(session)
    change = await staff_modes.last_change(session, staff_chat)
    keyboard = keyboards.settings_mode(button.speaker_id, staff_chat)
    return whispers.changed(query, texts.page(staff_chat, change, day), None, keyboard)
