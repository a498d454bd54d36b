"""Arrival: Telegram took a parcel, so its messages get their links, and an answer its reaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Delivery, DeliveryStatus, Message, MessageLink, Ticket
from services import outbox, pauses
from services.notices import AnswerDelivered, AnswerPosted
from services.parcel import Parcel


async def note(
    session: AsyncSession,
    parcel: Parcel,
    batch: Sequence[Delivery],
    message_ids: Sequence[int],
    *,
    now: datetime,
) -> None:
    """Write down that it was taken; the next part, if there is one, may go at once."""
    await _store_links(session, parcel, batch[0], message_ids)
    await pauses.release(session, parcel.chat_id)
    for delivery in batch:
        delivery.sent_at, delivery.error = now, None
        if parcel.more:
            delivery.part += 1
            delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
            delivery.attempts, delivery.first_tried_at = 0, None
        else:
            delivery.status = DeliveryStatus.DELIVERED
    if not parcel.more and batch[0].kind == AnswerPosted.kind:
        await _confirm_answers(session, batch, now=now)


async def _store_links(
    session: AsyncSession, parcel: Parcel, delivery: Delivery, message_ids: Sequence[int]
) -> None:
    if delivery.ticket_id is None:
        return
    for rewritten in parcel.rewrites:
        link = await session.get_one(MessageLink, rewritten.link_id)
        shown = rewritten.shown
        link.message_id = message_ids[0] if message_ids else link.message_id
        link.copy_of, link.kind = shown.copy_of, shown.kind
        link.part, link.revision = shown.part, shown.revision
    for link_id in parcel.drops:
        await session.delete(await session.get_one(MessageLink, link_id))
    session.add_all(
        MessageLink(
            ticket_id=delivery.ticket_id,
            copy_of=shown.copy_of,
            kind=shown.kind,
            chat_id=parcel.chat_id,
            message_id=message_id,
            part=shown.part,
            revision=shown.revision,
        )
        for message_id, all_shown in zip(message_ids, parcel.shows, strict=False)
        for shown in all_shown
        if message_id  # 0 is a message that Telegram will make later, under an id we never hear
    )


async def _confirm_answers(
    session: AsyncSession, batch: Sequence[Delivery], *, now: datetime
) -> None:
    """Have answers marked as delivered where they were written; an album by its first item."""
    for delivery in batch:
        if delivery.media_group_id is None or not await _follows_another(session, delivery):
            answer = await session.get_one(Message, delivery.payload["message_id"])
            ticket = await session.get_one(Ticket, answer.ticket_id)
            outbox.post(session, answer.chat_id, AnswerDelivered(answer.id), now=now, ticket=ticket)


async def _follows_another(session: AsyncSession, delivery: Delivery) -> bool:
    """Whether the album has an item before this one."""
    earlier = exists().where(
        Delivery.ticket_id == delivery.ticket_id,
        Delivery.kind == delivery.kind,
        Delivery.media_group_id == delivery.media_group_id,
        Delivery.id < delivery.id,
    )
    return bool(await session.scalar(select(earlier)))
