"""What was written, what was seen, and what the database says about it, token by token."""

import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tests.proofs.simulation import tokens
from tests.proofs.simulation.people import Written
from tests.proofs.simulation.plan import REFUSALS
from tests.proofs.simulation.scenes import UNKNOWN_WORDS
from tests.proofs.simulation.witness import Sight

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# Telegram's words for refusals that are final; the bot has to report them.
_REFUSED = {words for _, status, words, _ in REFUSALS if status == 400} | {
    "Forbidden: bot was blocked by the user",
    "Forbidden: bot was kicked from the group chat",  # for a user's chat this is final too
    UNKNOWN_WORDS,
    "Bad Request: not enough rights to send",  # while the bot is muted, for some kinds of content
    "Bad Request: not enough rights to manage pinned messages",
    "Bad Request: message to pin not found",
    "Bad Request: not enough rights to edit the topic",
    "Bad Request: not enough rights to close or open the topic",
    "Bad Request: message to react not found",  # it was in a thread that people deleted
}


class Ledger:
    """The books of one run, read when it is over."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self.store = simulation.store
        self.written = simulation.people.written
        people = simulation.people
        self.second_chats = {chat.id for chat in people.second_groups}
        self.staff_chats = {chat.id for chat in people.groups} | self.second_chats
        self.moved = max(len(people.groups), len(people.second_groups)) > 1
        self.users = {person.id: n for n, person in enumerate(simulation.people.users)}
        self.sights = simulation.witness.sights
        self.messages = {row["id"]: row for row in self.rows("messages")}
        self.deliveries = {row["id"]: row for row in self.rows("deliveries")}
        self.tickets = {row["id"]: row for row in self.rows("tickets")}
        self.stored = {(row["chat_id"], row["message_id"]): row for row in self.messages.values()}
        self.stood_in_threads = self._stood_in_threads()
        albums = self._albums()
        merged = {one["id"] for one in self.tickets.values() if one["merged_into_id"]}
        self.merged = merged | {one["merged_into_id"] for one in self.tickets.values()} - {None}
        # What may be in another ticket than it joined, by keys and by tokens: not all has words.
        self.rejoined = {
            key
            for key, row in self.messages.items()
            if "moved" in json.loads(row["details"] or "{}")
            or row["media_group_id"] in albums
            or row["ticket_id"] in self.merged
        }
        self.rejoined |= {  # such answers went along
            key
            for key, row in self.messages.items()
            if row["direction"] == "answer" and row["reply_to_id"] in self.rejoined
        }
        self.in_another_ticket = {
            token
            for row in map(self.messages.__getitem__, self.rejoined)
            for token in tokens.of(row["text"] or row["details"] or "")
        }
        self.posted = Counter(
            token
            for row in self.deliveries.values()
            if row["kind"] == "question_posted"
            for token in self.tokens_of(row)
        )
        self.refusals = {
            (payload["asked_in"], payload["reply_to"])
            for row in self.deliveries.values()
            if row["kind"] == "refusal" and (payload := json.loads(row["payload"]))
        }

    def _albums(self) -> set[str]:
        """List the albums that were moved to another ticket."""
        return {
            row["media_group_id"]
            for row in self.messages.values()
            if row["media_group_id"] and "moved" in json.loads(row["details"] or "{}")
        }

    def counts(self) -> dict[str, int]:
        simulation = self.simulation
        carried = [one for one in self.written if not one.note]
        shown = self.firsts()
        return {
            "operations": len(simulation.done),
            "deaths": sum(process.died for process in simulation.processes),
            "starts": len(simulation.processes),
            "sent": len(carried),
            "seen": sum((one.token in shown) for one in carried),
            "told": len(self.told_tokens()),
            "duplicates": sum(self.duplicates().values()),
            "calls": len(simulation.telegram.calls),
        } | {f"fault {name}": number for name, number in sorted(self.faults().items())}

    def firsts(self) -> dict[str, tuple[float, int, int]]:
        """Tell when each token was first seen, and its place among all that was seen."""
        found: dict[str, tuple[float, int, int]] = {}
        for number, sight in enumerate(self.sights):
            for place, token in enumerate(sight.tokens):
                found.setdefault(token, (sight.at, number, place))
        return found

    def duplicates(self) -> Counter[str]:
        """Count how often each token was shown anew beyond what its deliveries ask for.

        Which cards showed what has since gone to another ticket can't be told any more.
        """
        cards, others = Counter[str](), Counter[str]()
        for sight in self.sights:
            if sight.new:
                shown = set(sight.tokens) - (self.in_another_ticket if sight.card else set())
                (cards if sight.card else others).update(shown)
        posted = self.cards_posted()
        more = {token: number - posted[token] for token, number in cards.items()}
        if "forum" in self.simulation.done:  # a thread begins with the card, posted or not
            more.clear()
        more = {token: max(0, number) for token, number in more.items()}
        for token, number in others.items():
            more[token] = more.get(token, 0) + max(0, number - self.copies_due(token))
        return Counter({token: number for token, number in more.items() if number})

    def cards_posted(self) -> Counter[str]:
        """Count the cards that were to show each token."""
        found = Counter[str]()
        for row in self.deliveries.values():
            if row["kind"] == "card_posted":
                found.update(self.tokens_of(row))
        return found

    def copies_due(self, token: str) -> int:
        """Tell how many new messages should show a token; only the first part of a long text does.

        After a migration, an edit is sent as a new message, and what is moved to another ticket is
        shown again. So is what stood below the card in a thread that is gone.
        """
        return self._copies_due(token) + self.stood_in_threads[token]

    def _stood_in_threads(self) -> Counter[str]:
        """Count the copies of each token that were given up with their threads."""
        found = Counter[str]()
        for link in self.rows("message_links"):
            message = self.messages.get(link["copy_of"] or 0)
            if link["kind"] == "notice" and link["thread_id"] and message is not None:
                found.update(tokens.of(message["text"] or message["details"] or ""))
        return found

    def _copies_due(self, token: str) -> int:
        if token[0] == "q" and token in self.in_another_ticket:
            return max(1, self.posted[token]) + (1 if self.moved else 0)
        moved = self.moved and any(one.token == token and one.edits for one in self.written)
        return 2 if moved and token[0] == "q" else 1

    def excuses(self) -> Counter[str]:
        return self.simulation.witness.excuses() + self.by_token(self.simulation.witness.in_flight)

    def by_token(self, deliveries: Counter[int]) -> Counter[str]:
        """Turn counts of deliveries into counts of the tokens that they carry."""
        found = Counter[str]()
        for number, times in deliveries.items():
            delivery = self.deliveries.get(number)  # None: a refusal, since dropped
            for token in self.tokens_of(delivery) if delivery else ():
                found[token] += times
        return found

    def tokens_of(self, delivery: dict[str, Any]) -> list[str]:
        payload = json.loads(delivery["payload"])
        if delivery["kind"] == "card_posted":
            on_card = self.shown_on(delivery)
            return tokens.of(on_card["text"] or "") if on_card else []
        message = self.messages.get(payload.get("message_id", 0))
        return tokens.of(message["text"] or message["details"] or "") if message else []

    def shown_on(self, card: dict[str, Any]) -> dict[str, Any] | None:
        """Find the message on a card: one that it or an older card names, or the first question."""
        named = [
            json.loads(row["payload"]).get("message_id")
            for row in self.deliveries.values()
            if row["kind"] == "card_posted"
            and row["ticket_id"] == card["ticket_id"]
            and row["id"] <= card["id"]
        ]
        newest = next((one for one in reversed(named) if one is not None), None)
        return self.messages[newest] if newest else self.first_question(card["ticket_id"])

    def first_question(self, ticket_id: int) -> dict[str, Any] | None:
        questions = (
            row
            for row in self.messages.values()
            if row["ticket_id"] == ticket_id and row["direction"] == "question"
        )
        return min(questions, key=lambda row: row["id"], default=None)

    def unconfirmed(self) -> set[int]:
        """List the people for whom Telegram failed to say whether they are in the staff chat.

        Their words are kept until it does, so the words of others may come first.
        """
        asked = {
            call.params.integer("user_id")
            for call in self.simulation.telegram.calls
            if call.method == "getChatMember"
            and (call.fault or not (call.heard and call.processed))
        }
        return {row["id"] for row in self.rows("users") if row["telegram_id"] in asked}

    def undecided(self) -> set[str]:
        """List the tokens of words that are kept until somebody presses a button."""
        rows = [row for row in self.rows("kept_words") if row["reason"] != "unconfirmed"]
        words = [row["content"] for row in rows]
        return {token for one in words for token in tokens.of(one)}

    def told_tokens(self) -> set[str]:
        """List the tokens whose writer was told that they did not arrive."""
        found: set[str] = set()
        for row in self.deliveries.values():
            if row["kind"] == "delivery_failed":
                failed = self.deliveries[json.loads(row["payload"])["delivery_id"]]
                found.update(self.tokens_of(failed))
                found.update(
                    token
                    for other in self.deliveries.values()
                    if other["batch_id"] is not None and other["batch_id"] == failed["batch_id"]
                    for token in self.tokens_of(other)
                )
        return found

    def stuck(self) -> set[str]:
        """List the tokens that Telegram kept failing at, and those in the same batch."""
        stuck = self.simulation.telegram.stuck.keys()
        batches = {
            row["batch_id"] for row in self.deliveries.values() if stuck & {*self.tokens_of(row)}
        } - {None}
        beside = (row for row in self.deliveries.values() if row["batch_id"] in batches)
        return {*stuck, *(token for row in beside for token in self.tokens_of(row))}

    def refused(self, delivery: dict[str, Any]) -> bool:
        return any(words in (delivery["error"] or "") for words in _REFUSED)

    def any_failed(self, ticket_id: int, kind: str) -> bool:
        return any(
            row["kind"] == kind and row["ticket_id"] == ticket_id and row["status"] == "failed"
            for row in self.deliveries.values()
        )

    def last_edit_came_late(self, chat_id: int, message_id: int) -> bool:
        """Whether the last edit of a message reached Telegram after the bot had given it up."""
        edits = [
            call
            for call in self.simulation.telegram.calls
            if call.method.startswith("editMessage")
            and (call.chat_id, call.params.integer("message_id")) == (chat_id, message_id)
            and call.processed
        ]
        last = max(edits, key=lambda call: call.processed_at, default=None)
        return last is not None and last.came_late

    def can_not_be_edited(self, chat_id: int, message_id: int) -> bool:
        """Whether Telegram refused for good to edit a message, so it shows its old text."""
        return any(
            call.method.startswith("editMessage")
            and (call.chat_id, call.params.integer("message_id")) == (chat_id, message_id)
            and "can't be edited" in call.description
            for call in self.simulation.telegram.calls
        )

    def is_note(self, one: Written) -> bool:
        row = self.stored.get((one.chat_id, one.message_id))
        return row is not None and row["direction"] == "note"

    def stored_edits(self, one: Written) -> int:
        """Count the edits of a message that the bot has stored."""
        row = self.stored.get((one.chat_id, one.message_id))
        return row["revision"] if row is not None else 0

    def was_unknown(self, one: Written) -> bool:
        """Whether the bot said that it can't tell which ticket this reply is about."""
        place = one.chat_id, one.message_id
        return any(
            row["kind"] == "refusal"
            and (payload := json.loads(row["payload"]))["problem"]["name"] == "UnknownReply"
            and (payload["asked_in"], payload["reply_to"]) == place
            for row in self.deliveries.values()
        )

    def is_left_behind(self, one: Written) -> bool:
        """Whether its group was dropped: neither it nor its edits need be heard since."""
        if "choose" not in self.simulation.done:
            return False
        return one.chat_id in {chat.id for chat in self.simulation.people.groups[:-1]}

    def was_answered(self, one: Written) -> bool:
        """Whether the bot refused it, with a reason to its writer."""
        return (one.chat_id, one.message_id) in self.refusals

    def now_shown(self) -> defaultdict[str, list[Sight]]:
        """Find where each token is shown now; in staff chats, also in deleted messages."""
        world = self.simulation.telegram.world
        latest: dict[tuple[int, int], Sight] = {}
        for sight in self.sights:
            latest[sight.chat_id, sight.message_id] = sight
        found: defaultdict[str, list[Sight]] = defaultdict(list)
        for (chat_id, message_id), sight in latest.items():
            if chat_id in self.users and message_id not in world.chats[chat_id].messages:
                continue
            for token in sight.tokens:
                found[token].append(sight)
        return found

    def deletion_failed(self, one: Written) -> bool:
        row = self.stored.get((one.chat_id, one.message_id))
        return row is not None and self.any_failed(row["ticket_id"], "answer_retracted")

    def edit_may_have_failed(self, one: Written) -> bool:
        """Whether an edit failed for good on the ticket of this message."""
        row = self.stored.get((one.chat_id, one.message_id))
        if row is None:
            return False
        kinds = {"question_edited", "answer_edited"}
        return any(self.any_failed(row["ticket_id"], kind) for kind in kinds)

    def faults(self) -> Counter[str]:
        found = Counter(call.fault for call in self.simulation.telegram.calls if call.fault)
        found["database"] = self.store.failures
        return +Counter({str(name): number for name, number in found.items()})

    def rows(self, table: str) -> list[dict[str, Any]]:
        cursor = self.store.raw.execute(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608 - ours
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]
