"""What the wording of a notice needs to know besides the notice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from aiogram.utils.formatting import Text
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bot.texts import names
from bot.wording.thread_icons import ThreadIcons
from core.address import Address
from core.text import Piece
from database.machinery import Delivery
from database.models import Direction, KeptWords, Message, MessageLink, Ticket, User
from database.team import Thread
from services import links, read_ahead
from services.delivery.backlog import Backlog

# Telegram's lengths in UTF-16 units (core.telegram.org/bots/api#sendmessage).
TEXT_LIMIT = 4096


@dataclass(frozen=True)
class Desk:
    """What wording a delivery needs: a session to read with, the team's day and zone.

    `offered` may go as one. `address` is where it goes. `backlog` is what a card has to tell
    besides; None if nothing. `thread` is the one of the ticket, if it goes on in one, and `icons`
    what it may have.
    """

    session: AsyncSession
    address: Address
    today: date
    zone: tzinfo
    now: datetime
    offered: Sequence[Delivery]
    backlog: Backlog | None = None
    thread: Thread | None = None
    icons: ThreadIcons = field(default_factory=ThreadIcons)

    @property
    def part(self) -> int:
        """Which piece of the message is next, from 0."""
        return self.offered[0].part

    def number(self, ticket: Ticket) -> str:
        return names.number(ticket.daily_id, ticket.opened_on, self.today)

    async def number_beside(self, ticket: Ticket) -> str:
        """Name the ticket to its user, if another one of theirs is open; else it is clear.

        One that is closed counts until its user hears so.
        """
        return self.number(ticket) if await read_ahead.has_another(self.session, ticket) else ""

    async def merged(self, ticket: Ticket) -> list[Ticket]:
        """List the tickets that were merged into this one, oldest first."""
        if read_ahead.of(self.session).has_merged.get(ticket.id) is False:
            return []
        found = select(Ticket).where(Ticket.merged_into_id == ticket.id).order_by(Ticket.id)
        return list(await self.session.scalars(found))

    async def ticket(self, ticket_id: int) -> Ticket:
        return await ticket(self.session, ticket_id)

    async def person(self, key: int | None) -> User | None:
        """Get somebody we know; None for an anonymous administrator."""
        return await self.session.get(User, key) if key is not None else None

    async def message(self, message_id: int) -> Message:
        known = read_ahead.of(self.session).messages.get(message_id)
        return known if known is not None else await self.session.get_one(Message, message_id)

    async def messages(self) -> list[Message]:
        """Get what the offered deliveries are about, in their order."""
        return [await self.message(one.payload["message_id"]) for one in self.offered]

    def id_here(self, written: Message | KeptWords) -> int | None:
        """Get the id to reply to; None if it was written elsewhere, or before the group moved."""
        return written.message_id if self.address.is_chat_of(written.place) else None

    async def card(self, ticket: Ticket) -> MessageLink | None:
        """Get the ticket's newest card, if the ticket is in this chat."""
        if ticket.staff_chat_id != self.address.chat_id:
            return None
        cards = read_ahead.of(self.session).cards
        if ticket.id in cards:
            return cards[ticket.id]
        return await links.newest_card(self.session, ticket)

    async def first_question(self, ticket: Ticket) -> Message | None:
        """Get the message that opened the ticket."""
        found: Message | None = await self.session.scalar(
            select(Message)
            .where(Message.ticket_id == ticket.id, Message.direction == Direction.QUESTION)
            .order_by(Message.id)
            .limit(1)
        )
        return found


async def ticket(session: AsyncSession, ticket_id: int) -> Ticket:
    """Get a ticket with its people, read ahead or now."""
    known = read_ahead.of(session).tickets.get(ticket_id)
    if known is not None:
        return known
    people = (selectinload(Ticket.user), selectinload(Ticket.assigned_staff))
    return await session.get_one(Ticket, ticket_id, options=people, populate_existing=True)


def rendered(text: Text) -> Piece:
    """Turn formatted text into text with plain entities."""
    plain, entities = text.render()
    return plain, [entity.model_dump(exclude_none=True) for entity in entities]


def content(message: Message) -> Piece:
    """Get a message's text, or its caption, with its entities."""
    return message.text or "", list(message.entities or [])


def previews(message: Message) -> dict[str, Any] | None:
    """Get how the links of a text are to be shown, if somebody chose that."""
    return (message.details or {}).get("link_preview_options")
