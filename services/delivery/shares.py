"""Shares: which class goes next when there is no room for all.

A staff chat takes 20 messages a minute. Where more waits than that, they are divided:

| class | what it is | share | in what order |
|---|---|---|---|
| SIGN | the line that tells of the backlog, once a minute | first | |
| REACTION | costs nothing | first | |
| CARD | first messages: the card of a new ticket | 5 of 15 | the ticket opened first |
| FOLLOW_UP | what users go on writing, edits, further parts | 5 of 15 | each ticket in turn |
| ALBUM | several pictures as one: it costs their number | 2 of 15 | each ticket in turn |
| CONFIRMATION | something failed; a user is back | 1 of 15 | each ticket in turn |
| REFUSAL | answers to commands, and refusals | 1 of 15 | the last of a kind |
| REDRAW | cards as they are now, and what else can wait | 1 of 15 | each ticket in turn |
| BOARD | the pinned message that says what waits | only if nothing else waits | |

A board also leaves a quarter of each limit to what may come (`Limiter.leftover_at`).

The others get what a class does not need. While one with 5 of 15 sends k messages, the others send
2 k, and at most one more each (an album: 10 more). So however much anybody wrote,

- a first message goes after at most A + B n messages, if n first messages came earlier and wait;
- a follow-up that is the first of its ticket to wait goes after at most A + C n messages, if n
  other tickets have something waiting.

In a forum a first message is two, its topic and its card, unless its user has a topic that is free:
it goes after at most A + B (2 n + 1).

The 30 messages a second of the whole bot are divided likewise: answers 4, staff chats 4,
confirmations to users 2 of 10. Refusals to users, and what else is only for the eyes, take what
these leave, and never the last half of a second's room.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from database.machinery import Precedence

# The constants of that guarantee, in messages as Telegram counts them.
A = 17
B = C = 3

IN_A_STAFF_CHAT: Mapping[int, float] = {
    Precedence.CARD: 5,
    Precedence.FOLLOW_UP: 5,
    Precedence.ALBUM: 2,
    Precedence.CONFIRMATION: 1,
    Precedence.REFUSAL: 1,
    Precedence.REDRAW: 1,
}

# STAFF is everything that goes to staff chats.
STAFF = -1
IN_ALL: Mapping[int, float] = {Precedence.ANSWER: 4, STAFF: 4, Precedence.CONFIRMATION: 2}


class Shares:
    """Start-time fair queueing: each class has a clock, which its sends move on.

    A clock moves by cost / weight, and the class whose clock is furthest behind goes next. A class
    that had nothing to send saves nothing up: its clock is set to that of the class that went last.
    """

    def __init__(self, weights: Mapping[int, float] | None = None) -> None:
        """Without `weights` all classes weigh the same."""
        self._weights = weights or {}
        self._clocks: dict[int, float] = {}
        self._time = 0.0

    def first(self, classes: Iterable[int]) -> int:
        """Tell which of these goes next; the first one named if several are equal."""
        return min(classes, key=self._clock)

    def charge(self, which: int, cost: float, *, in_turn: bool = True) -> None:
        """Count what a class sends; not `in_turn` if it went ahead of its clock."""
        start = self._clock(which)
        if in_turn:
            self._time = start
        self._clocks[which] = start + cost / self._weights.get(which, 1)

    def _clock(self, which: int) -> float:
        return max(self._clocks.get(which, 0.0), self._time)


class Division:
    """How everything that is sent is divided; there is one for a courier."""

    def __init__(self) -> None:
        self._all = Shares(IN_ALL)
        self._staff_chats = Shares()
        self._classes: defaultdict[int, Shares] = defaultdict(lambda: Shares(IN_A_STAFF_CHAT))

    def first(self, waiting: Mapping[int, Collection[int]]) -> tuple[int, int]:
        """Tell what goes next of the classes that wait: by staff chat, and 0 for all other chats.

        Return the same: staff chat or 0, and class.
        """
        bands: dict[int, tuple[int, int]] = {}
        if staff_chats := [chat_id for chat_id in waiting if chat_id]:
            chat_id = self._staff_chats.first(staff_chats)
            bands[STAFF] = chat_id, self._first_in(chat_id, waiting[chat_id])
        others = waiting.get(0, ())
        if Precedence.ANSWER in others:
            bands[Precedence.ANSWER] = 0, Precedence.ANSWER
        if confirmations := set(others) - {Precedence.ANSWER, Precedence.REFUSAL}:
            bands[Precedence.CONFIRMATION] = 0, min(confirmations)
        if not bands:
            return 0, Precedence.REFUSAL
        return bands[self._all.first(band for band in IN_ALL if band in bands)]

    def charge(self, chat_id: int, which: int, cost: float) -> None:
        """Count what was sent of a class to a staff chat, or to another one (0)."""
        if not chat_id:
            if which != Precedence.REFUSAL:
                answer = which == Precedence.ANSWER
                self._all.charge(which if answer else Precedence.CONFIRMATION, cost)
            return
        self._all.charge(STAFF, cost)
        self._staff_chats.charge(chat_id, cost)
        if which == Precedence.SIGN:
            self._classes[chat_id].charge(Precedence.REDRAW, cost, in_turn=False)
        elif which not in {Precedence.REACTION, Precedence.BOARD}:
            self._classes[chat_id].charge(which, cost)

    def _first_in(self, chat_id: int, classes: Collection[int]) -> int:
        for at_once in (Precedence.SIGN, Precedence.REACTION):
            if at_once in classes:
                return at_once
        known = [one for one in IN_A_STAFF_CHAT if one in classes]
        return self._classes[chat_id].first(known or classes)
