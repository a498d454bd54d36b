"""Replies to what `/settings` shows: their words were typed for it, and are for no user."""

from datetime import datetime

from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.callbacks import speaker_of
from bot.reading.content import replied_to
from bot.texts import team_words
from database.team import Dialogue
from services.helpdesk import dialogues, new_words
from services.helpdesk.team_settings import Words
from services.problems import (
    NoLongerAsked,
    NotAsked,
    Problem,
    QuestionUnconfirmed,
    ReplyToMenu,
)


async def refusal(
    session: AsyncSession, message: Message, speaker_id: int, staff_chat_id: int, *, now: datetime
) -> Problem | None:
    """Refuse a reply to a menu, to a result, or to a question whose sending was not confirmed.

    Of the latter two only the words are known. They decide only that the reply goes nowhere.
    """
    replied = replied_to(message)
    if replied is None:
        return None
    asked = [
        one
        for one in await dialogues.of_chat(session, staff_chat_id)
        if one.step == new_words.STEP and _is_of(replied, one)
    ]
    if not asked:
        return ReplyToMenu() if speaker_of(replied.reply_markup) is not None else None
    still_asked = [one for one in asked if dialogues.is_open(one, now=now)]
    if not still_asked:
        return NoLongerAsked()
    for one in still_asked:
        if await dialogues.is_with(session, one, speaker_id):
            return QuestionUnconfirmed()
    return NotAsked()


def _is_of(message: Message, dialogue: Dialogue) -> bool:
    """Whether it asks what the dialogue does, or shows the result.

    Staff may have had another language then.
    """
    which, language = new_words.asked_for(dialogue)
    said = message.text or ""
    for spoken in i18n.LANGUAGES:
        with i18n.speaking(spoken):
            title = team_words.title(which, language)
        shows = message.reply_markup is None and said.startswith(f"{title}\n")
        if shows or _question(which, language, spoken) in said:
            return True
    return False


def _question(which: Words, language: str, spoken: str) -> str:
    """Word the question in a language of staff's, without the name before it."""
    with i18n.speaking(spoken):
        words = team_words.question(which, language, None).as_kwargs()["text"]
    return str(words).partition(", ")[2]
