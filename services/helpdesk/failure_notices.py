"""Notices of failures that stand in the staff chat, and come to show how it ended.

1. When one has arrived, `note_place` stores its message's id with it.
2. When what it tells of is sent again, `show_outcome` has it edited, and its button goes. Several
   notices may tell of the same answer, so pressing one button settles all of them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket
from services import outbox
from services.notices import SentAgain, UserReturned, kinds

# Most of what is sent again has arrived or failed within this time.
USUALLY_TAKES = timedelta(seconds=3)

# The most notices that are edited for one press, the newest ones: an edit costs as a message does.
MOST_EDITED = 10


def note_place(notice: Delivery, message_id: int) -> None:
    """Remember as which message a notice stands in its chat."""
    notice.payload = notice.payload | {"told_as": message_id}


def since(seconds: int) -> datetime:
    """Tell since when answers failed that a `UserReturned` offers to send again; 0 is always."""
    return datetime.fromtimestamp(seconds, UTC)


async def show_outcome(
    session: AsyncSession,
    ticket: Ticket,
    sent: Sequence[Delivery],
    pressed: int | None,
    *,
    missed_at: datetime | None,
    now: datetime,
) -> None:
    """Have all that tells of the failures of what was sent again show what became of it.

    `pressed` is the message whose button was pressed. `missed_at` is when the newest of the
    ticket's answers failed that nobody has sent again; None if there is none.
    """
    ids = [one.id for one in sent]
    shown = {pressed: ids} if pressed is not None else {}
    for notice in await _standing(session, ticket):
        place = notice.payload["told_as"]
        if notice.kind == UserReturned.kind:
            if missed_at is None or missed_at < since(notice.payload["since"]):
                shown.setdefault(place, ids)
        elif (failed := notice.payload["delivery_id"]) in ids:
            shown.setdefault(place, [failed])
        if place in shown:
            notice.payload = notice.payload | {"told_as": None}  # it is edited once
    for place, (first, *others) in list(shown.items())[:MOST_EDITED]:
        told = SentAgain(ticket.id, first, ticket.staff_chat_id, place, others)
        later = now + USUALLY_TAKES
        outbox.post(session, ticket.staff_chat_id, told, now=now, ticket=ticket, due_at=later)


async def _standing(session: AsyncSession, ticket: Ticket) -> Sequence[Delivery]:
    """List the notices whose buttons stand in the ticket's chat, newest first."""
    standing = select(Delivery).where(
        Delivery.ticket_id == ticket.id,
        Delivery.kind.in_(kinds(lambda notice: notice.offers_again)),
        Delivery.chat_id == ticket.staff_chat_id,
        Delivery.status == DeliveryStatus.DELIVERED,
        Delivery.payload["told_as"].as_integer().is_not(None),
    )
    return (await session.scalars(standing.order_by(Delivery.id.desc()))).all()
