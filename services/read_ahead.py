"""Reads the rows that many updates or deliveries need, for all of them at once.

They are kept as long as the session, which is one transaction. Other rows are read one by one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from core.team import StaffChat
from database.conditions import IS_CARD, NOT_CLOSED
from database.dialect import one_of
from database.machinery import ChatPause, Delivery
from database.models import Message, MessageLink, Ticket, TicketStatus, User
from database.team import Dialogue, Setting

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
_Card = aliased(MessageLink)
_NEWEST_CARD = (
    select(func.max(MessageLink.id))
    .where(MessageLink.ticket_id == Ticket.id, MessageLink.chat_id == Ticket.staff_chat_id, IS_CARD)
    .scalar_subquery()
)
_TICKETS = (
    select(Ticket, _Card)
    .outerjoin(_Card, _Card.id == _NEWEST_CARD)
    .where(one_of(Ticket.id, "ids"))
    .options(joinedload(Ticket.user), joinedload(Ticket.assigned_staff))
    .execution_options(populate_existing=True)
)
_MESSAGES = select(Message).where(one_of(Message.id, "ids"))


@dataclass
class Prefetched:
    """Rows by the key that they are looked up by, and what is read once a transaction.

    `users` are by Telegram id: in a batch of updates those who wrote, locked; in the courier's turn
    those whose tickets its messages are about. `not_closed` has tickets by user. `cards` has the
    newest card of each of the `tickets` in its staff chat.

    `relocates`: this transaction has found tickets that must move along to another group.

    `staff_chats` (by their ids), `migrations`, `pauses`, `settings` (by key and language) and
    `dialogues` (by chat and question) hold all rows, or None before they are first needed;
    the modules that change them keep them up to date: staff_chats.py, team_settings.py and
    dialogues.py of services/helpdesk, and services/pauses.py.
    """

    users: dict[int, User] = field(default_factory=dict)
    not_closed: dict[int, Ticket] = field(default_factory=dict)
    relocates: bool = False
    staff_chats: dict[int, StaffChat] | None = None
    migrations: dict[int, int] | None = None
    pauses: dict[int, ChatPause] | None = None
    settings: dict[tuple[str, str], Setting] | None = None
    dialogues: dict[tuple[int, int], Dialogue] | None = None
    tickets: dict[int, Ticket] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    cards: dict[int, MessageLink | None] = field(default_factory=dict)


def of(session: AsyncSession) -> Prefetched:
    """Get what was read for this session."""
    found: Prefetched = session.info.setdefault("prefetched", Prefetched())
    return found


async def for_updates(session: AsyncSession, telegram_ids: Collection[int]) -> None:
    """Read those who wrote, and their tickets that are not closed, locked as handlers lock them.

    Users by id, then tickets by id: the order in which `ticket_service` locks them.
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
    """Read what it takes to compose these deliveries."""
    if not deliveries:
        return
    known = of(session)
    ids = {one.ticket_id for one in deliveries if one.ticket_id is not None}
    for ticket, card in await session.execute(_TICKETS, {"ids": ids}):
        known.tickets[ticket.id], known.cards[ticket.id] = ticket, card
        known.users[ticket.user.telegram_id] = ticket.user
    known.messages = await _messages(session, deliveries)


async def _messages(session: AsyncSession, deliveries: Sequence[Delivery]) -> dict[int, Message]:
    ids = {one.payload.get("message_id") for one in deliveries} - {None}
    if not ids:
        return {}
    found = await session.scalars(_MESSAGES, {"ids": ids})
    return {message.id: message for message in found}
