"""Reads the rows that many updates or deliveries need, for all of them at once.

They are kept as long as the session, which is one transaction. Other rows are read one by one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from database.conditions import CLOSE_UNTOLD, IS_CARD
from database.dialect import one_of
from database.machinery import Delivery, Timer
from database.models import Message, MessageLink, Ticket, User
from database.team import Thread

_USERS = (
    select(User)
    .where(one_of(User.telegram_id, "telegram_ids"))
    .order_by(User.id)
    .with_for_update(key_share=True)
)
_CURRENT_OF = (
    select(Ticket)
    .where(one_of(Ticket.user_id, "user_ids"), Ticket.is_current)
    .order_by(Ticket.id)
    .with_for_update(key_share=True)
)
_Card = aliased(MessageLink)
_NEWEST_CARD = (
    select(func.max(MessageLink.id))
    .where(MessageLink.ticket_id == Ticket.id, MessageLink.chat_id == Ticket.staff_chat_id, IS_CARD)
    .scalar_subquery()
)
_Other, _Merged = aliased(Ticket), aliased(Ticket)
_OF_OTHER = (_Other.user_id == Ticket.user_id, _Other.id != Ticket.id)
_HAS_ANOTHER = or_(
    exists().where(*_OF_OTHER, _Other.closed_at.is_(None)),
    exists().where(CLOSE_UNTOLD, _Other.id == Timer.subject, *_OF_OTHER),
)
_HAS_MERGED = exists().where(_Merged.merged_into_id == Ticket.id)
_TICKETS = (
    select(Ticket, _Card, Thread, _HAS_ANOTHER, _HAS_MERGED)
    .select_from(Ticket)
    .outerjoin(_Card, _Card.id == _NEWEST_CARD)
    .outerjoin(
        Thread,
        and_(Thread.chat_id == Ticket.staff_chat_id, Thread.thread_id == Ticket.thread_id),
    )
    .where(one_of(Ticket.id, "ids"))
    .options(joinedload(Ticket.user), joinedload(Ticket.assigned_staff))
    .execution_options(populate_existing=True)
)
_MESSAGES = select(Message).where(one_of(Message.id, "ids"))


@dataclass
class ReadAhead:
    """Rows by the key that they are looked up by.

    For a batch of updates: `writers`, by Telegram id, and their `current` tickets, by user; all
    locked. `newcomers` are users, by Telegram id, whom the batch added and who have no ticket yet.
    For a courier's turn: `recipients`, by Telegram id, are the users of the `tickets`, `cards` has
    the newest card of each in its staff chat, `threads` the thread that it goes on in, if it does,
    `has_another` says whether the user of each has another open one, for all that they can know,
    `has_merged` whether others were merged into it, and `messages` are what is sent.
    """

    writers: dict[int, User] = field(default_factory=dict)
    current: dict[int, Ticket] = field(default_factory=dict)
    newcomers: set[int] = field(default_factory=set)
    recipients: dict[int, User] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    cards: dict[int, MessageLink | None] = field(default_factory=dict)
    threads: dict[int, Thread] = field(default_factory=dict)
    has_another: dict[int, bool] = field(default_factory=dict)
    has_merged: dict[int, bool] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)


def of(session: AsyncSession) -> ReadAhead:
    """Get what was read for this session."""
    found: ReadAhead = session.info.setdefault("read_ahead", ReadAhead())
    return found


async def for_updates(session: AsyncSession, telegram_ids: Collection[int]) -> None:
    """Read those who wrote, and their current tickets, locked as handlers lock them.

    Users by id, then tickets by id: the order in which `ticket_service` locks them.
    """
    known = of(session)
    users = await session.scalars(_USERS, {"telegram_ids": telegram_ids})
    known.writers = {user.telegram_id: user for user in users}
    by_id = {user.id: user for user in known.writers.values()}
    tickets = await session.scalars(_CURRENT_OF, {"user_ids": by_id})
    known.current = {ticket.user_id: ticket for ticket in tickets}


def ticket_of(session: AsyncSession, user_id: int) -> Ticket | None:
    """Give a user's current ticket, if it is here and still is current."""
    ticket = of(session).current.get(user_id)
    return ticket if ticket is not None and ticket.is_current else None


async def for_deliveries(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Read what it takes to compose these deliveries."""
    if not deliveries:
        return
    known = of(session)
    ids = {one.ticket_id for one in deliveries if one.ticket_id is not None}
    found = await session.execute(_TICKETS, {"ids": ids})
    for ticket, card, thread, has_another, has_merged in found:
        known.tickets[ticket.id], known.cards[ticket.id] = ticket, card
        if thread is not None:
            known.threads[ticket.id] = thread
        known.recipients[ticket.user.telegram_id] = ticket.user
        known.has_another[ticket.id], known.has_merged[ticket.id] = has_another, has_merged
    known.messages = await _messages(session, deliveries)


async def has_another(session: AsyncSession, ticket: Ticket) -> bool:
    """Whether the ticket's user has another open one, for all that they can know."""
    known = of(session).has_another.get(ticket.id)
    if known is not None:
        return known
    found = await session.scalar(select(_HAS_ANOTHER).where(Ticket.id == ticket.id))
    return bool(found)


async def _messages(session: AsyncSession, deliveries: Sequence[Delivery]) -> dict[int, Message]:
    ids = {one.payload.get("message_id") for one in deliveries} - {None}
    if not ids:
        return {}
    found = await session.scalars(_MESSAGES, {"ids": ids})
    return {message.id: message for message in found}
