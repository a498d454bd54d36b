"""Marks: whether a button, or a card that is replied to, is about the ticket that has its key now.

A restored backup, a fail-over that lost commits and a new database give keys again, marks never.
"""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket


async def fits(session: AsyncSession, ticket_id: int, mark: str) -> bool:
    """Whether the ticket with this key has this mark; an empty one fits none."""
    of_ticket = exists().where(Ticket.id == ticket_id, Ticket.mark == mark)
    return bool(mark) and bool(await session.scalar(select(of_ticket)))
