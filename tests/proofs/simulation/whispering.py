"""Whispers: staff ask, and reply to what only they see; nothing of it may be kept or passed on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.whispers import QUESTIONS
from sandbox.errors import ApiError
from sandbox.model import Message
from sandbox.people import acting
from tests.proofs.simulation import tokens
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.people import People, recent
from tests.proofs.simulation.telegram import USERNAME

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

OPERATIONS = frozenset({"ask", "reply_to_whisper", "press_whisper", "lose_whispers"})

_REFUSAL = "Only you and I can see this message"


class Whispering:
    """What staff ask for themselves, in apps that know ephemeral commands and in others."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.world = people.telegram.world
        # What was written in reply to a whisper, and whether the bot is told of it.
        self.replies: dict[str, bool] = {}

    def act(self, do: str, how: dict[str, object]) -> bool:
        """Do an operation; False if it is impossible now."""
        try:
            return bool(getattr(self, do)(**how))
        except ApiError:
            return False

    def ask(self, staff: int, which: int, *, plain: bool) -> bool:
        content = acting.text_fields(f"/{QUESTIONS[which]}@{USERNAME}", None)
        person = self.people.staff[staff]
        acting.post(self.world, person, self.people.group, content, plain=plain)
        return True

    def reply_to_whisper(self, pick: float) -> bool:
        whispers = self._whispers()
        if not whispers:
            return False
        token = f"n9.{len(self.replies):04}"
        to = recent(whispers, pick)
        content = acting.text_fields(f"{token}, sir", None)
        person = self.world.people[to.only_for or 0]
        said = acting.post(self.world, person, self.people.group, content, reply_to=to.id)
        self.replies[token] = said.seen_by_bot
        return True

    def press_whisper(self, pick: float) -> bool:
        under = [one for one in self._whispers() if one.keyboard]
        if not under:
            return False
        to = recent(under, pick)
        rows = (to.keyboard or {})["inline_keyboard"]
        buttons = [button for row in rows for button in row if "callback_data" in button]
        data = buttons[int(pick * 997) % len(buttons)]["callback_data"]
        acting.press(self.world, self.world.people[to.only_for or 0], to, None, data)
        return True

    def lose_whispers(self, *, loses: bool) -> bool:
        self.people.group.loses_ephemeral = loses
        return True

    def _whispers(self) -> list[Message]:
        bot = self.world.bot.id
        said = self.people.group.messages.values()
        return [one for one in said if one.author_id == bot and one.only_for and not one.lost]


class Silence:
    """Checks that nothing which was said to the bot alone went anywhere."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self.ledger = Ledger(simulation)
        self.replies = simulation.whispering.replies

    def findings(self) -> Iterator[str]:
        for table in ("messages", "message_links", "kept_words"):
            for row in self.ledger.rows(table):
                if row["message_id"] == 0 or not self.replies.keys().isdisjoint(_said(row)):
                    yield f"whisper kept: {table} {row['id']}"
        for call in self.simulation.telegram.calls:
            if told := self.replies.keys() & call.carried:
                yield f"whisper passed on: {' '.join(told)} by {call.method}"
        yield from self._refused()

    def _refused(self) -> Iterator[str]:
        """Each reply to a whisper was refused with words, if the bot was told of it."""
        if {"kick", "choose", "clock", "outsider"} & {*self.simulation.done}:
            return
        heard = sum(self.replies.values())
        told = sum(
            call.method == "sendMessage" and call.processed and _REFUSAL in call.params.text("text")
            for call in self.simulation.telegram.calls
        )
        if told < heard:
            yield f"whispers unanswered: {heard} replies, {told} refusals"


def _said(row: dict[str, object]) -> list[str]:
    return tokens.of(str(row.get("text") or ""))
