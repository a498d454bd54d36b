"""Settling: what a send's outcome means for its deliveries, and who must hear of it."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.models import (
    ChatPause,
    Delivery,
    DeliveryStatus,
    Message,
    MessageLink,
    Ticket,
)
from services import outbox, people, staff_chat
from services.lanes import LONGEST_BACKOFF
from services.notices import (
    AnswerDelivered,
    AnswerEdited,
    AnswerPosted,
    AnswerRetracted,
    CardPosted,
    DeliveryFailed,
    QuestionEdited,
    QuestionFailed,
    QuestionPosted,
)
from services.outcomes import (
    BotRefused,
    ChatRefused,
    Delivered,
    Migrated,
    Outcome,
    Paused,
    Refused,
    Unknown,
    UserGone,
)
from services.parcel import Parcel

log = structlog.get_logger(__name__)

ALL_CHATS = 0

# A chat where we may not write, or a bot that Telegram refuses, is tried again this often.
PROBED_EVERY = timedelta(minutes=1)

# What somebody misses if it does not arrive.
_CONTENT = frozenset(
    notice.kind
    for notice in (
        AnswerPosted,
        AnswerEdited,
        AnswerRetracted,
        CardPosted,
        QuestionPosted,
        QuestionEdited,
    )
)

# A delivery that Telegram has not taken for so long has failed.
GIVEN_UP_AFTER = timedelta(hours=24)


async def settle(
    session: AsyncSession,
    parcel: Parcel,
    batch: Sequence[Delivery],
    outcome: Outcome,
    *,
    staff_chat_id: int,
    now: datetime,
) -> None:
    """Write down what became of a parcel."""
    for delivery in batch:
        log.info(
            "delivery settled",
            delivery=delivery.id,
            ticket=delivery.ticket_id,
            kind=delivery.kind,
            outcome=type(outcome).__name__,
            attempts=delivery.attempts,
            waited_seconds=round((now - delivery.created_at).total_seconds(), 3),
        )
    match outcome:
        case Delivered(message_ids):
            await _delivered(session, parcel, batch, message_ids, now=now)
        case Paused(seconds):
            _wait(batch, now)
            await _pause(session, parcel.chat_id, now, timedelta(seconds=seconds))
        case Unknown(reason, perhaps_done):
            await _unknown(session, batch, reason, perhaps_done=perhaps_done, now=now)
        case BotRefused(reason):
            _wait(batch, now)
            await _hold(session, ALL_CHATS, reason, now)
        case ChatRefused(reason):
            await _chat_refused(session, parcel, batch, reason, staff_chat_id, now)
        case UserGone(reason):
            await people.blocked(session, parcel.chat_id, now=now)
            await fail(session, batch, reason, now=now)
        case Migrated(new_id):
            _wait(batch, now)
            await session.flush()
            await staff_chat.migrated(
                session, parcel.chat_id, new_id, staff_chat_id=staff_chat_id, now=now
            )
        case Refused(reason):
            await fail(session, batch, reason, now=now)


async def _delivered(
    session: AsyncSession,
    parcel: Parcel,
    batch: Sequence[Delivery],
    message_ids: Sequence[int],
    *,
    now: datetime,
) -> None:
    await _store_links(session, parcel, batch[0], message_ids)
    await _release(session, parcel.chat_id)
    for delivery in batch:
        delivery.sent_at, delivery.error = now, None
        if parcel.more:
            delivery.part += 1
            delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
            delivery.attempts, delivery.first_tried_at = 0, None
        else:
            delivery.status = DeliveryStatus.DELIVERED
    if not parcel.more and batch[0].kind == AnswerPosted.kind:
        await _confirm_answer(session, batch[0], now=now)


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


async def _confirm_answer(session: AsyncSession, delivery: Delivery, *, now: datetime) -> None:
    """Have the answer marked as delivered where it was written; an album by its first item."""
    answer = await session.get_one(Message, delivery.payload["message_id"])
    ticket = await session.get_one(Ticket, answer.ticket_id)
    outbox.post(session, answer.chat_id, AnswerDelivered(answer.id), now=now, ticket=ticket)


def _wait(batch: Sequence[Delivery], now: datetime) -> None:
    """Put back what was surely not sent; what waits behind may then join it.

    Telegram does answer, so the time without an answer counts from the next try.
    """
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.first_tried_at = None
        if delivery.attempts <= 1 and delivery.part == 0:
            delivery.attempts, delivery.batch_id = 0, None


async def _unknown(
    session: AsyncSession,
    batch: Sequence[Delivery],
    reason: str,
    *,
    perhaps_done: bool,
    now: datetime,
) -> None:
    first_tried_at = batch[0].first_tried_at or now
    if now - first_tried_at > GIVEN_UP_AFTER:
        await fail(session, batch, reason, now=now)
        return
    log.warning(
        "no answer from Telegram; a duplicate is possible" if perhaps_done else "not sent",
        deliveries=[delivery.id for delivery in batch],
        reason=reason,
        attempts=batch[0].attempts,
    )
    delay = backoff(batch[0].attempts)
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now + delay
        delivery.error = reason


def backoff(attempts: int) -> timedelta:
    """Tell how long to wait after so many tries: doubled each time, half of it by chance."""
    longest = min(2.0 ** min(attempts, 16), LONGEST_BACKOFF.total_seconds())
    return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311 - not a secret


async def _chat_refused(
    session: AsyncSession,
    parcel: Parcel,
    batch: Sequence[Delivery],
    reason: str,
    staff_chat_id: int,
    now: datetime,
) -> None:
    """Hold the staff chat; to any other group there is nothing worth keeping."""
    if batch[0].ticket_id is None and parcel.chat_id != staff_chat_id:
        await fail(session, batch, reason, now=now)
        return
    _wait(batch, now)
    await _hold(session, parcel.chat_id, reason, now)


async def _pause(session: AsyncSession, chat_id: int, now: datetime, length: timedelta) -> None:
    """Pause a chat; everything, if another chat is paused already (then the bot is meant)."""
    others = await session.scalars(
        select(ChatPause).where(
            ChatPause.chat_id != chat_id, ChatPause.until > now, ChatPause.held_because.is_(None)
        )
    )
    if others.first() is not None and chat_id != ALL_CHATS:
        await _pause(session, ALL_CHATS, now, length)
    pause = await session.get(ChatPause, chat_id)
    if pause is None:
        pause = ChatPause(chat_id=chat_id)
        session.add(pause)
    pause.since, pause.until = now, now + length
    log.warning("paused", chat=chat_id, seconds=length.total_seconds())
    await session.flush()


async def _hold(session: AsyncSession, chat_id: int, reason: str, now: datetime) -> None:
    """Keep everything for the chat and probe it; the operator is told once."""
    known = await session.get(ChatPause, chat_id)
    if known is None or known.held_because is None:
        log.error(
            "Telegram refuses the bot"
            if chat_id == ALL_CHATS
            else "the bot may not write to the staff chat; all is kept and tried each minute",
            chat=chat_id,
            reason=reason,
        )
    if known is None:
        known = ChatPause(chat_id=chat_id)
        session.add(known)
    known.since, known.until, known.held_because = now, now + PROBED_EVERY, reason


async def _release(session: AsyncSession, chat_id: int) -> None:
    held = await session.scalars(
        select(ChatPause).where(
            ChatPause.held_because.is_not(None), ChatPause.chat_id.in_([chat_id, ALL_CHATS])
        )
    )
    for pause in held:
        log.info("the chat takes messages again", chat=pause.chat_id)
        await session.delete(pause)


async def fail(
    session: AsyncSession, batch: Sequence[Delivery], reason: str, *, now: datetime
) -> None:
    """Give the deliveries up, and tell those who can do something about it.

    What only decorates fails in the log alone; so does a kind that this version does not know.
    """
    for delivery in batch:
        delivery.status, delivery.error = DeliveryStatus.FAILED, reason
    first = batch[0]
    log.warning("delivery failed", delivery=first.id, kind=first.kind, reason=reason)
    ticket = await _ticket_of(session, first)
    if ticket is None or first.kind not in _CONTENT:
        return
    failed = DeliveryFailed(ticket.id, first.id, reason)
    outbox.post(session, ticket.staff_chat_id, failed, now=now, ticket=ticket)
    if first.kind == QuestionPosted.kind:
        for one in batch[:1] if first.media_group_id else batch:  # an album is one to its sender
            told = QuestionFailed(one.payload["message_id"])
            outbox.post(session, ticket.user.chat_id, told, now=now, ticket=ticket)


async def _ticket_of(session: AsyncSession, delivery: Delivery) -> Ticket | None:
    if delivery.ticket_id is None:
        return None
    return await session.get_one(Ticket, delivery.ticket_id, options=[selectinload(Ticket.user)])
