"""Checks the boards: what they show when all is quiet, how often they change, without a sound."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sandbox.model import Chat
from services.helpdesk.boards import EDITED_EVERY, MOST_SHOWN
from tests.proofs.simulation import tokens
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.telegram import Call

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# A line of a board begins with a sign, the number and, on another day, the day.
_NUMBER = re.compile(r"^\S+ #(\d+) ", re.MULTILINE)

# What may have to be done about a former board; if Telegram refused it, that one remains.
_REMOVALS = {"board_unpinned", "board_retired"}


class Hanging:
    """Checks the boards of one run."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self.ledger = Ledger(simulation)
        self.boards = self.ledger.rows("boards")

    def findings(self) -> Iterator[str]:
        yield from self._heard()
        yield from self._too_often()
        for board in self.boards:
            yield from self._untrue(board)
        yield from self._several()

    def _untrue(self, board: dict[str, Any]) -> Iterator[str]:
        """When all is quiet, the board is there, and names what waits."""
        chat = self.simulation.telegram.world.chats[board["chat_id"]]
        message = chat.messages.get(board["message_id"] or 0)
        if message is None:
            if not (self._was_removed() or self._failed({"board_shown"})):
                yield f"board: none in {chat.id}, though it is on"
            return
        if self._failed({"board_shown"}) or self.ledger.last_edit_came_late(chat.id, message.id):
            return
        waiting = sorted(
            (
                one
                for one in self.ledger.tickets.values()
                if one["staff_chat_id"] == chat.id and one["status"] in {"new", "open"}
            ),
            key=lambda one: (one["waiting_since"], one["id"]),
        )
        words = tokens.words_of(message.view)
        wanted = [one["daily_id"] for one in waiting[:MOST_SHOWN]]
        if [int(number) for number in _NUMBER.findall(words)] != wanted:
            yield f"board of {chat.id}: {words!r}, but {wanted} wait"
        if waiting and not words.startswith(f"{len(waiting)} ticket"):
            yield f"board of {chat.id}: {words!r}, but {len(waiting)} wait"

    def _several(self) -> Iterator[str]:
        """A group has at most one pinned board, and that is the live one."""
        live = {(one["chat_id"], one["message_id"]) for one in self.boards}
        if self._failed(_REMOVALS):
            return
        for chat in self._groups():
            for message in chat.pins():
                if tokens.is_board(message.view) and (chat.id, message.id) not in live:
                    yield f"board: {message.id} in {chat.id} is a former one, and pinned"

    def _groups(self) -> Iterator[Chat]:
        """List the groups as they are now; where one was before, nobody reads."""
        people = self.simulation.people
        yield from [people.group, *people.second_groups[-1:]]

    def _was_removed(self) -> bool:
        """Whether somebody deleted one, which shows with the next change."""
        done = {*self.simulation.done}
        return bool({"remove_board", "delete_copy", "fault"} & done)

    def _failed(self, kinds: set[str]) -> bool:
        rows = self.ledger.deliveries.values()
        return any(one["kind"] in kinds and one["status"] == "failed" for one in rows)

    def _heard(self) -> Iterator[str]:
        for sight in self.ledger.sights:
            if sight.new and not sight.silent and tokens.is_board({"text": sight.words}):
                yield f"board: {sight.message_id} in {sight.chat_id} made a sound"

    def _too_often(self) -> Iterator[str]:
        """Between two edits of a board that Telegram confirmed, there is some time."""
        if "clock" in self.simulation.done:
            return
        for one, other in pairwise(self._edits()):
            same = (one.chat_id, one.process) == (other.chat_id, other.process)
            gap = other.at - one.over_at
            if same and one.heard and gap < EDITED_EVERY.total_seconds():
                yield f"board: edited again after {gap:.1f} s in {one.chat_id}"

    def _edits(self) -> list[Call]:
        found = [
            call
            for call in self.simulation.telegram.calls
            if call.method == "editMessageText"
            and call.processed
            and re.match(r"\d+ tickets? waits? for our|Nothing waits|All tic", self._words(call))
        ]
        return sorted(found, key=lambda call: (call.chat_id or 0, call.at))

    def _words(self, call: Call) -> str:
        listed = tokens.under_list(call.params.json("reply_markup", "reply markup"))
        return "" if listed else call.params.text("text")
