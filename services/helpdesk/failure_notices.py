"""Notices of failures in the staff chat, which are edited later to show the outcome.

1. When one has arrived, `note_place` stores the id of its message with it.
2. When what failed is sent again, `show_outcome` has the notice edited, and its button disappears.
   Several notices may be about the same answer, so one press settles all of them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket
from services import outbox
from services.notices import SentAgain, UserReturned, kinds

# Most messages that are sent again have arrived or failed within this time.
USUALLY_TAKES = timedelta(seconds=3)

# Edit at most this many notices for one press, the newest: an edit costs as much as a message.
MOST_EDITED = 10


def note_place(notice: Delivery, message_id: int) -> None:
    """Remember the id that a notice's message has in its chat."""
    notice.payload = notice.payload | {"told_as": message_id}


def since(seconds: int) -> datetime:
    """Read the `since` of a `UserReturned`, which offers to send again what failed; 0: always."""
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
    """Edit all notices about what was sent again, to show the outcome.

    `pressed` is the message whose button was pressed. `missed_at` is when the newest answer of the
    ticket failed that was not sent again; None if there is none.
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
    """List the notices in the ticket's chat that still have a button, newest first."""
    standing = select(Delivery).where(
        Delivery.ticket_id == ticket.id,
        Delivery.kind.in_(kinds(lambda notice: notice.offers_again)),
        Delivery.chat_id == ticket.staff_chat_id,
        Delivery.status == DeliveryStatus.DELIVERED,
        Delivery.payload["told_as"].as_integer().is_not(None),
    )
    return (await session.scalars(standing.order_by(Delivery.id.desc()))).all()
