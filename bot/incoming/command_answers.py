"""Answers to commands in a group, which go through the outbox."""

from typing import Any

from aiogram.methods import SendMessage
from aiogram.types import InlineKeyboardMarkup

from bot.callbacks import speaker_of
from services.notices import CommandAnswered


def answer_of(shown: Any) -> tuple[int, CommandAnswered] | None:
    """Tell which message a handler returned, and for which chat; None if it returned none."""
    if not isinstance(shown, SendMessage) or not isinstance(shown.chat_id, int):
        return None
    keyboard = shown.reply_markup
    buttons = keyboard.model_dump(exclude_none=True) if keyboard else None
    person_id = speaker_of(keyboard) if isinstance(keyboard, InlineKeyboardMarkup) else None
    spans = [one.model_dump(mode="json", exclude_none=True) for one in shown.entities or []]
    thread_id = shown.message_thread_id
    return shown.chat_id, CommandAnswered(shown.text, buttons, person_id, spans, thread_id)
