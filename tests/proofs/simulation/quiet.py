"""Checks what people heard: users everything, staff only what somebody has to act on."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from tests.proofs.simulation import tokens
from tests.proofs.simulation.ledger import Ledger

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# After one of these, what a user writes may be what staff have to act on again.
_ENDS = {"closed", "retracted"}


class Quiet:
    """Checks the sounds of one run."""

    def __init__(self, simulation: "Simulation") -> None:
        self.ledger = Ledger(simulation)

    def findings(self) -> Iterator[str]:
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
        """List the texts that opened tickets, which are on their cards."""
        first = [self.ledger.first_question(ticket_id) for ticket_id in self.ledger.tickets]
        return {token for row in first if row and row["kind"] == "text" for token in _tokens(row)}

    def _following(self) -> set[str]:
        """List what users wrote right after something else of theirs on the same ticket."""
        talks: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in self.ledger.messages.values():
            if row["direction"] != "note" and row["kind"] != "unknown":
                talks[row["ticket_id"]].append(row)
        for event in self.ledger.rows("ticket_events"):
            if event["kind"] in _ENDS:
                talks.pop(event["ticket_id"], None)
        return {
            token
            for talk in talks.values()
            for before, row in pairwise(talk)
            if before["direction"] == row["direction"] == "question"
            for token in _tokens(row)
        }


def _tokens(row: dict[str, Any]) -> list[str]:
    return tokens.of(row["text"] or "")
