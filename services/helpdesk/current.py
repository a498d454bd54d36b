"""Which of a user's open tickets is current: what they write without a reply joins it.

Exactly one is, while any is open: the one last spoken in. When it closes, the open one that was
current last takes over. The user's row is locked meanwhile.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import OPEN_OF_USER
from database.models import Message, Ticket, User
from services import read_ahead
from services.helpdesk import closing

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

_TO_MAKE_CURRENT = (
    select(Ticket.id, Ticket.user_id)
    .join(Message, Message.ticket_id == Ticket.id)
    .where(
        or_(
            ~Ticket.is_current,
            and_(
                Ticket.current_since > bindparam("since"), Ticket.current_since != Ticket.opened_at
            ),
        ),
    )
    .group_by(Ticket.id, Ticket.user_id)
    .order_by(func.max(Message.id))
)


async def ticket_of(session: AsyncSession, user_id: int) -> Ticket | None:
    """Get the user's current ticket, locked; None if no ticket of theirs is open."""
    known = read_ahead.ticket_of(session, user_id)
    if known is not None:
        return known
    found: Ticket | None = await session.scalar(_CURRENT_OF, {"user_id": user_id})
    return found


async def number_open(session: AsyncSession, user_id: int) -> int:
    """Count the user's open tickets."""
    counted = select(func.count()).select_from(Ticket).where(OPEN_OF_USER)
    return await session.scalar(counted, {"user_id": user_id}) or 0


async def all_open(session: AsyncSession, user_id: int) -> Sequence[Ticket]:
    """List the user's open tickets, in their order."""
    opened = select(Ticket).where(OPEN_OF_USER).order_by(Ticket.id)
    return (await session.scalars(opened, {"user_id": user_id})).all()


async def others_open(session: AsyncSession, ticket: Ticket) -> Sequence[Ticket]:
    """List the other open tickets of the ticket's user, in their order."""
    return [one for one in await all_open(session, ticket.user_id) if one.id != ticket.id]


async def make(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Make an open ticket its user's current one, as somebody spoke in it."""
    if ticket.is_current:
        if took_over_lately(ticket, now=now):
            ticket.current_since = now  # it is current on its own account from now on
        return
    await step_down(session, ticket.user_id)
    ticket.is_current, ticket.current_since = True, now


async def step_down(session: AsyncSession, user_id: int) -> bool:
    """Have the user's current ticket, if any, make room for another one; whether there was one."""
    before = await ticket_of(session, user_id)
    if before is not None:
        before.is_current = False
        await session.flush()  # two may not be current at once
    return before is not None


async def hand_over(session: AsyncSession, closed: Ticket, *, now: datetime) -> None:
    """Make another open ticket current from now on, if this one was.

    Both have the same `current_since` then, by which `joining` knows them.
    """
    if not closed.is_current:
        return
    closed.is_current = False
    await session.flush()
    following = await session.scalar(_NEXT_OF, {"user_id": closed.user_id})
    if following is not None:
        following.is_current = True
        closed.current_since = following.current_since = now


def took_over_lately(ticket: Ticket, *, now: datetime) -> bool:
    """Whether a current ticket may have taken over from one whose user can't know of the close."""
    took_over = ticket.current_since != ticket.opened_at
    return took_over and now - ticket.current_since < closing.TOLD_AFTER


async def gave_way_lately(session: AsyncSession, closed: Ticket, *, now: datetime) -> bool:
    """Whether a closed ticket was current until now, for all that its user can know."""
    if closed.closed_at is None or now - closed.closed_at >= closing.TOLD_AFTER:
        return False
    following = await ticket_of(session, closed.user_id)
    if following is None or not took_over_lately(following, now=now):
        return False
    return following.current_since == closed.current_since


async def answered(session: AsyncSession, answer_ids: Collection[int], *, now: datetime) -> None:
    """Make the tickets of these answers, which have arrived, current; not those that are closed.

    It locks users before tickets, as everybody does, so it comes first in its transaction; whoever
    is just writing is left out: what they write decides.
    """
    since = now - closing.TOLD_AFTER
    asked = _TO_MAKE_CURRENT.where(Message.id.in_(answer_ids))
    found = await session.execute(asked, {"since": since})
    spoken_in = [(ticket_id, user_id) for ticket_id, user_id in found]
    if not spoken_in:
        return
    users = select(User.id).where(User.id.in_({user_id for _, user_id in spoken_in}))
    idle = set(await session.scalars(users.with_for_update(key_share=True, skip_locked=True)))
    for ticket_id, user_id in spoken_in:
        if user_id not in idle:
            continue
        ticket = await session.get_one(Ticket, ticket_id, with_for_update={"key_share": True})
        if ticket.closed_at is None:
            await make(session, ticket, now=now)
        else:
            user = await session.get_one(User, user_id)
            user.last_joined_id = ticket_id  # their chat is about it, see `joining`
