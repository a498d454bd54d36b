"""Prefetch: what many updates or deliveries are about, read for all of them at once.

It lasts as long as the session, which is one transaction. What is not here is read one by one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from database.dialect import one_of
from database.models import (
    IS_CARD,
    NOT_CLOSED,
    ChatPause,
    Delivery,
    Message,
    MessageLink,
    Ticket,
    TicketStatus,
    User,
)

# Built once: to build them takes longer than to run them.
_USERS = (
    select(User)
    .where(one_of(User.telegram_id, "telegram_ids"))
    .order_by(User.id)
    .with_for_update(key_share=True)
)
_NOT_CLOSED_OF = (
    select(Ticket)
    .where(one_of(Ticket.user_id, "user_ids"), NOT_CLOSED)
    .order_by(Ticket.id)
    .with_for_update(key_share=True)
)
_TICKETS = (
    select(Ticket)
    .where(one_of(Ticket.id, "ids"))
    .options(joinedload(Ticket.user), joinedload(Ticket.assigned_staff))
    .execution_options(populate_existing=True)
)
_MESSAGES = select(Message).where(one_of(Message.id, "ids"))
_CARDS = select(MessageLink).where(
    MessageLink.id.in_(
        select(func.max(MessageLink.id))
        .where(
            one_of(MessageLink.ticket_id, "tickets"),
            one_of(MessageLink.chat_id, "chats"),
            IS_CARD,
        )
        .group_by(MessageLink.ticket_id, MessageLink.chat_id)
    )
)


@dataclass
class Prefetched:
    """Rows by what they are asked for, and what is read once for a transaction.

    `users` are by Telegram id: who wrote, locked, in a batch of updates; whose tickets are worded,
    in the courier's turn. `not_closed` has tickets by user. `cards` has the newest card of each
    ticket in the chat of its deliveries, by both ids.

    `migrations` and `pauses` hold all there are, or None before they are asked for; whoever
    changes them in the transaction keeps them true (services/staff_chat.py, services/pauses.py).
    """

    users: dict[int, User] = field(default_factory=dict)
    not_closed: dict[int, Ticket] = field(default_factory=dict)
    migrations: dict[int, int] | None = None
    pauses: dict[int, ChatPause] | None = None
    tickets: dict[int, Ticket] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    cards: dict[tuple[int, int], MessageLink | None] = field(default_factory=dict)


def of(session: AsyncSession) -> Prefetched:
    """Get what was read for this session."""
    found: Prefetched = session.info.setdefault("prefetched", Prefetched())
    return found


async def for_updates(session: AsyncSession, telegram_ids: Collection[int]) -> None:
    """Read who wrote, and their tickets that are not closed, locked as handlers lock them.

    Users by id, then tickets by id: the order of `tickets.get` and `tickets.receive`.
    """
    known = of(session)
    users = await session.scalars(_USERS, {"telegram_ids": telegram_ids})
    known.users = {user.telegram_id: user for user in users}
    by_id = {user.id: user for user in known.users.values()}
    tickets = await session.scalars(_NOT_CLOSED_OF, {"user_ids": by_id})
    known.not_closed = {ticket.user_id: ticket for ticket in tickets}


def ticket_of(session: AsyncSession, user_id: int) -> Ticket | None:
    """Give a user's ticket that is not closed, if it is here and still is not."""
    ticket = of(session).not_closed.get(user_id)
    return ticket if ticket is not None and ticket.status is not TicketStatus.CLOSED else None


async def for_deliveries(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Read what the wording of these deliveries asks for."""
    if not deliveries:
        return
    known = of(session)
    known.tickets = await _tickets(session, deliveries)
    known.messages = await _messages(session, deliveries)
    known.cards = await _cards(session, deliveries)
    known.users = {ticket.user.telegram_id: ticket.user for ticket in known.tickets.values()}


async def _tickets(session: AsyncSession, deliveries: Sequence[Delivery]) -> dict[int, Ticket]:
    ids = {one.ticket_id for one in deliveries if one.ticket_id is not None}
    found = await session.scalars(_TICKETS, {"ids": ids})
    return {ticket.id: ticket for ticket in found}


async def _messages(session: AsyncSession, deliveries: Sequence[Delivery]) -> dict[int, Message]:
    ids = {one.payload["message_id"] for one in deliveries if "message_id" in one.payload}
    if not ids:
        return {}
    found = await session.scalars(_MESSAGES, {"ids": ids})
    return {message.id: message for message in found}


async def _cards(
    session: AsyncSession, deliveries: Sequence[Delivery]
) -> dict[tuple[int, int], MessageLink | None]:
    groups = {(one.ticket_id, one.chat_id) for one in deliveries if one.chat_id < 0}
    lanes = {(ticket, chat) for ticket, chat in groups if ticket is not None}
    if not lanes:
        return {}
    tickets, chats = {ticket for ticket, _ in lanes}, {chat for _, chat in lanes}
    found = await session.scalars(_CARDS, {"tickets": tickets, "chats": chats})
    return dict.fromkeys(lanes) | {(link.ticket_id, link.chat_id): link for link in found}
