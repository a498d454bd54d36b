"""When the next send may go, so that Telegram never has to say 429.

It is told the time, answers with a time, and never sleeps. Times are seconds on a monotonic clock.
The figures are Telegram's own advice (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-
avoid-this): about one message a second in a chat, 20 a minute in a group, 30 a second in all.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

# A private chat accepts a short burst: this many seconds' worth of sends at once.
BURST_SECONDS = 3.0


@dataclass
class Window:
    """At most `count` sends within any `seconds`.

    A send counts from the moment it leaves until `seconds` after its answer: Telegram counted it
    at some moment in between.
    """

    count: float
    seconds: float
    answered: deque[float] = field(default_factory=deque)
    in_flight: int = 0

    def next_at(self, now: float, cost: int, keep: float = 0) -> float:
        """Tell when `cost` sends fit: now, later, or `inf` (only once an answer has come).

        What never fits (an album larger than the window) goes when the window is empty. `keep` is
        the room to be left for others.
        """
        missing = min(cost + keep, self.count) - self.room(now)
        if missing <= 0:
            return now
        if missing > len(self.answered):
            return inf
        return self.answered[int(-(-missing // 1)) - 1] + self.seconds

    def room(self, now: float) -> float:
        """Tell how many sends fit now."""
        while self.answered and self.answered[0] <= now - self.seconds:
            self.answered.popleft()
        return self.count - self.in_flight - len(self.answered)

    def leave(self, cost: int) -> None:
        """Count `cost` sends that leave now."""
        self.in_flight += cost

    def answer(self, now: float, cost: int) -> None:
        """Count them as answered now."""
        self.in_flight -= cost
        self.answered.extend([now] * cost)


class Limiter:
    """The windows of all chats. A limit of 0 is none."""

    def __init__(self, *, per_chat: float = 1, per_group: float = 20, total: float = 30) -> None:
        """`per_chat` a second in a private chat, `per_group` a minute, `total` a second in all."""
        self._per_chat = per_chat
        self.per_group = per_group
        self._total = Window(total, 1.0) if total else None
        self._chats: dict[int, Window] = {}

    def next_at(self, now: float, chat_id: int, cost: int = 1, *, spare: bool = False) -> float:
        """Tell when a send of `cost` messages to the chat may leave.

        `spare`: it is best effort, and leaves half of what the bot may send to everything else.
        """
        times = [now, *(window.next_at(now, cost) for window in self._windows(chat_id))]
        if spare and self._total is not None:
            times.append(self._total.next_at(now, cost, keep=self._total.count // 2))
        return max(times)

    def leftover_at(self, now: float, chat_id: int) -> float:
        """Tell when a send may leave that nothing else is to wait for.

        It leaves a quarter of each limit to what may come.
        """
        windows = self._windows(chat_id)
        return max([now, *(one.next_at(now, 1, keep=one.count // 4) for one in windows)])

    def has_room_at(self, now: float) -> float:
        """Tell when anything at all may leave."""
        return now if self._total is None else self._total.next_at(now, 1)

    def room(self, now: float, chat_id: int = 0) -> float:
        """Tell how many sends there is room for in a group now, or (0) in all other chats."""
        windows = self._windows(chat_id) if chat_id else [self._total]
        return min((window.room(now) for window in windows if window), default=inf)

    def leave(self, chat_id: int, cost: int = 1) -> None:
        """Count a send that leaves now."""
        for window in self._windows(chat_id):
            window.leave(cost)

    def answer(self, now: float, chat_id: int, cost: int = 1) -> None:
        """Count its answer, whatever it says."""
        for window in self._windows(chat_id):
            window.answer(now, cost)

    def remember(self, sends: Iterable[tuple[float, int]]) -> None:
        """Fill in what was sent before we started: (time, chat), oldest first."""
        for at, chat_id in sends:
            self.leave(chat_id)
            self.answer(at, chat_id)

    def full(self, now: float) -> dict[int, float]:
        """Tell which chats have no room now, and when they will; forget those that are idle."""
        full = {}
        for chat_id, window in list(self._chats.items()):
            when = window.next_at(now, 1)
            if when > now:
                full[chat_id] = when
            elif not window.answered and not window.in_flight:
                del self._chats[chat_id]
        return full

    def is_last_room(self, now: float, chat_id: int) -> bool:
        """Whether there is room for one more send in this group, and then none."""
        window = self._chats.get(chat_id) or self._window_of(chat_id)
        return chat_id < 0 and window is not None and window.room(now) < 2  # noqa: PLR2004

    def _windows(self, chat_id: int) -> list[Window]:
        windows = [] if self._total is None else [self._total]
        if chat_id not in self._chats:
            window = self._window_of(chat_id)
            if window is None:
                return windows
            self._chats[chat_id] = window
        return [self._chats[chat_id], *windows]

    def _window_of(self, chat_id: int) -> Window | None:
        """Make a chat's window; Telegram gives groups negative ids."""
        if chat_id < 0:
            return Window(self.per_group, 60.0) if self.per_group else None
        if not self._per_chat:
            return None
        return Window(max(1.0, self._per_chat * BURST_SECONDS), BURST_SECONDS)
