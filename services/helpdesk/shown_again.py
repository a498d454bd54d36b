"""What stood below a card is sent again below the next one, if it is gone with its thread.

A card shows the beginning of a text, and of anything else nothing. The deliveries that brought the
rest wait once more, at their old place in the lane: before all that came after.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import ContentKind, Direction, LinkKind, Message, MessageLink, Ticket
from services import links
from services.helpdesk import messages
from services.notices import CardPosted, QuestionPosted


async def below_the_next_card(
    session: AsyncSession, ticket: Ticket, thread_id: int, *, now: datetime
) -> None:
    """Have what stood in the thread sent again; the copy there does not follow edits any more."""
    shown = await _shown(session, ticket)
    copies = await session.scalars(
        select(MessageLink).where(
            MessageLink.copy_of.in_([message.id for message in shown]),
            MessageLink.chat_id == ticket.staff_chat_id,
            MessageLink.thread_id == thread_id,
            MessageLink.kind == LinkKind.COPY,
        )
    )
    were_there = set()
    for copy in copies:
        copy.kind = LinkKind.NOTICE
        were_there.add(copy.copy_of)
    for message in shown:
        if message.id in were_there:
            await _send_again(session, ticket, message, now=now)


async def _shown(session: AsyncSession, ticket: Ticket) -> Sequence[Message]:
    """Find what the card stands for: a message, with the rest of its album."""
    card = await links.newest_card(session, ticket)
    if card is None:
        return []
    asked = [Message.ticket_id == ticket.id, Message.direction == Direction.QUESTION]
    if card.copy_of is not None:
        asked.append(Message.id == card.copy_of)
    first = await session.scalar(select(Message).where(*asked).order_by(Message.id).limit(1))
    if first is None:
        return []
    return await messages.album(session, ticket, first.media_group_id) or [first]


async def _send_again(
    session: AsyncSession, ticket: Ticket, message: Message, *, now: datetime
) -> None:
    """Have its delivery wait once more; that of a text is its card's, of which the rest goes."""
    about = Delivery.payload["message_id"].as_integer()
    is_text = message.kind == ContentKind.TEXT
    question = (Delivery.kind == QuestionPosted.kind, about == message.id)
    card = (Delivery.kind == CardPosted.kind, or_(about == message.id, about.is_(None)))
    delivery = await session.scalar(
        select(Delivery)
        .where(
            Delivery.ticket_id == ticket.id,
            Delivery.status == DeliveryStatus.DELIVERED,
            *(card if is_text else question),
        )
        .order_by(Delivery.id.desc())
        .limit(1)
        .with_for_update()
    )
    if delivery is None:
        return
    delivery.status, delivery.created_at, delivery.due_at = DeliveryStatus.WAITING, now, now
    delivery.chat_id, delivery.lane, delivery.batch_id = ticket.staff_chat_id, ticket.id, None
    delivery.attempts, delivery.first_tried_at = 0, None
    part = 1 if is_text else 0
    delivery.prepared += delivery.part + 1 - part  # it counts for a limiter that restarts
    delivery.part = part
    if not is_text:
        delivery.payload = QuestionPosted(message.id, again=True).to_json()
