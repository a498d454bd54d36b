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

    def show(self, source: Origin, words: Callable[[], str], *, to_staff: bool) -> None:
        """Say `words` in the language of the chat, if a button was pressed."""
        if source.callback_query_id is None:
            return
        language = self._team.staff_language if to_staff else i18n.choose(source.language)
        with i18n.speaking(language):
            text = words()[:LONGEST]
        self._asides.show(
            AnswerCallbackQuery(
                callback_query_id=source.callback_query_id, text=text, show_alert=True
            )
        )
