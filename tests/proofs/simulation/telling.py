"""Checks that users with several tickets hear when their words join another one than before."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.proofs.simulation.fairness import HARMLESS
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.placing import OF_USERS
from tests.proofs.simulation.plan import TRAFFIC

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

Row = dict[str, Any]

_TURNS = {"opened", "closed", "reopened"}
_ASIDES = {"ticket_closed", "ticket_reopened", "answer_posted"}
_SAID = re.compile(r"Added to ticket #(\d+)")


class Telling:
    """Checks what the users of one run heard."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self.ledger = Ledger(simulation)
        self.people = simulation.people
        self.tokens = {(one.chat_id, one.message_id): one.token for one in self.ledger.written}
        self.told = self._times_of("ticket_joined")
        self.came = self._times_of("question_posted", "card_posted")
        self.events: defaultdict[int, list[Row]] = defaultdict(list)
        for event in self.ledger.rows("ticket_events"):
            self.events[event["ticket_id"]].append(event)
        seen_all = HARMLESS - {"delete_copy"} | TRAFFIC.keys() | OF_USERS
        self._is_all_seen = seen_all.issuperset(simulation.done)

    def findings(self) -> Iterator[str]:
        of_users: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self.ledger.messages.values():
            if row["direction"] == "question" and row["kind"] != "unknown":
                of_users[row["chat_id"]].append(row)
        for rows in of_users.values():
            yield from self._told(rows)
        yield from self._numbers()

    def _told(self, rows: list[Row]) -> Iterator[str]:
        """Go through what a user wrote; `last` is None while it is unclear what words joined.

        Of a user who moved anything it is unclear when.
        """
        if any(map(self._was_moved, rows)):
            return
        last, albums, before = None, set[str](), ""
        asides = self._asides_of(rows[0])
        for row in rows:
            came = self.came.get(row["id"], before)
            if any(before <= at <= came for at in asides):
                last = None  # their chat was about another ticket since, or perhaps not yet
            before = came
            joined, album, token = row["ticket_id"], row["media_group_id"], self._token(row)
            is_told, has_others = row["id"] in self.told, self._has_others(row)
            if is_told and last == joined and token not in self.people.replied:
                yield f"told again: {token} joined ticket {joined}, as the words before did"
            if self.ledger.first_question(joined) == row:
                last = joined
            elif album in albums or token in self.people.others:
                continue
            elif token in self.people.replied and not is_told:  # the bot may know to what
                last = last if last == joined or has_others else None
            else:
                is_other = last not in {None, joined} and has_others
                # A parting is put with a ticket that stays closed, of which nobody need hear.
                if is_other and not is_told and self._was_open(joined, came):
                    yield f"not told: {token} joined ticket {joined}, not {last}"
                last = joined
            albums |= {album} - {None}

    def _asides_of(self, row: Row) -> list[str]:
        """List when a message's writer heard of closes, reopenings, and answers after closes."""
        user_id = self.ledger.tickets[row["ticket_id"]]["user_id"]
        mine = {key for key, one in self.ledger.tickets.items() if one["user_id"] == user_id}
        return [
            at
            for one in self.ledger.deliveries.values()
            if one["ticket_id"] in mine and one["kind"] in _ASIDES
            for at in (one["created_at"], one["sent_at"])
            if at is not None
            and (one["kind"] != "answer_posted" or not self._was_open(one["ticket_id"], at))
        ]

    def _numbers(self) -> Iterator[str]:
        """What a user is told is the number of the ticket that the message joined."""
        seen = set[int]()
        for person in self.people.users:
            for message in self.simulation.telegram.world.chats[person.id].messages.values():
                said = _SAID.search(message.view.get("text", ""))
                place = person.id, message.view.get("reply_to_message", {}).get("message_id", 0)
                row = self.ledger.stored.get(place)
                if row is None or (said is None and not self._was_moved(row)):
                    continue
                seen.add(row["id"])
                if said is None or self._was_moved(row):
                    continue
                if int(said[1]) != self.ledger.tickets[row["ticket_id"]]["daily_id"]:
                    yield f"told wrongly: {said[0]}, but it is in ticket {row['ticket_id']}"
        if self._is_all_seen:
            yield from self._unseen(seen)

    def _unseen(self, seen: set[int]) -> Iterator[str]:
        """Whoever still has several tickets sees what they are told."""
        for message_id in self.told.keys() - seen - self._refused():
            user_id = self.ledger.tickets[self.ledger.messages[message_id]["ticket_id"]]["user_id"]
            of_user = [one for one in self.ledger.tickets.values() if one["user_id"] == user_id]
            events = [event for one in of_user for event in self.events[one["id"]]]
            if all(event["kind"] != "closed" for event in events):
                yield f"told, but not seen: which ticket message {message_id} joined"

    def _refused(self) -> set[int]:
        """Find the messages whose writers had blocked the bot when it told what these joined."""
        return {
            json.loads(one["payload"])["message_id"]
            for one in self.ledger.deliveries.values()
            if one["kind"] == "ticket_joined" and "blocked" in (one["error"] or "")
        }

    def _has_others(self, row: Row) -> bool:
        """Whether another ticket of its writer was certainly open when it came."""
        user_id, at = self.ledger.tickets[row["ticket_id"]]["user_id"], self.came.get(row["id"])
        others = [
            key
            for key, one in self.ledger.tickets.items()
            if one["user_id"] == user_id and key != row["ticket_id"]
        ]
        if at is None or "clock" in self.simulation.done:
            return False
        return any(self._was_open(key, at) for key in others)

    def _was_open(self, ticket_id: int, at: str) -> bool:
        """Whether it was; what happened at the same time may have come before or after."""
        events = [one for one in self.events[ticket_id] if one["kind"] in _TURNS]
        before = [one["kind"] for one in events if one["happened_at"] < at]
        is_clear = all(one["happened_at"] != at for one in events)
        return is_clear and bool(before) and before[-1] != "closed"

    def _was_moved(self, row: Row) -> bool:
        return row["id"] in self.ledger.rejoined

    def _token(self, row: Row) -> str:
        return self.tokens.get((row["chat_id"], row["message_id"]), "")

    def _times_of(self, *kinds: str) -> dict[int, str]:
        """Find when notices about messages were first posted, by message."""
        found: dict[int, str] = {}
        for row in self.ledger.deliveries.values():
            if row["kind"] in kinds and (key := json.loads(row["payload"])["message_id"]):
                found.setdefault(key, row["created_at"])
        return found
