"""Verdicts: what must be true after a run; a finding says what is not."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from sandbox.model import Message
from services.notices import rules_of
from tests.proofs.simulation import tokens
from tests.proofs.simulation.fairness import Fairness
from tests.proofs.simulation.hanging import Hanging
from tests.proofs.simulation.keeping import Keeping
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.people import named
from tests.proofs.simulation.placing import Placing
from tests.proofs.simulation.quiet import Quiet
from tests.proofs.simulation.scenes import UNKNOWN_WORDS
from tests.proofs.simulation.team_words import Reading
from tests.proofs.simulation.telegram import Call
from tests.proofs.simulation.telling import Telling
from tests.proofs.simulation.whispering import Silence

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

# Within this many seconds an answer is settled, and what follows from it is sent.
SETTLED_WITHIN = 2.0


def findings(simulation: "Simulation") -> list[str]:
    """List everything that is wrong with a run, in words."""
    return list(Verdict(simulation).findings())


def counts(simulation: "Simulation") -> dict[str, int]:
    """Count what happened, for the table."""
    return Ledger(simulation).counts()


class Verdict(Ledger):
    """The promises, a check each."""

    def findings(self) -> Iterator[str]:
        if "restore" in self.simulation.done:  # what came after the backup is lost
            for check in (self._mistakes, self._wrong_recipient, self._other_team, self._unrelated):
                yield from check()
            return
        for check in (
            self._mistakes,
            self._outbox,
            self._lost,
            self._unrecognised,
            self._wrong_recipient,
            self._other_team,
            self._unrelated,
            self._given_up,
            self._twice,
            self._order,
            self._edits,
            self._numbers,
            self._limits,
            self._cards,
            self._links,
            self._statuses,
            Fairness(self.simulation).findings,
            Keeping(self.simulation).findings,
            Reading(self.simulation).findings,
            Quiet(self.simulation).findings,
            Placing(self.simulation).findings,
            Telling(self.simulation).findings,
            Hanging(self.simulation).findings,
            Silence(self.simulation).findings,
            self.simulation.bells.findings,
            self.simulation.forum.findings,
        ):
            yield from check()

    # The checks -------------------------------------------------------------------------------

    def _mistakes(self) -> Iterator[str]:
        """The bot makes no mistakes, which its log would name, and can handle every update."""
        for line in self.simulation.log.mistakes:
            yield f"mistake: {line[-1500:]}"
        for (error,) in self.store.ask("SELECT error FROM dead_updates"):
            yield f"set aside: {error[-1500:]}"

    def _outbox(self) -> Iterator[str]:
        for row in self.deliveries.values():
            if row["status"] in {"waiting", "claimed"}:
                yield f"outbox: {row['kind']} {row['id']} is {row['status']} ({row['error']})"
            elif row["status"] == "failed" and not self.refused(row):
                yield f"failed: {row['kind']} {row['id']} ({row['error']})"

    def _lost(self) -> Iterator[str]:
        """Everything was seen, or its writer was told why not.

        After the clock was set, the right ticket may not be among those that staff can choose; and
        while the bot is not in the group, the press that chooses one is refused.
        """
        shown, told = self.firsts(), self.told_tokens() | self._left_behind()
        if {"clock", "kick"} & {*self.simulation.done}:
            told |= self.undecided()
        # People deleted these with their thread, and so could not see what they were asked about.
        told |= {one.token for one in self.written if one.deleted} & self.undecided()
        for one in self.written:
            if one.note or one.token in shown or one.token in told:
                continue
            if one.retracted or self.is_note(one) or self.was_answered(one):
                continue
            yield f"lost: {one.token}"

    def _left_behind(self) -> set[str]:
        """Find what was said in a group that was dropped: the bot only tells the group so."""
        unheard = (one for one in self.written if self.is_left_behind(one))
        return {one.token for one in unheard if (one.chat_id, one.message_id) not in self.stored}

    def _unrecognised(self) -> Iterator[str]:
        """Whoever replies to an unknown copy need only press a button, not retype the answer.

        After the clock was set, the times of sends do not fit.
        """
        if "clock" in self.simulation.done:
            return
        for one in self.written:
            if one.token[0] == "a" and not one.note and self.was_unknown(one):
                yield f"unrecognised: {one.token}"

    def _wrong_recipient(self) -> Iterator[str]:
        """Nobody sees a message that was not for them."""
        notes = {one.token for one in self.written if one.note}
        for sight in self.sights:
            for token in sight.tokens:
                if sight.chat_id in self.staff_chats:
                    right = token[0] == "q" or token in notes
                else:
                    user = self.users.get(sight.chat_id)
                    right = token[0] == "a" and tokens.user_of(token) == user
                    right = right and token not in notes
                if not right:
                    yield f"wrong recipient: {token} in {sight.chat_id}"

    def _other_team(self) -> Iterator[str]:
        """A staff chat sees neither words nor names of another one's users."""
        second_users = self.simulation.people.second_users
        for sight in self.sights:
            if sight.chat_id not in self.staff_chats:
                continue
            for user in {*map(tokens.user_of, sight.tokens), *named(sight.words)}:
                if (user in second_users) != (sight.chat_id in self.second_chats):
                    yield f"other team: user {user} in {sight.chat_id}: {sight.words[:200]!r}"

    def _unrelated(self) -> Iterator[str]:
        """Nobody changes the ticket of a user that they had nothing to do with."""
        people = {row["id"]: row["telegram_id"] for row in self.rows("users")}
        for event in self.rows("ticket_events"):
            user = self.users[people[self.tickets[event["ticket_id"]]["user_id"]]]
            actor = people.get(event["actor_id"])
            if actor in {None, *self.users} or (actor, user) in self.simulation.people.dealings:
                continue
            yield f"unrelated: {event['kind']} on a ticket of user {user} by {actor}"

    def _given_up(self) -> Iterator[str]:
        """A message refused in unknown words waits if its chat refused everything else too.

        The failure notice is sent before everything else; if it is refused, everything waits.
        """
        refused = [
            call
            for call in self.simulation.telegram.calls
            if call.description == UNKNOWN_WORDS and call.chat_id in self.staff_chats
        ]
        for row in self.deliveries.values():
            if row["error"] != UNKNOWN_WORDS or row["status"] != "failed":
                continue
            if not rules_of(row["kind"]).reported or row["chat_id"] > 0:
                continue
            tries = [call for call in refused if {*self.tokens_of(row)} & call.carried]
            answered = max((call.over_at for call in tries), default=inf)
            if any(call.at > answered + SETTLED_WITHIN for call in refused):
                yield f"given up: {row['kind']} {row['id']}, although its chat refused everything"

    def _twice(self) -> Iterator[str]:
        """Nothing is shown twice, unless an answer was lost; then the log announces it."""
        excuses = self.excuses()
        announced = self.by_token(self.simulation.log.announced)
        anew = self.simulation.witness.sent_instead_of_edit() + self.simulation.witness.landed()
        for token, number in self.duplicates().items():
            if number > excuses[token]:
                yield f"twice: {token} {number} times more, excused {excuses[token]}"
            elif number > announced[token] + anew[token]:
                yield f"unannounced: {token} {number} times more, announced {announced[token]}"

    def _order(self) -> Iterator[str]:
        """Within a ticket and a chat, everything is seen in the order in which it was written."""
        firsts, excuses = self.firsts(), self.excuses()
        # What was sent again on request comes late. So does a send whose answer was lost, if its
        # message was taken back before the next try.
        late = (
            self.told_tokens()
            | self.in_another_ticket
            | self.stuck()
            | self.simulation.people.kept
            | {one.token for one in self.written if one.retracted and excuses[one.token]}
        )
        lanes: defaultdict[tuple[int, str, int | None], list[str]] = defaultdict(list)
        unconfirmed = self.unconfirmed()
        for one in self.written:
            row = self.stored.get((one.chat_id, one.message_id))
            if row is not None and one.token in firsts and one.token not in late:
                passed = row["author_id"] if row["author_id"] in unconfirmed else None
                lanes[row["ticket_id"], one.token[0], passed].append(one.token)
        for lane in lanes.values():
            for early, after in pairwise(lane):
                if firsts[after] < firsts[early]:
                    yield f"out of order: {after} was seen before {early}"

    def _edits(self) -> Iterator[str]:
        """People see the newest wording, and nothing that was taken back."""
        firsts, told, excuses = self.firsts(), self.told_tokens(), self.excuses()
        newest = self.now_shown()
        for one in self.written:
            if one.token not in firsts or one.token in told or one.note:
                continue
            if self.is_left_behind(one) and self.stored_edits(one) < one.edits:
                continue
            if one.retracted:
                if newest[one.token] and not excuses[one.token] and not self.deletion_failed(one):
                    yield f"not taken back: {one.token}"
            elif one.edits and not self.edit_may_have_failed(one):
                shown = [sight.words for sight in newest[one.token]]
                late = any(
                    self.last_edit_came_late(sight.chat_id, sight.message_id)
                    for sight in newest[one.token]
                )
                if not late and not any(one.words in words for words in shown):
                    yield f"edit not seen: {one.words!r}, but {shown}"

    def _numbers(self) -> Iterator[str]:
        """The tickets of each day are numbered 1 to n, and its counter says n."""
        given: defaultdict[str, list[int]] = defaultdict(list)
        for row in self.tickets.values():
            given[row["opened_on"]].append(row["daily_id"])
        last = dict(self.store.ask("SELECT day, last_number FROM daily_ticket_counter"))
        for day, numbers in given.items():
            if sorted(numbers) != list(range(1, len(numbers) + 1)):
                yield f"numbers of {day}: {sorted(numbers)}"
            if last.get(day) != len(numbers):
                yield f"counter of {day}: {last.get(day)}, tickets {len(numbers)}"

    def _limits(self) -> Iterator[str]:
        """The bot never exceeds Telegram's limits."""
        if "clock" in self.simulation.done:
            return  # a new process knows by the clock what was sent just before
        for call in self.simulation.telegram.provoked:
            if self._counted_late(call):
                continue
            before = Counter(
                f"{other.method} of process {other.process}"
                for other in self.simulation.telegram.calls
                if other.chat_id == call.chat_id
                and call.at - 60 < other.at < call.at
                and other.processed
            )
            who = f"process {call.process} provoked it by {call.method} to {call.chat_id}"
            yield f"429: {who} at {call.at:.1f}, after {dict(before)}"

    def _counted_late(self, refused: Call) -> bool:
        """Whether in that minute Telegram counted a send that the bot had given up."""
        return any(
            call.came_late and call.processed_at > refused.at - 60
            for call in self.simulation.telegram.calls
            if call.chat_id == refused.chat_id
        )

    def _cards(self) -> Iterator[str]:
        """The newest card of a ticket offers what can be done with it now."""
        people = self.simulation.people
        groups = {chat.id: chat for chat in (people.group, *people.second_groups[-1:])}
        newest = {
            row["ticket_id"]: row
            for row in self.rows("message_links")
            if row["kind"] == "card" and row["chat_id"] in groups
        }
        for row in newest.values():
            ticket = self.tickets[row["ticket_id"]]
            card = groups[row["chat_id"]].messages.get(row["message_id"])
            failed = ("card_redrawn", "card_posted")  # staff were told, and can send it again
            if card is None or any(self.any_failed(ticket["id"], kind) for kind in failed):
                continue
            if self.last_edit_came_late(card.chat.id, card.id):
                continue
            wanted = "over" if ticket["assigned_to"] else "take"
            if _first_button(card) != ("reopen" if ticket["status"] == "closed" else wanted):
                yield f"card of ticket {ticket['id']}: {card.keyboard}, is {ticket['status']}"

    def _links(self) -> Iterator[str]:
        """What a link carried is recorded with the ticket that its user wrote on next."""
        if "clock" in self.simulation.done:
            return
        known = {
            (row["ticket_id"], json.loads(row["details"])["payload"])
            for row in self.rows("ticket_events")
            if row["kind"] == "came_by_link"
        }
        for row in self.messages.values():
            for token in tokens.of(row["text"] or ""):
                payload = self.simulation.people.links.get(token)
                if token in self.in_another_ticket:
                    continue
                if payload is not None and (row["ticket_id"], payload) not in known:
                    yield f"link: {payload} of {token} is not with ticket {row['ticket_id']}"

    def _statuses(self) -> Iterator[str]:
        """A ticket is pending only if it has an answer that has not failed."""
        sends = {
            json.loads(row["payload"])["message_id"]: row["status"]
            for row in self.rows("deliveries")
            if row["kind"] == "answer_posted"
        }
        answered = {
            row["ticket_id"]
            for key, row in self.messages.items()
            if row["direction"] == "answer" and sends.get(key) != "failed"
        }
        for ticket in self.tickets.values():
            if ticket["status"] == "pending" and ticket["id"] not in answered:
                yield f"status: ticket {ticket['id']} is pending, but its user has no answer"


def _first_button(card: Message) -> str:
    """Tell what the first button of a card does, and with it whether somebody has the ticket."""
    rows = (card.keyboard or {}).get("inline_keyboard") or [[{}]]
    return str(rows[0][0].get("callback_data", "")).partition(":")[0]
