"""Marks tell whether a button or a card is still about the ticket that now has its key.

A restored backup, a fail-over that lost commits and a new database reuse keys, but never marks.
"""

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket


async def fits(session: AsyncSession, ticket_id: int, mark: str) -> bool:
    """Whether the ticket with this key has this mark; an empty one fits none."""
    of_ticket = exists().where(Ticket.id == ticket_id, Ticket.mark == mark)
    return bool(mark) and bool(await session.scalar(select(of_ticket)))
