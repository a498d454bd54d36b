"""The backlog: what waits for a staff chat when its queue is long, and the card that says so.

The queue is long when it needs more than a minute of the group's limit. Only then does a group
have no room left, so nothing is asked of the database as long as every group has some.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from database.conditions import IS_CARD, PENDING
from database.machinery import BacklogSign, Delivery, DeliveryStatus, Priority
from database.models import Message, MessageLink, Ticket
from services import outbox
from services.notices import CardPosted, CardRedrawn, QuestionEdited, QuestionPosted
from services.outbox import DECORATION

# A card that tells of the backlog is brought up to date this often, if no new card does.
SHOWN_EVERY = timedelta(minutes=1)

# So often it is looked whether the backlog that a card tells of is gone.
LOOKS_EVERY = timedelta(seconds=5)

# No more rows than this are counted: a million of them would stop everything else for seconds.
COUNTED = 1000

_CARDS = frozenset({CardPosted.kind, CardRedrawn.kind})


@dataclass(frozen=True)
class Backlog:
    """Questions and cards that wait for a chat, and how many sends they need with all the rest.

    `at_least`: more waits than was counted.
    """

    waiting: int
    sends: int
    per_minute: float
    at_least: bool = False

    @property
    def is_long(self) -> bool:
        return self.sends > self.per_minute

    @property
    def minutes(self) -> int:
        return ceil(self.sends / self.per_minute)


async def measure(
    session: AsyncSession, chat_id: int, *, per_minute: float, besides: Collection[int]
) -> Backlog:
    """Count what waits for a chat `besides` these deliveries; texts of a lane travel as one."""
    found = (
        select(Delivery)
        .where(
            Delivery.chat_id == chat_id,
            PENDING,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.priority.not_in(DECORATION),
            Delivery.id.not_in(besides),
        )
        .order_by(Delivery.lane, Delivery.id)  # as the index has them, so that it can stop
        .limit(COUNTED)
        .subquery()
    )
    waits = aliased(Delivery, found)
    question = waits.kind == QuestionPosted.kind
    told_of = waits.kind.in_([QuestionPosted.kind, CardPosted.kind])
    merges = and_(question, Message.kind == "text")
    lanes = func.count(waits.ticket_id.distinct()).filter(merges)
    counted = await session.execute(
        select(func.count(), func.count().filter(told_of), func.count().filter(~merges) + lanes)
        .select_from(waits)
        .outerjoin(Message, and_(question, Message.id == waits.payload["message_id"].as_integer()))
    )
    rows, waiting, sends = counted.one()
    return Backlog(waiting, sends, per_minute, at_least=rows == COUNTED)


class Watch:
    """Knows which cards tell of a backlog; there is one for a courier."""

    def __init__(self, per_minute: float) -> None:
        """`per_minute` is a group's limit; with 0 there is none, and never a backlog."""
        self._per_minute = per_minute
        self._signs: dict[int, int] | None = None if per_minute else {}
        self._asked: dict[int, datetime] = {}
        self._looked: datetime | None = None

    def forget(self) -> None:
        """Ask the database anew: what was written down last may be undone."""
        if self._per_minute:
            self._signs = None

    async def seen_with(
        self, session: AsyncSession, head: Delivery, *, besides: Collection[int], last_room: bool
    ) -> Backlog | None:
        """Measure what the card that `head` shows has to tell; None if nothing.

        `besides`: what goes now, itself and others.

        A new card tells it when it takes the `last_room` of its group; one that does already
        goes on doing so when it is drawn anew.
        """
        signs = await self._known(session)
        urgent = head.priority == Priority.SIGN
        if head.kind == CardPosted.kind:
            tells = last_room and head.part == 0
        else:
            tells = head.kind in {CardRedrawn.kind, QuestionEdited.kind} and (
                urgent or (head.ticket_id is not None and signs.get(head.chat_id) == head.ticket_id)
            )
        if not tells or not self._per_minute:
            return None
        backlog = await self._measure(session, head.chat_id, besides=besides)
        return backlog if backlog.is_long else None

    async def shown(
        self, session: AsyncSession, head: Delivery, backlog: Backlog | None, *, now: datetime
    ) -> None:
        """Remember that the card on its way tells of the backlog, or not any more."""
        signs = await self._known(session)
        if head.kind not in _CARDS or head.ticket_id is None:
            return
        before = signs.get(head.chat_id)
        if backlog is not None:
            signs[head.chat_id] = head.ticket_id
            await session.merge(
                BacklogSign(chat_id=head.chat_id, ticket_id=head.ticket_id, shown_at=now)
            )
            if before not in {None, head.ticket_id}:
                await self._redraw(session, before, now=now)
        elif before == head.ticket_id and head.part == 0:
            await self._take_away(session, head.chat_id)

    async def asks(
        self, session: AsyncSession, head: Delivery, *, besides: Collection[int], now: datetime
    ) -> bool:
        """Whether staff must first be told of a backlog, before `head` takes their last room.

        Then the newest card is drawn anew, before what waits; at most once a minute.
        """
        if head.kind in _CARDS or _lately(self._asked.get(head.chat_id), now, SHOWN_EVERY):
            return False
        sign = await session.get(BacklogSign, head.chat_id)
        if sign is not None and _lately(sign.shown_at, now, SHOWN_EVERY):
            return False
        backlog = await self._measure(session, head.chat_id, besides=besides)
        card = await _newest_card(session, head.chat_id) if backlog.is_long else None
        if card is None:
            return False
        self._asked[head.chat_id] = now
        redraw = outbox.post(session, head.chat_id, CardRedrawn(card.id), now=now, ticket=card)
        redraw.priority = Priority.SIGN
        return True

    async def tidy(self, session: AsyncSession, *, now: datetime) -> None:
        """Have the line go from cards that tell of a backlog that is gone."""
        signs = await self._known(session)
        if not signs or _lately(self._looked, now, LOOKS_EVERY):
            return
        self._looked = now
        for chat_id, ticket_id in list(signs.items()):
            backlog = await self._measure(session, chat_id, besides=())
            if not backlog.is_long:
                await self._take_away(session, chat_id)
                await self._redraw(session, ticket_id, now=now)

    async def _known(self, session: AsyncSession) -> dict[int, int]:
        if self._signs is None:
            signs = await session.scalars(select(BacklogSign))
            self._signs = {sign.chat_id: sign.ticket_id for sign in signs}
        return self._signs

    async def _measure(
        self, session: AsyncSession, chat_id: int, *, besides: Collection[int]
    ) -> Backlog:
        return await measure(session, chat_id, per_minute=self._per_minute, besides=besides)

    async def _take_away(self, session: AsyncSession, chat_id: int) -> None:
        (await self._known(session)).pop(chat_id)
        sign = await session.get(BacklogSign, chat_id)
        if sign is not None:
            await session.delete(sign)

    async def _redraw(self, session: AsyncSession, ticket_id: int, *, now: datetime) -> None:
        ticket = await session.get_one(Ticket, ticket_id)
        await outbox.redraw_card(session, ticket, now=now)


def _lately(time: datetime | None, now: datetime, length: timedelta) -> bool:
    """Whether `time` is less than `length` ago; a clock that was set back makes it long ago."""
    return time is not None and timedelta() <= now - time < length


async def _newest_card(session: AsyncSession, chat_id: int) -> Ticket | None:
    """Find the ticket whose card stands last in its staff chat."""
    found: Ticket | None = await session.scalar(
        select(Ticket)
        .join(MessageLink, MessageLink.ticket_id == Ticket.id)
        .where(
            MessageLink.chat_id == chat_id,
            IS_CARD,
            Ticket.staff_chat_id == chat_id,
        )
        .order_by(MessageLink.message_id.desc())
        .limit(1)
    )
    return found
