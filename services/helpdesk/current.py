"""Which of a user's open tickets is current: what they write without a reply joins it.

Exactly one is, while any is open: the one last spoken in. When it closes, the open one that was
current last takes over. The user's row is locked meanwhile.
"""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import OPEN_OF_USER
from database.models import Ticket
from services import read_ahead

_CURRENT_OF = (
    select(Ticket)
    .where(Ticket.user_id == bindparam("user_id"), Ticket.is_current)
    .with_for_update(key_share=True)
)
_NEXT_OF = (
    select(Ticket)
    .where(OPEN_OF_USER)
    .order_by(Ticket.current_since.desc(), Ticket.id.desc())
    .limit(1)
    .with_for_update(key_share=True)
)


async def ticket_of(session: AsyncSession, user_id: int) -> Ticket | None:
    """Get the user's current ticket, locked; None if no ticket of theirs is open."""
    known = read_ahead.ticket_of(session, user_id)
    if known is not None:
        return known
    found: Ticket | None = await session.scalar(_CURRENT_OF, {"user_id": user_id})
    return found


async def make(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Make an open ticket its user's current one."""
    if ticket.is_current:
        return
    before = await ticket_of(session, ticket.user_id)
    if before is not None:
        before.is_current = False
        await session.flush()  # two may not be current at once
    ticket.is_current, ticket.current_since = True, now


async def hand_over(session: AsyncSession, closed: Ticket) -> None:
    """Make another open ticket current, if this one was."""
    if not closed.is_current:
        return
    closed.is_current = False
    await session.flush()
    following = await session.scalar(_NEXT_OF, {"user_id": closed.user_id})
    if following is not None:
        following.is_current = True
