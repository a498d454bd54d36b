"""Gathering: the first message of a ticket's burst goes at once; what follows goes as one message.

What comes soon after something of its ticket was sent waits for more, but not when anything else
waits behind it in its lane.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.dialect import one_of
from database.machinery import Delivery, DeliveryStatus, Precedence
from database.models import Direction
from services import notices
from services.delivery.recent_sends import Lately
from services.delivery.rings import Head, Place
from services.delivery.turn import Turn
from services.notices import rules_of

# In a staff chat, the classes of what users write.
_WRITTEN = (Precedence.CARD, Precedence.FOLLOW_UP, Precedence.ALBUM)

# How much is remembered before what no longer matters is dropped.
_MANY = 1_000

# What is gathered, and the edits of it.
_TOGETHER = notices.kinds(lambda notice: Direction.QUESTION in {notice.passes_on, notice.edits})
_BEHIND = (
    select(Delivery.chat_id, Delivery.lane)
    .where(
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
        one_of(Delivery.chat_id, "chats"),
        one_of(Delivery.lane, "lanes"),
        Delivery.kind.not_in(_TOGETHER),
    )
    .distinct()
)


@dataclass
class _Burst:
    """What was sent of a ticket lately: when, which delivery, and until when was gathered for it.

    All times are monotonic.
    """

    sent: float
    delivery_id: int = 0
    gathered: float = -inf


class Gathering:
    """Decides for one courier, in monotonic time; what a restart forgets is read from the outbox.

    Nobody waits longer than `window`, however the clock is set.
    """

    def __init__(self, window: timedelta) -> None:
        self._seconds = window.total_seconds()
        self._bursts: dict[Place, _Burst] = {}
        self._waits: dict[int, float] = {}

    def remember(self, sent: Iterable[Lately]) -> None:
        """Continue with what was sent before we started, oldest first."""
        for chat_id, lane, precedence, at in sent:
            if self._counts((chat_id, lane), precedence):
                self._bursts[chat_id, lane] = _Burst(at)

    def leave(self, first: Delivery, now: float) -> None:
        """Note that a delivery goes, with what was gathered behind it."""
        place = first.chat_id, first.lane
        if self._counts(place, first.precedence):
            before = self._bursts.get(place, _Burst(now))
            waited = self._waits.pop(first.id, None) is not None
            self._bursts[place] = _Burst(now, first.id, now if waited else before.gathered)

    async def held(
        self, session: AsyncSession, ready: Collection[Head], turn: Turn
    ) -> frozenset[int]:
        """List those of `ready` that wait for more, by id; the next turn comes in time for them."""
        if not self._seconds:
            return frozenset()
        self.forget(turn.monotonic)
        until = {head: at for head in ready if (at := self._until(head, turn)) > turn.monotonic}
        if not until:
            return frozenset()
        hurried = await _followed_by_others(session, until)
        waits = {head: at for head, at in until.items() if head.place not in hurried}
        for at in waits.values():
            turn.look_at(at)
        return frozenset(head.id for head in waits)

    def _until(self, head: Head, turn: Turn) -> float:
        """Tell when it goes at the latest: a window after it came, as far as clocks are right."""
        burst = self._bursts.get(head.place)
        is_question = rules_of(head.kind).passes_on is Direction.QUESTION
        if burst is None or not is_question or head.attempts or head.id == burst.delivery_id:
            return -inf
        came = min(turn.monotonic_at(head.created_at), turn.monotonic)
        if came < burst.gathered or came - burst.sent >= self._seconds:
            return -inf
        return min(came, self._waits.setdefault(head.id, turn.monotonic)) + self._seconds

    @property
    def remembered(self) -> int:
        return len(self._bursts) + len(self._waits)

    def forget(self, now: float) -> None:
        """Drop what no longer matters, once there is much of it."""
        if self.remembered > _MANY:
            since = now - self._seconds
            self._bursts = {place: one for place, one in self._bursts.items() if one.sent > since}
            self._waits = {one: at for one, at in self._waits.items() if at > since}

    def _counts(self, place: Place, precedence: int) -> bool:
        chat_id, lane = place
        return bool(self._seconds) and chat_id < 0 < lane and precedence in _WRITTEN


async def _followed_by_others(session: AsyncSession, heads: Iterable[Head]) -> set[Place]:
    """List the lanes in which something else waits too, and should not wait for this."""
    places = {head.place for head in heads}
    found = await session.execute(
        _BEHIND, {"chats": [chat for chat, _ in places], "lanes": [lane for _, lane in places]}
    )
    return {(chat_id, lane) for chat_id, lane in found} & places
