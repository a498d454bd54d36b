"""Settling: what a send's outcome means for its deliveries."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Delivery, DeliveryStatus
from services import arrival, failing, lanes, orphans, pauses, people, staff_chat
from services.arrival import Taken
from services.failing import fail
from services.lanes import LONGEST_BACKOFF
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
from services.parcel import Parcel, Trip

log = structlog.get_logger(__name__)

# A delivery that Telegram has not taken for so long has failed.
GIVEN_UP_AFTER = timedelta(hours=24)


async def settle_together(
    session: AsyncSession,
    settled: Sequence[tuple[Trip, Outcome]],
    *,
    configured: int,
    now: datetime,
) -> None:
    """Write down what became of these trips; `configured` is the staff chat of the settings.

    Most have simply arrived, which takes three statements for all of them.
    """
    plain = [
        (trip, outcome.message_ids)
        for trip, outcome in settled
        if isinstance(outcome, Delivered) and outcome.whole and arrival.is_plain(trip)
    ]
    plain_trips = {trip for trip, _ in plain}
    others = [(trip, outcome) for trip, outcome in settled if trip not in plain_trips]
    if others:
        ids = [one for trip, _ in others for one in trip.delivery_ids]
        claimed = await lanes.still_claimed(session, ids)
        staff_chat_id = await staff_chat.current(session, configured)
        for trip, outcome in others:
            found = [claimed[one] for one in trip.delivery_ids if one in claimed]
            if batch := [delivery for delivery in found if delivery.part == trip.part]:
                await settle(session, trip, batch, outcome, staff_chat_id=staff_chat_id, now=now)
    if plain:
        _tell(await arrival.note_together(session, plain, now=now), Delivered(), now)


async def settle(
    session: AsyncSession,
    trip: Trip,
    batch: Sequence[Delivery],
    outcome: Outcome,
    *,
    staff_chat_id: int,
    now: datetime,
) -> None:
    """Write down what became of a trip; `batch` is what of it is not settled yet."""
    parcel = trip.parcel
    _tell(batch, outcome, now)
    match outcome:
        case Delivered():
            await arrival.note(session, trip, batch, outcome, now=now)
        case Paused(seconds):
            _wait(batch, now)
            await pauses.begin(session, parcel.chat_id, timedelta(seconds=seconds), now=now)
        case Unknown():
            await _unknown(session, trip, batch, outcome, now=now)
        case BotRefused(reason):
            _wait(batch, now)
            await pauses.hold(session, pauses.ALL_CHATS, reason, now=now)
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
            await _refused(session, batch, reason, now)


def backoff(attempts: int) -> timedelta:
    """Tell how long to wait after so many tries: doubled each time, half of it by chance."""
    longest = min(2.0 ** min(attempts, 16), LONGEST_BACKOFF.total_seconds())
    return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311 - not a secret


def _tell(settled: Sequence[Delivery | Taken], outcome: Outcome, now: datetime) -> None:
    for delivery in settled:
        log.info(
            "delivery settled",
            delivery=delivery.id,
            ticket=delivery.ticket_id,
            kind=delivery.kind,
            outcome=type(outcome).__name__,
            attempts=delivery.attempts,
            waited_seconds=round((now - delivery.created_at).total_seconds(), 3),
        )


def _wait(batch: Sequence[Delivery], now: datetime) -> None:
    """Put back what was surely not sent; what waits behind may then join it.

    Telegram does answer, so the time without an answer counts from the next try.
    """
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.first_tried_at = None
        if delivery.attempts <= 1 and delivery.part == 0:
            delivery.attempts, delivery.batch_id = 0, None


async def _refused(
    session: AsyncSession, batch: Sequence[Delivery], reason: str, now: datetime
) -> None:
    if len(batch) > 1:
        _dissolve(batch, reason, now)
    elif await failing.is_no_content(session, batch[0]):
        failing.drop(batch, reason)
    else:
        await fail(session, batch, reason, now=now)


def _dissolve(batch: Sequence[Delivery], reason: str, now: datetime) -> None:
    """Have what travelled as one go each on its own: one of them is to blame, who knows which.

    Having been tried and without a batch, a delivery is merged with nothing (`lanes.offered`).
    """
    log.warning("refused as one, sent one by one", deliveries=[one.id for one in batch])
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.batch_id, delivery.first_tried_at, delivery.error = None, None, reason


async def _unknown(
    session: AsyncSession, trip: Trip, batch: Sequence[Delivery], outcome: Unknown, *, now: datetime
) -> None:
    reason, perhaps_done = outcome.reason, outcome.perhaps_done
    if perhaps_done and trip.parcel.shows:
        await orphans.note(session, batch, since=trip.left_at, until=now)
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
    await pauses.hold(session, parcel.chat_id, reason, now=now)
