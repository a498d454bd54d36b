"""Checks that it is quiet: what people hear, and what comes together, but soon enough."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from services.helpdesk.closing import TOLD_AFTER
from tests.proofs.simulation import tokens
from tests.proofs.simulation.fairness import Fairness
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.telegram import Call

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# After one of these, what a user writes may be what staff have to act on again.
_ENDS = {"closed", "retracted"}

# How long a turn of the courier takes at most while nothing is wrong, in seconds.
TURN = 1.5


class Quiet:
    """Checks the sounds of one run, and how long what users wrote was gathered."""

    def __init__(self, simulation: "Simulation") -> None:
        self.ledger = Ledger(simulation)
        self.simulation = simulation
        self.fairness = Fairness(simulation)

    def findings(self) -> Iterator[str]:
        yield from self._sounds()
        yield from self._closes()
        busy = self.simulation.plan.limits or self.simulation.telegram.stuck
        if "clock" not in self.simulation.done:
            yield from self._answered()
            if not busy:
                yield from self._gathered()

    def _answered(self) -> Iterator[str]:
        """A ticket waits for its user only if staff could have seen all that the user wrote."""
        passed = {  # the last answer that passed the turn: its message, and when
            event["ticket_id"]: (details["message_id"], event["happened_at"])
            for event in self.ledger.rows("ticket_events")
            if event["kind"] == "answered"
            and "was" in (details := json.loads(event["details"] or "null") or {})
        }
        for row in self.ledger.messages.values():
            ticket_id = row["ticket_id"]
            if self.ledger.tickets[ticket_id]["status"] != "pending" or ticket_id not in passed:
                continue
            answer_id, at = passed[ticket_id]
            call = self._first_call(row)
            if row["direction"] != "question" or row["id"] > answer_id or call is None:
                continue
            if not self.ledger.in_another_ticket.isdisjoint(_tokens(row)):
                continue
            if call.at > self.fairness.time(at) + TURN:
                yield f"waits for its user, who wrote more: ticket {ticket_id}, {_tokens(row)}"

    def _closes(self) -> Iterator[str]:
        """A user hears of a close once it has lasted, and of its undoing only then."""
        heard: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.ledger.deliveries.values():
            if row["kind"] in {"ticket_closed", "ticket_reopened"}:
                heard[row["ticket_id"]].append(row)
        for ticket_id, ticket in self.ledger.tickets.items():
            if ticket_id in self.ledger.merged:
                continue
            kinds = [row["kind"] for row in heard[ticket_id]]
            wanted = ["ticket_closed", "ticket_reopened"] * len(kinds)
            if kinds != wanted[: len(kinds)]:
                yield f"the user of ticket {ticket_id} heard {kinds}"
            if (ticket["status"] == "closed") != (len(kinds) % 2 == 1):
                yield f"ticket {ticket_id} is {ticket['status']}, its user heard {kinds}"
            if "clock" not in self.simulation.done:
                yield from self._early(ticket_id, heard[ticket_id])

    def _early(self, ticket_id: int, heard: list[dict[str, Any]]) -> Iterator[str]:
        """Whoever hears of a close hears it when it has lasted, and not much later."""
        closed_at = [
            self.fairness.time(event["happened_at"])
            for event in self.ledger.rows("ticket_events")
            if event["ticket_id"] == ticket_id and event["kind"] == "closed"
        ]
        for row in heard:
            at = self.fairness.time(row["created_at"])
            since = at - max((one for one in closed_at if one <= at), default=at)
            if row["kind"] == "ticket_closed" and since < TOLD_AFTER.total_seconds():
                yield f"the user of ticket {ticket_id} heard after {since:.1f} s that it is closed"

    def _gathered(self) -> Iterator[str]:
        """What waits only to be gathered leaves in time, unless its chat is busy then."""
        seconds = self.simulation.plan.gathers + TURN
        for wait in self.fairness.calm_waits(seconds):
            message_id = json.loads(wait.row["payload"])["message_id"]
            due, call = wait.since + seconds, self._first_call(self.ledger.messages[message_id])
            if call is None or wait.row["media_group_id"] is not None:
                continue
            if call.at > due and not self._is_busy(call.chat_id, due):
                yield f"gathered for {call.at - wait.since:.1f} s: {sorted(call.carried)}"

    def _is_busy(self, chat_id: int | None, time: float) -> bool:
        """Whether something was on its way to a chat at this time, or just before."""
        return any(
            call.chat_id == chat_id and call.at < time < call.over_at + TURN
            for call in self.simulation.telegram.calls
        )

    def _first_call(self, message: dict[str, Any]) -> Call | None:
        """Find the call that first carried what a user wrote."""
        carried = {*_tokens(message)}
        return next(
            (
                call
                for call in self.simulation.telegram.calls
                if call.chat_id in self.ledger.staff_chats and carried & call.carried
            ),
            None,
        )

    def _sounds(self) -> Iterator[str]:
        """A card is heard when it opens its ticket; what only follows is not."""
        opening, following = self._opening(), self._following()
        seen: set[str] = set()
        sights = [sight for sight in self.ledger.sights if sight.new]
        for (_, chat_id, silent), sent in groupby(
            sights, key=lambda one: (one.at, one.chat_id, one.silent)
        ):
            asked = {token for sight in sent for token in sight.tokens if token[0] == "q"}
            if chat_id not in self.ledger.staff_chats:
                if silent:
                    yield f"a user heard nothing: {chat_id}"
            elif silent and (unheard := (asked & opening) - seen):
                yield f"silent, although it opens a ticket: {sorted(unheard)}"
            elif not silent and asked and asked <= following:
                yield f"heard, although it only follows: {sorted(asked)}"
            seen |= asked

    def _opening(self) -> set[str]:
        """List the texts that opened tickets, which are on their cards.

        What staff split off begins with a message that has a notice, so it may move on. That a card
        did not arrive is heard, so the one that shows it once its group has moved is not.
        """
        events = self.ledger.rows("ticket_events")
        split = {event["ticket_id"] for event in events if event["kind"] == "split"}
        first = map(self.ledger.first_question, self.ledger.tickets.keys() - split)
        opening = {
            token for row in first if row and row["kind"] == "text" for token in _tokens(row)
        }
        told = self.ledger.told_tokens() if self.ledger.moved else set()
        return opening - self.ledger.in_another_ticket - told

    def _following(self) -> set[str]:
        """List what users wrote right after something else of theirs on the same ticket.

        What staff could not see when they answered counts as written after the answer, which may
        be one that was sent again. Thanks have no token: what comes with them may be heard.
        """
        seen, answered, again = self._lasts(), self._answers(), self._answered_at()
        talks: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.ledger.messages.values():
            if row["direction"] != "note" and row["kind"] != "unknown":
                talks[row["ticket_id"]].append(row)
        for ticket_id in self.ledger.merged:
            talks.pop(ticket_id, None)
        for event in self.ledger.rows("ticket_events"):
            if event["kind"] in _ENDS:
                talks.pop(event["ticket_id"], None)
            elif event["kind"] in {
                "moved",
                "split",
            }:  # what was before and after may be elsewhere now
                talks.pop(event["ticket_id"], None)
                talks.pop(json.loads(event["details"])["came_from"], None)
        return {
            token
            for talk in talks.values()
            for before, row in pairwise(talk)
            if before["direction"] == row["direction"] == "question"
            if before["kind"] != "text" or _tokens(before)
            for token in _tokens(row)
            if not any(
                row["id"] < answer_id and token in seen and at <= seen[token]
                for answer_id, at in answered[row["ticket_id"]]
            )
            if not any(
                token in seen and self.fairness.time(before["sent_at"]) <= at <= seen[token]
                for at in again[row["ticket_id"]]
            )
        }

    def _lasts(self) -> dict[str, float]:
        """Tell when each token was shown last: perhaps twice, because an answer was lost."""
        return {
            token: sight.at for sight in self.ledger.sights if sight.new for token in sight.tokens
        }

    def _answers(self) -> defaultdict[int, list[tuple[int, float]]]:
        """List the answers on each ticket, with the time at which they came."""
        found: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for row in self.ledger.messages.values():
            if row["direction"] == "answer":
                found[row["ticket_id"]].append((row["id"], self.fairness.time(row["sent_at"])))
        return found

    def _answered_at(self) -> defaultdict[int, list[float]]:
        """Tell when each ticket was answered, with what was sent again too."""
        found: defaultdict[int, list[float]] = defaultdict(list)
        for event in self.ledger.rows("ticket_events"):
            if event["kind"] == "answered":
                found[event["ticket_id"]].append(self.fairness.time(event["happened_at"]))
        return found


def _tokens(row: dict[str, Any]) -> list[str]:
    return tokens.of(row["text"] or "")
