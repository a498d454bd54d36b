"""Telegram's limits on sending, with a little tolerance for network delay.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: about one
message a second in a chat (short bursts pass), 20 a minute in a group, about 30 a second over
all. Edits share the budget, createForumTopic counts (tdlib/td#2592), an album counts its
items. Only what Telegram accepted counts.

The exact rules of the sandbox:
* private chat: a bucket of BURST that refills with one a second. A client that sends three at
  once and then one a second never meets it, even if its calls arrive up to a second late;
* group: GROUP in any GROUP_SECONDS (a second less than the minute, for the same reason);
* all chats: TOTAL in any TOTAL_SECONDS.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque

from sandbox.errors import too_many_requests

BURST = 4
GROUP, GROUP_SECONDS = 20, 59.0
TOTAL, TOTAL_SECONDS = 30, 0.9


class Limits:
    """When each chat, and the bot as a whole, may send again."""

    def __init__(self, *, enabled: bool = False) -> None:
        """Switched off unless asked for."""
        self.enabled = enabled
        self._sent: defaultdict[int, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()

    def check(self, now: float, chat_id: int, count: int = 1) -> None:
        """Raise 429 with the seconds to wait if there is no room for `count` more."""
        if not self.enabled or count == 0:
            return
        seconds = max(
            self._wait_total(now, count),
            self._wait_private(now, chat_id, count)
            if chat_id > 0
            else _wait_window(self._sent[chat_id], now, GROUP, GROUP_SECONDS, count),
        )
        if seconds > 0:
            raise too_many_requests(max(1, math.ceil(seconds)))

    def charge(self, now: float, chat_id: int, count: int = 1) -> None:
        """Remember what was sent."""
        self._sent[chat_id].extend([now] * count)
        self._all.extend([now] * count)

    def _wait_total(self, now: float, count: int) -> float:
        return _wait_window(self._all, now, TOTAL, TOTAL_SECONDS, count)

    def _wait_private(self, now: float, chat_id: int, count: int) -> float:
        """Seconds until the bucket holds `count`; its level follows from what was sent."""
        sent = self._sent[chat_id]
        while sent and sent[0] < now - 60:
            sent.popleft()
        level, last = float(BURST), now - 60
        for at in sent:
            level = min(BURST, level + at - last) - 1
            last = at
        level = min(BURST, level + now - last)
        return min(count, BURST) - level


def _wait_window(sent: deque[float], now: float, most: int, seconds: float, count: int) -> float:
    """Seconds until `count` more fit into a sliding window."""
    while sent and sent[0] <= now - seconds:
        sent.popleft()
    over = len(sent) + min(count, most) - most
    return sent[over - 1] + seconds - now if over > 0 else 0.0
