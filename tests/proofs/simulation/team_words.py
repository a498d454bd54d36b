"""The team's own words: an administrator changes them, and users read those in their language."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.callbacks import ChangeWords, SettingsButton
from sandbox.errors import ApiError
from sandbox.model import Message
from sandbox.people import acting
from services.helpdesk.team_settings import Words
from tests.proofs.simulation import tokens
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.people import People, recent
from tests.proofs.simulation.telegram import USERNAME

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

LANGUAGES = ("en", "ru", "es")
OPERATIONS = frozenset({"speak", "settings", "turn_to_words", "say_words", "cancel_words"})

# The token in each text that is typed for a setting; each is typed once.
_TYPED = re.compile(r"\bours\.\d{3}\b")


class TeamWords:
    """What the administrator does, who is the first member of staff; and the languages of users."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.world = people.telegram.world
        self.languages: dict[int, str] = {}
        # When all users sent /start once more, after everything had settled.
        self.started_at: float | None = None
        self._typed = 0

    def act(self, do: str, how: dict[str, str]) -> bool:
        """Do an operation; False if it is impossible now."""
        try:
            return bool(getattr(self, do)(**how))
        except ApiError:
            return False

    def speak(self) -> bool:
        """Have the users speak different languages."""
        for number, person in enumerate(self.people.users):
            person.language_code = self.languages[person.id] = LANGUAGES[number % len(LANGUAGES)]
        return True

    def settings(self) -> bool:
        content = acting.text_fields(f"/settings@{USERNAME}", None)
        acting.post(self.world, self.people.staff[0], self.people.group, content)
        return True

    def turn_to_words(self, which: str, language: str) -> bool:
        """Press what leads to the question for new words: which ones, the language, or Change."""
        menus = [one for one in self._of_bot() if "settings:" in str(one.keyboard)]
        if not menus:
            return False
        person, words = self.people.staff[0], Words(which)
        pages = [
            ChangeWords(speaker_id=person.id, which=words, language=language),
            SettingsButton(speaker_id=person.id, which=words, language=language),
            SettingsButton(speaker_id=person.id, which=words),
        ]
        shown = json.dumps(menus[-1].keyboard)
        data = next((one.pack() for one in pages if f'"{one.pack()}"' in shown), None)
        if data is not None:
            acting.press(self.world, person, menus[-1], None, data)
        return data is not None

    def say_words(self, pick: float) -> bool:
        self._typed += 1
        return self._reply(f"ours.{self._typed:03} it is", pick)

    def cancel_words(self, pick: float) -> bool:
        return self._reply("/cancel", pick)

    def start_once_more(self) -> bool:
        """Have all users send /start, once, if words may have changed; False if they don't."""
        if not self.languages or self.started_at is not None:
            return False
        self.started_at = self.people.telegram.agenda.now
        for person in self.people.users:
            with suppress(ApiError):  # one who has blocked the bot can't
                acting.post(
                    self.world,
                    person,
                    self.world.chats[person.id],
                    acting.text_fields("/start", None),
                )
        return True

    def _reply(self, text: str, pick: float) -> bool:
        """Reply to a question, usually the newest."""
        asked = self._questions()
        if asked:
            content, to = acting.text_fields(text, None), recent(asked, pick).id
            acting.post(self.world, self.people.staff[0], self.people.group, content, reply_to=to)
        return bool(asked)

    def _questions(self) -> list[Message]:
        return [one for one in self._of_bot() if "please reply" in tokens.words_of(one.view)]

    def _of_bot(self) -> list[Message]:
        bot = self.world.bot.id
        return [one for one in self.people.group.messages.values() if one.author_id == bot]


class Reading:
    """Checks what users read of the team's words."""

    def __init__(self, simulation: "Simulation") -> None:
        self.ledger = Ledger(simulation)
        self.words = simulation.team_words

    def findings(self) -> Iterator[str]:
        yield from self._to_users()
        if self.words.started_at is not None:
            yield from self._greeted(self.words.started_at)

    def _to_users(self) -> Iterator[str]:
        """Users read only words that were accepted, and only in their language."""
        accepted = {
            typed: change["language"]
            for change in self.ledger.rows("setting_changes")
            for typed in _TYPED.findall(change["value"] or "")
        }
        for sight in self.ledger.sights:
            if sight.chat_id in self.ledger.staff_chats:
                continue
            for typed in _TYPED.findall(sight.words):
                if accepted.get(typed) != self.words.languages[sight.chat_id]:
                    yield f"wrong words: {typed} in {sight.chat_id}, {accepted.get(typed)}"

    def _greeted(self, since: float) -> Iterator[str]:
        """Whoever starts after everything has settled gets the greeting that is set now."""
        wanted = {
            row["language"]: json.loads(row["value"])["text"]
            for row in self.ledger.rows("settings")
            if row["key"] == Words.GREETING
        }
        for sight in self.ledger.sights:
            language = self.words.languages.get(sight.chat_id)
            if language is None or sight.at < since:
                continue
            own = wanted.get(language)
            if sight.words != own if own else _TYPED.search(sight.words):
                yield f"greeted by {sight.words!r} in {sight.chat_id}, wanted {own!r}"
