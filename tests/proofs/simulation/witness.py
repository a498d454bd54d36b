"""The witness: what people saw, and what was in flight when a process ended."""

import re
from collections import Counter
from dataclasses import dataclass

from sandbox.model import Json
from tests.proofs.simulation import tokens
from tests.proofs.simulation.store import Store
from tests.proofs.simulation.telegram import Call, Telegram

# Telegram's refusals of an edit after which the bot sends a new message.
GONE = (
    "message to edit not found",
    "message can't be edited",
    "there is no caption in the message to edit",
    "MESSAGE_ID_INVALID",
)

# After these words, a refusal repeats what its reader wrote; that shows it to nobody else.
REPEATED = re.compile("You wrote: “|You sent: |elsewhere")


@dataclass(frozen=True)
class Sight:
    """A message of the bot, as it looked when it was sent or edited."""

    at: float
    chat_id: int
    message_id: int
    words: str
    tokens: tuple[str, ...]
    new: bool
    card: bool
    silent: bool


class Witness:
    """Remembers everything that the bot showed to anybody."""

    def __init__(self, telegram: Telegram, store: Store) -> None:
        self.sights: list[Sight] = []
        # Deliveries that were claimed when a process ended.
        self.in_flight = Counter[int]()
        # The messages that were to go to a thread and landed in General, by chat and id.
        self._landed = set[tuple[int, int]]()
        self._telegram = telegram
        self._store = store
        self._known = telegram.world.feed.last
        telegram.on_change = self._look

    def waiting(self) -> list[str]:
        """List unsettled deliveries, words of people not confirmed yet, and closes to be told."""
        rows = self._store.ask(
            "SELECT id, kind, status, attempts, error FROM deliveries "
            "WHERE status IN ('waiting', 'claimed')"
        )
        kept = self._store.ask("SELECT id, reason FROM kept_words WHERE reason = 'unconfirmed'")
        closes = self._store.ask("SELECT kind, subject FROM timers WHERE kind = 'close_told'")
        return [" ".join(map(str, row)) for row in [*rows, *kept, *closes]]

    def process_ended(self) -> None:
        """Note what a process had claimed when it ended."""
        for (number,) in self._store.ask("SELECT id FROM deliveries WHERE status = 'claimed'"):
            self.in_flight[number] += 1

    def excuses(self) -> Counter[str]:
        """Count how often a token may be seen again: an answer was lost, or an edit impossible."""
        found = self.sent_instead_of_edit() + self.landed()
        for call in self._telegram.calls:
            if call.processed and not call.heard:
                found.update(call.shown)
        return found

    def sent_instead_of_edit(self) -> Counter[str]:
        """Count the tokens of messages that could not be edited, and so were sent anew."""
        found = Counter[str]()
        for call in self._telegram.calls:
            if any(words in call.description for words in GONE):
                said = [call.params.text(name) for name in ("text", "caption", "media")]
                found.update(tokens.of(" ".join(said)))
        return found

    def landed(self) -> Counter[str]:
        """Count the tokens that landed in General, or that the bot removed from where they were.

        What is refused in unknown words goes there on purpose: the thread may be at fault.
        """
        removed = {
            (call.chat_id, call.params.integer("message_id"))
            for call in self._telegram.calls
            if call.method == "deleteMessage" and call.processed
        }
        found = Counter[str]()
        for sight in self.sights:
            place = sight.chat_id, sight.message_id
            if sight.new and sight.chat_id < 0 and place in self._landed | removed:
                found.update(sight.tokens)
        return found

    def _look(self, call: Call | None) -> None:
        changes = self._telegram.world.feed.since(self._known)
        self._known = self._telegram.world.feed.last
        for change in changes:
            if change["kind"] in {"message", "edit"}:
                self._see(change["message"], call, new=change["kind"] == "message")

    def _see(self, view: Json, call: Call | None, *, new: bool) -> None:
        if view["from"]["id"] != self._telegram.world.bot.id:
            return
        words = tokens.words_of(view)
        listed = tokens.under_list(view.get("keyboard")) or tokens.is_board(view)
        found = () if listed else tuple(tokens.of(REPEATED.split(words)[0]))
        if new and call is not None:
            call.shown += found
            call.made.append(view["message_id"])
            if call.params.integer("message_thread_id") and not view.get("message_thread_id"):
                self._landed.add((view["chat"]["id"], view["message_id"]))
            call.card = call.card or (bool(view.get("keyboard")) and not listed)
        self.sights.append(
            Sight(
                at=self._telegram.agenda.now,
                chat_id=view["chat"]["id"],
                message_id=view["message_id"],
                words=words,
                tokens=found,
                new=new,
                card=bool(view.get("keyboard")) and not listed,
                silent=view["silent"],
            )
        )
