"""Replies to what `/settings` shows: their words were typed for it, and are for no user."""

from datetime import datetime

from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.callbacks import speaker_of
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
    """Refuse a reply to a menu, or to a copy of a question whose sending was not confirmed.

    Of such a copy only the words are known. They decide only that the reply goes nowhere.
    """
    replied = message.reply_to_message
    if replied is None:
        return None
    if speaker_of(replied.reply_markup) is not None:
        return ReplyToMenu()
    asked = [
        one
        for one in await dialogues.of_chat(session, staff_chat_id)
        if one.step == new_words.STEP and _asks(replied, one)
    ]
    if not asked:
        return None
    still_asked = [one for one in asked if dialogues.is_open(one, now=now)]
    if not still_asked:
        return NoLongerAsked()
    for one in still_asked:
        if await dialogues.is_with(session, one, speaker_id):
            return QuestionUnconfirmed()
    return NotAsked()


def _asks(message: Message, dialogue: Dialogue) -> bool:
    """Whether it asks what the dialogue does, in the language that staff have now or had before."""
    which, language = Words(dialogue.data["key"]), str(dialogue.data["language"])
    asked = (_question(which, language, spoken) for spoken in i18n.LANGUAGES)
    return (message.text or "").endswith(tuple(asked))


def _question(which: Words, language: str, spoken: str) -> str:
    """Word the question in a language of staff's, without the name before it."""
    with i18n.speaking(spoken):
        words = team_words.question(which, language, None).as_kwargs()["text"]
    return str(words).partition(", ")[2]
