"""Alerts: what whoever pressed a button is told in a window over the chat."""

from collections.abc import Callable

from aiogram.methods import AnswerCallbackQuery

from bot import i18n
from bot.outgoing.best_effort import Asides
from bot.reading.update_json import Origin
from core.team import Team

# Telegram's limit of characters (core.telegram.org/bots/api#answercallbackquery).
LONGEST = 200


class Alerts:
    """Best effort: a press whose time is over can't be answered."""

    def __init__(self, asides: Asides, team: Team) -> None:
        self._asides = asides
        self._team = team

    def show(self, source: Origin, staff_chat_id: int, words: Callable[[], str]) -> None:
        """Say `words` in the language of the chat, if a button was pressed."""
        if source.callback_query_id is None:
            return
        with i18n.speaking(self._language(source, staff_chat_id)):
            text = words()[:LONGEST]
        self._asides.show(
            AnswerCallbackQuery(
                callback_query_id=source.callback_query_id, text=text, show_alert=True
            )
        )

    def _language(self, source: Origin, staff_chat_id: int) -> str:
        in_staff_chat = source.chat_id == staff_chat_id
        return self._team.staff_language if in_staff_chat else i18n.choose(source.language)
