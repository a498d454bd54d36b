"""Answers to commands in a group, which go through the outbox."""

from typing import Any

from aiogram.methods import SendMessage
from aiogram.types import InlineKeyboardMarkup

from bot.callbacks import speaker_of
from bot.whispers import Whispered
from services.notices import CommandAnswered


def answer_of(shown: Any) -> tuple[int, CommandAnswered] | None:
    """Tell which message a handler returned, and for which chat; None if it returned none."""
    whisper = shown.whisper if isinstance(shown, Whispered) else None
    answer = shown.answer if isinstance(shown, Whispered) else shown
    if not isinstance(answer, SendMessage) or not isinstance(answer.chat_id, int):
        return None
    keyboard = answer.reply_markup
    buttons = keyboard.model_dump(exclude_none=True) if keyboard else None
    person_id = speaker_of(keyboard) if isinstance(keyboard, InlineKeyboardMarkup) else None
    spans = [one.model_dump(mode="json", exclude_none=True) for one in answer.entities or []]
    return answer.chat_id, CommandAnswered(
        answer.text,
        buttons,
        whisper.person_id if whisper else person_id,
        spans,
        answer.message_thread_id,
        whisper.to_json() if whisper else None,
    )
