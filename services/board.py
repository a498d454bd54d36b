"""The tickets of a staff chat: looked up by what staff type, and listed."""

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.models import NOT_CLOSED, Ticket, TicketStatus
from services.problems import NoSuchTicket, SeveralTickets

PAGE_SIZE = 8

_NUMBER = re.compile(r"(?:(\d{4}-\d{2}-\d{2})/|#)?(\d{1,9})")


@dataclass(frozen=True)
class Page:
    """A page of the tickets that are not closed; pages count from 0."""

    tickets: list[Ticket]
    number: int
    pages: int
    total: int


def is_number(typed: str) -> bool:
    """Whether `typed` looks like a ticket's number: `7`, `#7` or `2026-11-22/7`."""
    return _NUMBER.fullmatch(typed) is not None


async def find_by_number(
    session: AsyncSession, typed: str, *, staff_chat_id: int, command: str, said: str = ""
) -> int:
    """Find the ticket that staff mean by a number, as its key.

    With a date it is exact. Without one it is the ticket that is not closed; if none is, the
    newest; if several are, SeveralTickets. NoSuchTicket if nothing fits.
    """
    match = _NUMBER.fullmatch(typed)
    if match is None:
        raise NoSuchTicket(typed)
    tickets = await _numbered(session, int(match[2]), _day(match[1], typed), staff_chat_id)
    if not tickets:
        raise NoSuchTicket(typed)
    waiting = [ticket for ticket in tickets if ticket.status is not TicketStatus.CLOSED]
    if len(waiting) > 1:
        labels = [f"{ticket.opened_on.isoformat()}/{ticket.daily_id}" for ticket in waiting]
        raise SeveralTickets(command, [ticket.id for ticket in waiting], labels, said)
    return (waiting or tickets)[0].id


async def page(session: AsyncSession, number: int, *, staff_chat_id: int) -> Page:
    """List what is not closed, oldest first; a number beyond the last page gives the last."""
    of_chat = (Ticket.staff_chat_id == staff_chat_id, NOT_CLOSED)
    total = await session.scalar(select(func.count()).select_from(Ticket).where(*of_chat)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(number, 0), pages - 1)
    tickets = await session.scalars(
        select(Ticket)
        .where(*of_chat)
        .options(selectinload(Ticket.user), selectinload(Ticket.assigned_staff))
        .order_by(Ticket.opened_at, Ticket.id)
        .offset(number * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    return Page(list(tickets), number, pages, total)


def _day(typed: str | None, whole: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise NoSuchTicket(whole) from error


async def _numbered(
    session: AsyncSession, daily_id: int, day: date | None, staff_chat_id: int
) -> list[Ticket]:
    found = (
        select(Ticket)
        .where(Ticket.daily_id == daily_id, Ticket.staff_chat_id == staff_chat_id)
        .order_by(Ticket.opened_on.desc())
    )
    if day is not None:
        found = found.where(Ticket.opened_on == day)
    return list(await session.scalars(found))
