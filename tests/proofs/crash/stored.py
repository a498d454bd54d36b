"""What the bot has stored, read from outside the bot."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import NullPool, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from database.machinery import DeadUpdate, Delivery, DeliveryStatus, Precedence
from database.models import Message, Ticket

_OF_USER = re.compile(r"\b[qa](\d+)\.\d{4}\b")


@dataclass(frozen=True)
class Stored:
    """Rows by id, oldest first."""

    tickets: dict[int, Ticket]
    messages: dict[int, Message]
    deliveries: dict[int, Delivery]
    dead: list[DeadUpdate]

    def numbers(self) -> dict[date, list[int]]:
        """List the numbers of each day's tickets, in order."""
        found = defaultdict(list)
        for ticket in self.tickets.values():
            found[ticket.opened_on].append(ticket.daily_id)
        return {day: sorted(numbers) for day, numbers in found.items()}

    def wrong_numbers(self) -> list[str]:
        """List the days on which the numbers are not 1, 2, 3 …."""
        return [
            f"numbers of {day}: {numbers}"
            for day, numbers in self.numbers().items()
            if numbers != list(range(1, len(numbers) + 1))
        ]

    def misplaced(self) -> list[str]:
        """List the users whose messages are on several tickets, or on somebody else's."""
        tickets: defaultdict[str, set[int]] = defaultdict(set)
        for message in self.messages.values():
            for number in _OF_USER.findall(message.text or ""):
                tickets[number].add(message.ticket_id)
        owners = Counter(ticket for found in tickets.values() for ticket in found)
        return [
            f"messages of user {number} are on tickets {sorted(found)}"
            for number, found in tickets.items()
            if len(found) > 1 or any(owners[ticket] > 1 for ticket in found)
        ]

    def waiting(self) -> list[str]:
        """List the deliveries that are not settled, except redraws and reactions."""
        return [
            f"{one.kind} {one.id} is {one.status}"
            for one in self.deliveries.values()
            if one.status in {DeliveryStatus.WAITING, DeliveryStatus.CLAIMED}
            and one.precedence < Precedence.REDRAW
        ]

    def failed(self) -> list[str]:
        """List the deliveries that failed."""
        return [
            f"{one.kind} {one.id} failed: {one.error}"
            for one in self.deliveries.values()
            if one.status is DeliveryStatus.FAILED
        ]


async def read_stored(url: str) -> Stored:
    """Read everything, without the product's engine, whose connections write."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with AsyncSession(engine) as session:
            tickets = await session.scalars(select(Ticket).order_by(Ticket.id))
            messages = await session.scalars(select(Message).order_by(Message.id))
            deliveries = await session.scalars(select(Delivery).order_by(Delivery.id))
            dead = await session.scalars(select(DeadUpdate).order_by(DeadUpdate.id))
            return Stored(
                {one.id: one for one in tickets},
                {one.id: one for one in messages},
                {one.id: one for one in deliveries},
                list(dead),
            )
    finally:
        await engine.dispose()
