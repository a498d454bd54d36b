"""What the bot has stored, read from outside the bot, and what its team chose before."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import NullPool, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from core.clock import utcnow
from core.team import StaffMode
from database.machinery import DeadUpdate, Delivery, DeliveryStatus, Precedence
from database.models import Message, Ticket, TicketStatus
from database.team import StaffChatRow, Thread
from services.invariants import check
from services.notices import rules_of
from tests.proofs.crash.lines import Lines

_TOKEN = re.compile(r"\b[qa]\d+\.\d{4}\b")


@dataclass(frozen=True)
class Stored:
    """Rows by id, oldest first."""

    tickets: dict[int, Ticket]
    messages: dict[int, Message]
    deliveries: dict[int, Delivery]
    dead: list[DeadUpdate]
    threads: list[Thread]

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

    def misplaced(self, lines: Lines) -> list[str]:
        """List what is not on the ticket of its line, and lines that are not on one ticket."""
        at = self._tickets_by_token()
        found, holders = list[str](), dict[int, int]()
        for line in lines:
            on = {at[token] for token in line.questions if token in at}
            if len(on) != 1:
                found.append(f"line {line.number} is on tickets {sorted(on)}: {line.questions}")
                continue
            (ticket_id,) = on
            named = f"#{self.tickets[ticket_id].daily_id}"
            if line.ticket not in {"", named}:
                found.append(f"line {line.number} is on {named}, not on {line.ticket}")
            if holders.setdefault(ticket_id, line.number) != line.number:
                found.append(f"lines {holders[ticket_id]} and {line.number} are both on {named}")
            found += [
                f"{token} is on ticket {at[token]}, not on {ticket_id}"
                for token in line.answers
                if token in at and at[token] != ticket_id and not self._replies(token, at[token])
            ]
        return found

    def _tickets_by_token(self) -> dict[str, int]:
        return {
            token: message.ticket_id
            for message in self.messages.values()
            for token in _TOKEN.findall(message.text or "")
        }

    def _replies(self, token: str, ticket_id: int) -> bool:
        """Whether an answer replies to what is on this ticket: it went there with it."""
        return any(
            token in _TOKEN.findall(message.text or "")
            and message.reply_to_id is not None
            and self.messages[message.reply_to_id].ticket_id == ticket_id
            for message in self.messages.values()
        )

    def waiting_for_staff(self, chat_id: int) -> list[int]:
        """List the numbers of the tickets that wait for an answer, longest first."""
        waiting = [
            ticket
            for ticket in self.tickets.values()
            if ticket.staff_chat_id == chat_id
            and ticket.status in {TicketStatus.NEW, TicketStatus.OPEN}
        ]
        waiting.sort(key=lambda ticket: (ticket.waiting_since, ticket.id))
        return [ticket.daily_id for ticket in waiting]

    def waiting(self) -> list[str]:
        """List the deliveries that are not settled, except redraws and reactions."""
        return [
            f"{one.kind} {one.id} is {one.status}"
            for one in self.deliveries.values()
            if one.status in {DeliveryStatus.WAITING, DeliveryStatus.CLAIMED}
            and one.precedence < Precedence.REDRAW
        ]

    def boards_to_do(self) -> bool:
        """Whether something about a board is not settled."""
        pending = {DeliveryStatus.WAITING, DeliveryStatus.CLAIMED}
        return any(
            one.precedence == Precedence.BOARD and one.status in pending
            for one in self.deliveries.values()
        )

    def failed(self, *, decorations: bool = True) -> list[str]:
        """List the deliveries that failed; without `decorations`, those that say something.

        What decorates a message fails if people have deleted it.
        """
        return [
            f"{one.kind} {one.id} failed: {one.error}"
            for one in self.deliveries.values()
            if one.status is DeliveryStatus.FAILED
            and (decorations or not rules_of(one.kind).decorates)
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
            threads = await session.scalars(select(Thread).order_by(Thread.id))
            return Stored(
                {one.id: one for one in tickets},
                {one.id: one for one in messages},
                {one.id: one for one in deliveries},
                list(dead),
                list(threads),
            )
    finally:
        await engine.dispose()


async def wrong_rows(url: str, now: datetime | None = None) -> list[str]:
    """Say what `check` finds wrong."""
    said = list[str]()
    wrong = await check.check(url, now=now or utcnow(), say=said.append)
    return said if wrong else []


async def choose_topics(url: str, chat_id: int) -> None:
    """Have the team have chosen topics, and that all that staff write in them goes to users."""
    engine = create_async_engine(url, poolclass=NullPool)
    chosen = {"mode": StaffMode.FORUM, "hears_threads": True}
    whose = {"chat_id": chat_id, "is_main": True, "by_setting": True, "created_at": utcnow()}
    try:
        async with engine.begin() as connection:
            await connection.execute(insert(StaffChatRow).values(**whose, **chosen))
    finally:
        await engine.dispose()
