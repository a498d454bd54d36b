"""Which of a user's words a list shows: the first of those that wait for staff.

The age that it shows is theirs, too.

1. What passed the turn to staff by itself is in the history (`history.waits_from`): words that
   reopened the ticket, that crossed an answer, came from another ticket, or lost their answer after
   a merge. It counts until a later answer.
2. Else it is the first thing that the user said since the last answer.
3. If all is answered, it is the last thing that the user said.
"""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from database.models import Direction, Message, Ticket, TicketEvent

_Event = aliased(TicketEvent)
_NEWEST_EVENT = (
    select(func.max(_Event.id))
    .where(
        _Event.ticket_id == Ticket.id,
        _Event.details["waits_from"].as_integer().is_not(None),
    )
    .correlate(Ticket)
    .scalar_subquery()
)
_OF_TICKET = select(Message.id).where(Message.ticket_id == Ticket.id).correlate(Ticket, TicketEvent)
_QUESTIONS = _OF_TICKET.where(Message.direction == Direction.QUESTION)
_LAST_ANSWER = func.coalesce(
    _OF_TICKET.where(Message.direction == Direction.ANSWER)
    .order_by(Message.id.desc())
    .limit(1)
    .scalar_subquery(),
    0,
)
_FIRST = _QUESTIONS.order_by(Message.id).limit(1)
_WAITS_FROM = TicketEvent.details["waits_from"].as_integer()
_KNOWN = TicketEvent.details["known"].as_integer()
_SHOWN = func.coalesce(
    _FIRST.where(Message.id >= _WAITS_FROM, _LAST_ANSWER <= _KNOWN).scalar_subquery(),
    _FIRST.where(Message.id > _LAST_ANSWER).scalar_subquery(),
    _QUESTIONS.order_by(Message.id.desc()).limit(1).scalar_subquery(),
)


async def of(session: AsyncSession, ticket_ids: Collection[int]) -> dict[int, Message]:
    """Find the words of each of these tickets; none for a ticket in which its user said nothing."""
    found = await session.execute(
        select(Ticket.id, Message)
        .select_from(Ticket)
        .outerjoin(TicketEvent, TicketEvent.id == _NEWEST_EVENT)
        .join(Message, Message.id == _SHOWN)
        .where(Ticket.id.in_(ticket_ids))
    )
    return dict(found.all())
