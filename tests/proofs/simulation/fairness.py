"""Nobody waits longer than promised, however much others write, and whatever gets stuck."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any

from database.machinery import Precedence
from services.delivery.shares import A, B, C
from services.delivery.stalls import OVER
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.people import Written

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# How long a trouble has effects, in seconds: a chat that is held is tried each minute.
FELT_FOR = 70.0

# A message that keeps failing lets others pass after this many seconds. Its tries become rarer, so
# the one that decides may come a while after OVER.
PASSED_WITHIN = 2 * OVER + 60

# Operations that hold up no send.
HARMLESS = frozenset(
    {"save", "link", "leave", "latency", "repeat", "block", "delete_copy", "stubborn", "rival"}
)


@dataclass(frozen=True)
class Wait:
    """One delivery to a staff chat: when it was posted, and when it arrived."""

    row: dict[str, Any]
    ticket_id: int
    since: float
    until: float


class Fairness:
    """Checks the waits in one run, counted in messages as Telegram counts them."""

    def __init__(self, simulation: "Simulation") -> None:
        self.ledger = Ledger(simulation)
        self.simulation = simulation
        self._start = datetime.fromisoformat(simulation.plan.start)

    def findings(self) -> Iterator[str]:
        """List the messages that waited longer than promised, though no trouble held them up."""
        if "clock" in self.simulation.done:  # the times of deliveries are wrong then
            return
        yield from self._held_up()
        if self.simulation.plan.limits:
            yield from self._overtaken()

    def measured(self) -> Iterator[tuple[Written, int, int]]:
        """Yield each message, after how many others it was seen, and how many are allowed."""
        firsts = self.ledger.firsts()
        for one in self.ledger.written:
            wait = self._wait_of(one)
            if wait is None or one.token not in firsts:
                continue
            seen = firsts[one.token][0]
            follows = wait.row["kind"] == "question_posted"
            since = wait.since + follows * self.simulation.plan.gathers
            if not self._disturbed(wait.since, seen):
                yield one, self._sends(since, seen), self._allowed(wait, seen)

    def calm_waits(self, seconds: float) -> Iterator[Wait]:
        """Yield the waits of follow-ups that no trouble held up for this long."""
        for wait in self._waits:
            follows = wait.row["kind"] == "question_posted"
            if follows and not self._disturbed(wait.since, wait.since + seconds):
                yield wait

    def _overtaken(self) -> Iterator[str]:
        for one, sends, allowed in self.measured():
            if sends > allowed:
                yield f"unfair: {one.token} was seen after {sends} messages, allowed {allowed}"

    def _held_up(self) -> Iterator[str]:
        """Messages behind one that keeps failing pass it within minutes.

        Those that travel with it, as parts of one message, wait with it.
        """
        firsts, stubborn = self.ledger.firsts(), self.simulation.telegram.stuck
        if self.simulation.plan.limits or len(self.simulation.processes) > 1:
            return
        for token, (begins, ends) in stubborn.items():
            since = begins + PASSED_WITHIN
            with_it = self._batches(token)
            behind = [
                one
                for one in self._of_lane(token)
                if one.token not in stubborn and self._batches(one.token).isdisjoint(with_it)
            ]
            if since >= ends or self._disturbed(begins + FELT_FOR, since):
                continue
            for one in behind:
                if firsts.get(one.token, (inf,))[0] > max(since, one.at + FELT_FOR):
                    yield f"held up: {one.token} by {token}"

    def _of_lane(self, token: str) -> list[Written]:
        """List what the same user wrote after a message, and did not delete."""
        written = [one for one in self.ledger.written if one.token[:2] == token[:2]]
        number = next(n for n, one in enumerate(written) if one.token == token)
        return [one for one in written[number + 1 :] if not one.deleted]

    def _batches(self, token: str) -> set[int]:
        """Name the messages in which something that was written travelled."""
        one = next(one for one in self.ledger.written if one.token == token)
        row = self.ledger.stored.get((one.chat_id, one.message_id))
        return {
            wait.row["batch_id"]
            for wait in self._waits
            if row and json.loads(wait.row["payload"]).get("message_id") == row["id"]
        } - {None}

    def _wait_of(self, one: Written) -> Wait | None:
        """Find the delivery of a message that the promise covers; None if it covers none.

        It covers a ticket's first message, and a follow-up with nothing of its ticket before it.
        """
        row = self.ledger.stored.get((one.chat_id, one.message_id))
        if row is None or one.token[0] != "q" or row["media_group_id"] is not None:
            return None
        first = self.ledger.first_question(row["ticket_id"])
        if first is not None and first["id"] == row["id"]:
            cards = [w for w in self._waits if w.row["kind"] == "card_posted"]
            mine = [w for w in cards if w.ticket_id == row["ticket_id"]]
            return mine[0] if mine and row["kind"] == "text" else None
        posted = [
            wait
            for wait in self._waits
            if wait.row["kind"] == "question_posted"
            and json.loads(wait.row["payload"])["message_id"] == row["id"]
        ]
        if not posted or any(self._is_before(other, posted[0]) for other in self._waits):
            return None
        return posted[0]

    @staticmethod
    def _is_before(other: Wait, wait: Wait) -> bool:
        """Whether `other` is of the same ticket, and was still waiting when `wait` began."""
        same = other.ticket_id == wait.ticket_id and other.row["id"] < wait.row["id"]
        return same and other.until > wait.since

    def _allowed(self, wait: Wait, seen: float) -> int:
        if wait.row["precedence"] == Precedence.CARD:
            earlier = {
                other.ticket_id
                for other in self._waits
                if other.row["kind"] == "card_posted"
                and other.row["id"] < wait.row["id"]
                and other.until > wait.since
            }
            return A + B * len(earlier)
        others = {w.ticket_id for w in self._waits if w.since < seen and w.until > wait.since}
        return A + C * len(others - {wait.ticket_id})

    def _sends(self, since: float, until: float) -> int:
        """Count the messages that Telegram accepted for staff chats in between."""
        return sum(
            call.cost
            for call in self.simulation.telegram.calls
            if call.chat_id in self.ledger.staff_chats and since < call.processed_at < until
        )

    def _disturbed(self, since: float, until: float) -> bool:
        return any(since - FELT_FOR < at < until for at in self._disturbances)

    @cached_property
    def _disturbances(self) -> list[float]:
        """List the times of all troubles: with a send, a process, the database, the group."""
        stubborn = self.simulation.telegram.stuck
        calls = (
            call.at
            for call in self.simulation.telegram.calls
            if call.went_wrong and not stubborn.keys() & call.carried
        )
        return [*calls, *self.simulation.disturbed]

    @cached_property
    def _waits(self) -> list[Wait]:
        return [
            Wait(
                row,
                row["ticket_id"],
                self.time(row["created_at"]),
                self.time(row["sent_at"]) if row["sent_at"] else inf,
            )
            for row in self.ledger.deliveries.values()
            if row["ticket_id"] is not None and row["chat_id"] in self.ledger.staff_chats
        ]

    def time(self, stored: str) -> float:
        """Tell when a stored time was, in seconds since the start."""
        time = datetime.fromisoformat(stored)
        return (time.replace(tzinfo=self._start.tzinfo) - self._start).total_seconds()
