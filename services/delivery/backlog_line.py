"""The backlog line: which card tells staff how much waits for them, and what removes it.

Only a long backlog is shown (services/delivery/backlog.py).

| what happens | who shows the line |
|---|---|
| a new card takes the last room of its group's minute | that card |
| other content would take it | the newest card, redrawn first; at most once in `SHOWN_EVERY` |
| the card that shows it is redrawn, or its question edited | the same card, brought up to date |

| what happens | what removes it |
|---|---|
| another card shows it | the earlier card is redrawn without it |
| the card that shows it is redrawn, and the backlog is no longer long | that card |
| the backlog is no longer long, and nothing redraws the card | a timer has it redrawn |

While a group has room left, nothing is read from the database.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import IS_CARD
from database.machinery import BacklogSign, Delivery, Precedence
from database.models import MessageLink, Ticket
from services import outbox, timers
from services.delivery.backlog import Backlog, measure
from services.delivery.decisions import Claimed, Decision, Room
from services.delivery.turn import Turn
from services.notices import CardPosted, CardRedrawn, QuestionEdited
from services.timers import Due, Moment

# How often the card that shows the line is brought up to date, if no new card shows it.
SHOWN_EVERY = timedelta(minutes=1)

# How often to check whether a backlog that a card shows has cleared.
LOOKS_EVERY = timedelta(seconds=5)

# What shows a whole card, and so the line or its absence.
_CARDS = frozenset({CardPosted.kind, CardRedrawn.kind})

# Words and claims a delivery, with the line if there is one.
type Pack = Callable[[Backlog | None], Awaitable[Decision]]


@dataclass(frozen=True)
class LineShown(Due):
    """A card in the chat `subject` shows a backlog, which may be gone."""

    per_minute: float = 0.0


class BacklogLine:
    """Decorates how one courier packs its deliveries."""

    def __init__(self, per_minute: float) -> None:
        """`per_minute` is a group's limit; with 0 there is none, and never a backlog."""
        self._per_minute = per_minute
        self._shown_by: dict[int, int] | None = None
        self._asked: dict[int, datetime] = {}

    def forget(self) -> None:
        """Read again which cards show the line: what was written down last may be undone."""
        self._shown_by = None

    async def pack(
        self, session: AsyncSession, head: Delivery, turn: Turn, *, last_room: bool, pack: Pack
    ) -> Decision:
        """Have `pack` decide about `head`, and its card show the line if the rules say so."""
        if not self._per_minute or head.chat_id > 0:
            return await pack(None)
        if last_room and await self._asks_newest_card(session, head, turn):
            return Room(turn.monotonic)
        line = await self._line_for(session, head, turn, last_room=last_room)
        decision = await pack(line)
        if isinstance(decision, Claimed) and head.kind in _CARDS:
            await self._note(session, head, line, turn)
        return decision

    async def _line_for(
        self, session: AsyncSession, head: Delivery, turn: Turn, *, last_room: bool
    ) -> Backlog | None:
        """Give the backlog that the card of `head` has to show; None if none."""
        match head.kind:
            case CardPosted.kind:
                shows = last_room and head.part == 0
            case CardRedrawn.kind | QuestionEdited.kind:
                shows = head.precedence == Precedence.SIGN or await self._is_shown_by(session, head)
            case _:
                shows = False
        backlog = await self._measure(session, head, turn) if shows else None
        return backlog if backlog is not None and backlog.is_long else None

    async def _asks_newest_card(self, session: AsyncSession, head: Delivery, turn: Turn) -> bool:
        """Have the newest card show the line before `head` takes the last room, if it should."""
        chat_id, now = head.chat_id, turn.now
        if head.kind in _CARDS or _lately(self._asked.get(chat_id), now, SHOWN_EVERY):
            return False
        sign = await session.get(BacklogSign, chat_id)
        if sign is not None and _lately(sign.shown_at, now, SHOWN_EVERY):
            return False
        backlog = await self._measure(session, head, turn)
        card = await _newest_card(session, chat_id) if backlog.is_long else None
        if card is None:
            return False
        self._asked[chat_id] = now
        redraw, first = CardRedrawn(card.id), Precedence.SIGN
        outbox.post(session, chat_id, redraw, now=now, ticket=card, precedence=first)
        return True

    async def _note(
        self, session: AsyncSession, head: Delivery, line: Backlog | None, turn: Turn
    ) -> None:
        """Remember that the card on its way shows the line, or no longer does."""
        shown_by = await self._known(session)
        before, ticket_id = shown_by.get(head.chat_id), head.ticket_id
        if ticket_id is None:
            return
        if line is not None:
            shown_by[head.chat_id] = ticket_id
            await self._write_down(session, head.chat_id, ticket_id, now=turn.now)
            if before not in {None, ticket_id}:
                await turn.write_claims(session)  # or a redraw claimed just now seems to wait
                await _redraw(session, before, now=turn.now)
        elif before == ticket_id and head.part == 0:
            del shown_by[head.chat_id]
            await _take_away(session, head.chat_id)

    async def _write_down(
        self, session: AsyncSession, chat_id: int, ticket_id: int, *, now: datetime
    ) -> None:
        """Note whose card shows the line; if it did not, have it looked after."""
        sign = await session.get(BacklogSign, chat_id)
        if sign is None or sign.ticket_id != ticket_id:
            shown = LineShown(chat_id, self._per_minute)
            await timers.set(session, shown, now + LOOKS_EVERY, now=now)
        if sign is None:
            session.add(BacklogSign(chat_id=chat_id, ticket_id=ticket_id, shown_at=now))
        else:
            sign.ticket_id, sign.shown_at = ticket_id, now

    async def _is_shown_by(self, session: AsyncSession, head: Delivery) -> bool:
        shown_by = await self._known(session)
        return head.ticket_id is not None and shown_by.get(head.chat_id) == head.ticket_id

    async def _known(self, session: AsyncSession) -> dict[int, int]:
        """Give the ticket of the card that shows the line, by chat."""
        if self._shown_by is None:
            signs = await session.scalars(select(BacklogSign))
            self._shown_by = {sign.chat_id: sign.ticket_id for sign in signs}
        return self._shown_by

    async def _measure(self, session: AsyncSession, head: Delivery, turn: Turn) -> Backlog:
        """Count what waits, excluding what goes now: `head` and others."""
        excluding: Collection[int] = [head.id, *turn.claimed]
        return await measure(
            session, head.chat_id, per_minute=self._per_minute, excluding=excluding
        )


@timers.does(LineShown)
async def tidy(session: AsyncSession, shown: LineShown, moment: Moment) -> datetime | None:
    """Have the card redrawn without the line, once the backlog is no longer long."""
    sign = await session.get(BacklogSign, shown.subject)
    if sign is None:
        return None
    backlog = await measure(session, sign.chat_id, per_minute=shown.per_minute, excluding=())
    if backlog.is_long:
        return moment.now + LOOKS_EVERY
    await session.delete(sign)
    await _redraw(session, sign.ticket_id, now=moment.now)
    return None


def _lately(time: datetime | None, now: datetime, length: timedelta) -> bool:
    """Whether `time` is less than `length` ago; a clock that was set back makes it long ago."""
    return time is not None and timedelta() <= now - time < length


async def _redraw(session: AsyncSession, ticket_id: int, *, now: datetime) -> None:
    ticket = await session.get_one(Ticket, ticket_id)
    await outbox.redraw_card(session, ticket, now=now)


async def _take_away(session: AsyncSession, chat_id: int) -> None:
    sign = await session.get(BacklogSign, chat_id)
    if sign is not None:
        await session.delete(sign)


async def _newest_card(session: AsyncSession, chat_id: int) -> Ticket | None:
    """Find the ticket whose card stands last in its staff chat."""
    found: Ticket | None = await session.scalar(
        select(Ticket)
        .join(MessageLink, MessageLink.ticket_id == Ticket.id)
        .where(MessageLink.chat_id == chat_id, IS_CARD, Ticket.staff_chat_id == chat_id)
        .order_by(MessageLink.message_id.desc())
        .limit(1)
    )
    return found
