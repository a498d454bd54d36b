"""Checks in which ticket everything is that users with several tickets wrote."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from services.helpdesk import another, messages
from tests.proofs.simulation import tokens
from tests.proofs.simulation.fairness import HARMLESS
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.plan import TRAFFIC

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# What may move messages without a press, or have words join another ticket without a notice.
_CHANGES = frozenset({"closed", "split"})

# What users do, who have several tickets.
OF_USERS = frozenset({"another", "wish", "press_own", "move_own", "reply_in_private"})


class Placing:
    """Checks the tickets of one run."""

    def __init__(self, simulation: "Simulation") -> None:
        self.ledger = Ledger(simulation)
        self.people = simulation.people
        calm = HARMLESS | TRAFFIC.keys() | OF_USERS
        self._is_calm = calm.issuperset(simulation.done)

    def findings(self) -> Iterator[str]:
        yield from self._opened()
        yield from self._replies()
        yield from self._current()
        yield from self._moved()
        yield from self._followed()

    def _opened(self) -> Iterator[str]:
        """What was written with `/new` opened a ticket."""
        for token in self.people.others:
            row = self._row(token)
            if row is None or token in self.ledger.in_another_ticket:
                continue
            if not self._is_first(row) and not self._had_no_room(row):
                yield f"not opened: {token} is in ticket {row['ticket_id']}"

    def _replies(self) -> Iterator[str]:
        """A reply is with what it replies to, unless its writer had asked for another ticket.

        What the bot said may not be known to it yet after trouble.
        """
        for token, message_id in self.people.replied.items():
            row = self._row(token)
            if row is None or self._may_open(token, row) or self._had_no_room(row):
                continue
            if token in self.ledger.in_another_ticket:
                continue
            place = row["chat_id"], message_id
            own = self.ledger.stored.get(place)
            if own and own["id"] in self.ledger.rejoined:
                continue
            right = {own["ticket_id"]} if own else self._linked(place)
            if right and row["ticket_id"] not in right:
                yield f"misplaced: {token} is in ticket {row['ticket_id']}, not in {right}"

    def _may_open(self, token: str, row: dict[str, Any]) -> bool:
        return tokens.user_of(token) in self.people.wishing and self._is_first(row)

    def _had_no_room(self, row: dict[str, Any]) -> bool:
        """Whether its writer heard that there is no room for another ticket."""
        return any(
            one["kind"] == "no_room_for_another"
            and one["chat_id"] == row["chat_id"]
            and json.loads(one["payload"])["message_id"] == row["message_id"]
            for one in self.ledger.deliveries.values()
        )

    def _linked(self, place: tuple[int, int]) -> set[int]:
        if not self._is_calm:
            return set()
        rows = self.ledger.rows("message_links")
        return {one["ticket_id"] for one in rows if (one["chat_id"], one["message_id"]) == place}

    def _current(self) -> Iterator[str]:
        """A user has at most five open tickets, besides those split off, and one is current."""
        split = Counter(
            self.ledger.tickets[row["ticket_id"]]["user_id"]
            for row in self.ledger.rows("ticket_events")
            if row["kind"] == "split"
        )
        open_ones = [row for row in self.ledger.tickets.values() if row["status"] != "closed"]
        number = Counter(row["user_id"] for row in open_ones)
        current = Counter(row["user_id"] for row in open_ones if row["is_current"])
        for user_id, count in number.items():
            if count > another.MOST_OPEN + split[user_id] or current[user_id] != 1:
                yield f"user {user_id} has {count} open tickets, {current[user_id]} current"

    def _moved(self) -> Iterator[str]:
        """What was moved is in the ticket that it says it went to."""
        for row in self.ledger.messages.values():
            moved = json.loads(row["details"] or "{}").get("moved")
            number = self.ledger.tickets[row["ticket_id"]]["daily_id"]
            if row["ticket_id"] in self.ledger.merged:
                continue
            if moved and moved["to"]["daily_id"] != number:
                yield f"moved: message {row['id']} says {moved}, but is in {row['ticket_id']}"

    def _followed(self) -> Iterator[str]:
        """What a user added to words of theirs, without saying where it goes, is with these.

        What is added after a press may be in the ticket that was chosen by it, and what comes after
        an answer that did not go along, or stands below it, may stay with that.
        """
        told = {
            json.loads(row["payload"])["message_id"]
            for row in self.ledger.deliveries.values()
            if row["kind"] == "ticket_joined"
        }
        events = self.ledger.rows("ticket_events")
        chosen = {row["ticket_id"] for row in events if row["kind"] == "moved"}
        for rows in self._of_calm_users().values():
            arrived = self._arrived(rows)
            before: dict[str, Any] | None = None
            for row in rows:
                if row["direction"] == "answer":
                    if before is not None and self._left(before, row):
                        before = None
                    continue
                if before is not None and any(
                    self._left(before, answer)
                    for at, answer in arrived
                    if before["message_id"] < at < row["message_id"]
                ):
                    before = None
                stays = not {row["id"], before["id"] if before else 0} & self.ledger.rejoined
                if row["id"] in told:
                    before = row
                elif messages.BEGINS in json.loads(row["details"] or "{}"):
                    before = None
                elif stays and row["ticket_id"] in chosen:
                    continue
                elif before is not None and row["ticket_id"] != before["ticket_id"]:
                    words = row["text"] or f"message {row['id']}"
                    yield f"torn: {words} is not in ticket {before['ticket_id']}"

    def _arrived(self, rows: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        """List the answers among these, and where each one stands in its user's chat."""
        answers = {row["id"]: row for row in rows if row["direction"] == "answer"}
        return [
            (link["message_id"], answers[link["copy_of"]])
            for link in self.ledger.rows("message_links")
            if link["copy_of"] in answers and link["chat_id"] > 0
        ]

    def _left(self, words: dict[str, Any], answer: dict[str, Any]) -> bool:
        """Whether words moved, but not with the answer."""
        return words["id"] in self.ledger.rejoined and words["ticket_id"] != answer["ticket_id"]

    def _of_calm_users(self) -> dict[int, list[dict[str, Any]]]:
        """List the words, and answers, of users whose tickets nobody closed, split or merged."""
        events = self.ledger.rows("ticket_events")
        changed = {row["ticket_id"] for row in events if row["kind"] in _CHANGES}
        users = {self.ledger.tickets[one]["user_id"] for one in changed | self.ledger.merged}
        found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.ledger.messages.values():
            user_id = self.ledger.tickets[row["ticket_id"]]["user_id"]
            if row["direction"] != "note" and user_id not in users:
                found[user_id].append(row)
        return found

    def _row(self, token: str) -> dict[str, Any] | None:
        one = next((one for one in self.ledger.written if one.token == token), None)
        return self.ledger.stored.get((one.chat_id, one.message_id)) if one else None

    def _is_first(self, row: dict[str, Any]) -> bool:
        """Whether it is its ticket's first question, but for older ones that were moved there."""
        return not any(
            one["ticket_id"] == row["ticket_id"]
            and one["direction"] == "question"
            and one["id"] < row["id"]
            and one["id"] not in self.ledger.rejoined
            for one in self.ledger.messages.values()
        )
