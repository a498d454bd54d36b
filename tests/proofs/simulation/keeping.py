"""Checks kept words and lost sends: staff know of all kept words, and no lost send is missing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.helpdesk import kept_words, orphans
from tests.proofs.simulation import tokens
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.telegram import Call

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# Old rows are dropped at least this often.
_LOOKED_FOR = timedelta(hours=1)

_NEVER = datetime.min.replace(tzinfo=UTC)


class Keeping:
    """Checks what the database of one run keeps at the end."""

    def __init__(self, simulation: "Simulation") -> None:
        self.ledger = Ledger(simulation)
        self.simulation = simulation
        self.kept = self.ledger.rows("kept_words")
        self.lost = self.ledger.rows("lost_sends")

    def findings(self) -> Iterator[str]:
        yield from self._old()
        yield from self._unasked()
        yield from self._kept_and_sent()
        yield from self._lost_slips()
        yield from self._notices()
        if "clock" not in self.simulation.done:
            yield from self._unrecorded()

    def _old(self) -> Iterator[str]:
        """What nobody decides on is forgotten after a week."""
        now = self.simulation.machine.clock()
        for row in self.kept:
            if _kept_at(row) < now - kept_words.KEPT_FOR - _LOOKED_FOR:
                yield f"kept too long: words {row['id']}"
        for row in self.lost:
            if _time(row["until"]) < now - orphans.KEPT_FOR - _LOOKED_FOR:
                yield f"kept too long: lost send {row['id']}"

    def _unasked(self) -> Iterator[str]:
        """The writer of kept words knows of it; for an album, there is one question."""
        asked = {
            json.loads(row["payload"])["mark"]
            for row in self.ledger.deliveries.values()
            if row["kind"] == "words_kept" and row["status"] == "delivered"
        }
        told_at = [
            _time(row["sent_at"])
            for row in self.ledger.deliveries.values()
            if row["kind"] == "unconfirmed_kept" and row["status"] == "delivered" and row["sent_at"]
        ]
        known = {
            _whole(row)
            for row in self.kept
            if row["mark"] in asked
            or (row["reason"] == "unconfirmed" and max(told_at, default=_NEVER) >= _kept_at(row))
        }
        for row in self.kept:
            if _whole(row) not in known and row["chat_id"] == self.simulation.people.group.id:
                yield f"kept without a question: words {row['id']}"

    def _kept_and_sent(self) -> Iterator[str]:
        """Words that are stored as a message are not kept as well: they might be sent twice."""
        for row in self.kept:
            stored = self.ledger.stored.get((row["chat_id"], row["message_id"]))
            if stored is not None and stored["text"] == json.loads(row["content"])["text"]:
                yield f"kept and sent: words {row['id']}"

    def _lost_slips(self) -> Iterator[str]:
        """Words that begin with a slash are kept, were decided on, or were refused.

        A group that was dropped is only told that it is no staff chat.
        """
        if any(_is_leap(one.how) for one in self.simulation.plan.operations if one.do == "clock"):
            return
        places = {(row["chat_id"], row["message_id"]) for row in self.kept}
        for one in self.ledger.written:
            place = one.chat_id, one.message_id
            known = place in places or place in self.ledger.stored
            if not one.slip or known or self.ledger.is_left_behind(one):
                continue
            if not self.ledger.was_answered(one):
                yield f"lost: {one.token}, which begins with a slash"

    def _notices(self) -> Iterator[str]:
        """A failure notice whose button was pressed shows the true outcome."""
        group = self.simulation.people.group
        for row in self.ledger.deliveries.values():
            if row["kind"] != "sent_again" or row["status"] != "delivered":
                continue
            told = json.loads(row["payload"])
            notice = group.messages.get(told["message_id"])
            if notice is None or told["told_in"] != group.id:
                continue
            status = self.ledger.deliveries[told["delivery_id"]]["status"]
            words = tokens.words_of(notice.view)
            late = self.ledger.last_edit_came_late(group.id, notice.id)
            late = late or self.ledger.can_not_be_edited(group.id, notice.id)
            if ("has arrived" in words and status != "delivered") or (notice.keyboard and not late):
                yield f"untrue: {words!r}, but {told['delivery_id']} is {status}"

    def _unrecorded(self) -> Iterator[str]:
        """Every message in a staff chat that has no link is recorded as a lost send."""
        linked = {(row["chat_id"], row["message_id"]) for row in self.ledger.rows("message_links")}
        for call in self.simulation.telegram.calls:
            if call.heard or not call.processed or call.chat_id not in self.ledger.staff_chats:
                continue
            shown = {token for token in call.shown if token[0] == "q"}
            if not shown or call.card or not call.made:
                continue
            places = {(call.chat_id, number) for number in call.made}
            if places & linked or any(self._fits(row, call, shown) for row in self.lost):
                continue
            yield f"unrecorded: {sorted(shown)} of {call.method} at {call.at:.1f}"

    def _fits(self, row: dict[str, Any], call: Call, shown: set[str]) -> bool:
        """Whether a reply to the message of this call would be offered this lost send's ticket."""
        tickets = {
            stored["ticket_id"]
            for one in self.ledger.written
            if one.token in shown
            and (stored := self.ledger.stored.get((one.chat_id, one.message_id)))
        }
        posted = self.simulation.machine.started + timedelta(seconds=call.processed_at)
        since, until = _time(row["since"]), _time(row["until"])
        in_time = since <= posted + orphans.LEEWAY and until >= posted - orphans.LEEWAY
        copies = (self.ledger.messages[key]["ticket_id"] for key in json.loads(row["copies"]))
        return in_time and not tickets.isdisjoint({*copies} or {row["ticket_id"]})


def _kept_at(row: dict[str, Any]) -> datetime:
    return _time(row["kept_at"])


def _whole(row: dict[str, Any]) -> tuple[int, object]:
    return row["chat_id"], row["media_group_id"] or row["id"]


def _is_leap(how: dict[str, Any]) -> bool:
    """Whether the clock jumps so far that kept words are forgotten."""
    return timedelta(seconds=how["seconds"]) > kept_words.KEPT_FOR


def _time(stored: str) -> datetime:
    time = datetime.fromisoformat(stored)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
