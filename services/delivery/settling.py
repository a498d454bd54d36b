"""Settling: what a send's outcome means for its deliveries."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from database.errors import is_outage
from database.machinery import Delivery, DeliveryStatus
from services import pauses
from services.delivery import arrivals, delays, doubts, failures, lanes, relocating
from services.delivery.arrivals import Arrived
from services.delivery.failures import fail
from services.delivery.outcomes import (
    BotRefused,
    ChatRefused,
    Delivered,
    Migrated,
    Outcome,
    Paused,
    Refused,
    ThreadClosed,
    ThreadGone,
    ThreadsRefused,
    Unknown,
    UserGone,
)
from services.delivery.parcel import AnswerArrived, Parcel, Trip
from services.delivery.stalls import Stalls
from services.helpdesk import current, orphans, people, staff_chats, thread_closing, threads
from services.notices import rules_of
from services.outbox import LONGEST_BACKOFF, STALLED

log = structlog.get_logger(__name__)

# After this long without an answer from Telegram a delivery has failed.
GIVEN_UP_AFTER = timedelta(hours=24)

# The answer to a try usually comes within this time after the delivery was due.
_TRIED_WITHIN = timedelta(minutes=1)


async def settle_all(
    session: AsyncSession,
    settled: Sequence[tuple[Trip, Outcome]],
    *,
    stalls: Stalls,
    now: datetime,
) -> None:
    """Record what became of these trips.

    Most have simply arrived, which takes three statements for all of them together.
    """
    await _note_spoken_in(session, settled, now=now)
    plain = [
        (trip, outcome.message_ids)
        for trip, outcome in settled
        if isinstance(outcome, Delivered) and outcome.whole and arrivals.is_plain(trip)
        if not arrivals.is_scheduled(trip, outcome.message_ids)
    ]
    plain_trips = {trip for trip, _ in plain}
    others = [(trip, outcome) for trip, outcome in settled if trip not in plain_trips]
    if others:
        ids = [one for trip, _ in others for one in trip.delivery_ids]
        claimed = await lanes.still_claimed(session, ids)
        for trip, outcome in others:
            found = [claimed[one] for one in trip.delivery_ids if one in claimed]
            batch = [one for one in found if one.part == trip.part]
            if batch and not _has_gone_on(trip, batch):
                await settle(session, trip, batch, outcome, now=now)
                await _stall(session, batch, stalls, now=now)
    if plain:
        _tell(await arrivals.note_plain(session, plain, now=now), Delivered(), now)


def _has_gone_on(trip: Trip, batch: Sequence[Delivery]) -> bool:
    """Whether this was written down before; only for the first of a batch anything is prepared."""
    return batch[0].id == trip.delivery_ids[0] and batch[0].prepared != trip.prepared


async def _note_spoken_in(
    session: AsyncSession, settled: Sequence[tuple[Trip, Outcome]], *, now: datetime
) -> None:
    """Make the tickets current whose answers have arrived."""
    arrived = [
        effect.message_id
        for trip, outcome in settled
        if isinstance(outcome, Delivered)
        for effect in trip.parcel.effects
        if isinstance(effect, AnswerArrived)
    ]
    if arrived:
        await current.answered(session, arrived, now=now)


async def settle(
    session: AsyncSession,
    trip: Trip,
    batch: Sequence[Delivery],
    outcome: Outcome,
    *,
    now: datetime,
) -> None:
    """Record what became of a trip; `batch` are its deliveries that are not settled yet."""
    parcel = trip.parcel
    _tell(batch, outcome, now)
    match outcome:
        case Delivered():
            await arrivals.note(session, trip, batch, outcome, now=now)
        case Paused(seconds):
            _wait(batch, now)
            await pauses.begin(session, parcel.address.chat_id, timedelta(seconds=seconds), now=now)
        case Unknown():
            await _unknown(session, trip, batch, outcome, now=now)
        case BotRefused(reason):
            _wait(batch, now)
            await pauses.hold(session, pauses.ALL_CHATS, reason, now=now)
        case ChatRefused(reason):
            await _chat_refused(session, parcel, batch, reason, now)
        case UserGone(reason):
            await _user_gone(session, trip, batch, reason, now)
        case Migrated(new_id):
            _wait(batch, now)
            await session.flush()
            await relocating.migrated(session, parcel.address.chat_id, new_id, now=now)
        case ThreadGone() | ThreadClosed() | ThreadsRefused():
            _wait(batch, now)
            await _thread_fails(session, trip, batch, outcome, now)
        case Refused():
            await _refused(session, batch, outcome, now)


async def give_up(session: AsyncSession, trip: Trip, outcome: Outcome, *, now: datetime) -> None:
    """Fail the deliveries of a trip whose outcome can't be saved, and report it if possible."""
    reason = failures.NOT_WRITTEN_DOWN
    log.error(
        "outcome could not be saved",
        outcome=type(outcome).__name__,
        deliveries=trip.delivery_ids,
    )
    claimed = await lanes.still_claimed(session, trip.delivery_ids)
    batch = [claimed[one] for one in trip.delivery_ids if one in claimed]
    try:
        async with session.begin_nested():
            await failures.fail(session, batch, reason, now=now)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("nobody could be told what failed")
        for delivery in batch:
            delivery.status, delivery.error = DeliveryStatus.FAILED, reason


async def _thread_fails(
    session: AsyncSession,
    trip: Trip,
    batch: Sequence[Delivery],
    outcome: ThreadGone | ThreadClosed | ThreadsRefused,
    now: datetime,
) -> None:
    """Note what is wrong with a thread; what was to go there goes where its ticket does then.

    What landed in General counts for a limiter that restarts.
    """
    parcel, address = trip.parcel, trip.parcel.address
    log.warning("thread unusable", outcome=type(outcome).__name__, reason=outcome.reason)
    if isinstance(outcome, ThreadsRefused) or address.thread_id is None:
        await threads.failed(session, address.chat_id, now=now)
    elif isinstance(outcome, ThreadClosed):
        thread = await threads.find(session, address.chat_id, address.thread_id)
        if thread is not None:
            await thread_closing.turned(session, thread, is_closed=True, now=now)
    else:
        await threads.gone(session, address.chat_id, address.thread_id, now=now)
        if outcome.landed:
            batch[0].prepared, batch[0].sent_at = batch[0].prepared + parcel.cost, now
            arrivals.note_landed(session, trip, batch, outcome.landed)
        for message_id in outcome.landed:
            await threads.untell(session, address.place(message_id), now=now)


def backoff(attempts: int) -> timedelta:
    """Tell how long to wait after this many tries: doubled each time, up to half of it random."""
    longest = min(2.0 ** min(attempts, 16), LONGEST_BACKOFF.total_seconds())
    return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311 - not a secret


def _tell(settled: Sequence[Delivery | Arrived], outcome: Outcome, now: datetime) -> None:
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
    """Put back what certainly was not sent; deliveries behind it may then join it.

    Telegram did answer, so the time without an answer starts at the next try.
    """
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.first_tried_at = None
        if delivery.attempts <= 1 and delivery.part == 0:
            delivery.attempts, delivery.batch_id = 0, None


def _dissolve(batch: Sequence[Delivery], reason: str, now: datetime) -> None:
    """Send each delivery of a rejected batch on its own: one of them is at fault.

    A delivery that was tried and has no batch is merged with nothing (`lanes.offered`).
    """
    log.warning("batch rejected, sending one by one", deliveries=[one.id for one in batch])
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.batch_id, delivery.first_tried_at, delivery.error = None, None, reason


async def _unknown(
    session: AsyncSession, trip: Trip, batch: Sequence[Delivery], outcome: Unknown, *, now: datetime
) -> None:
    reason, maybe_delivered = outcome.reason, outcome.maybe_delivered
    if maybe_delivered:
        await orphans.note(session, batch, since=trip.left_at, until=now, anew=outcome.anew)
    first_tried_at = _asked_since(batch[0], now)
    if now - first_tried_at > GIVEN_UP_AFTER:
        await fail(session, batch, reason, now=now)
        return
    log.warning(
        "no answer from Telegram; a duplicate is possible" if maybe_delivered else "not sent",
        deliveries=[delivery.id for delivery in batch],
        reason=reason,
        attempts=batch[0].attempts,
    )
    delay = backoff(batch[0].attempts)
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now + delay
        delivery.error, delivery.first_tried_at = reason, first_tried_at


async def _user_gone(
    session: AsyncSession, trip: Trip, batch: Sequence[Delivery], reason: str, now: datetime
) -> None:
    """Give up what its user can't get; if the user is back since it left, it is sent again.

    It was due when it was refused, which tells what failed during a block from what failed before.
    """
    chat_id, left_at = trip.parcel.address.chat_id, trip.left_at
    if await people.has_returned_since(session, chat_id, left_at, now=now):
        _wait(batch, now)
        return
    for delivery in batch:
        delivery.due_at = left_at
    await people.blocked(session, chat_id, since=left_at, now=now)
    await fail(session, batch, reason, now=now)


def _asked_since(delivery: Delivery, now: datetime) -> datetime:
    """Tell since when it has been tried without an answer.

    Time between the moment it was due and its try does not count: the process may have been
    down, or the clock may have jumped.
    """
    lost = max(now - delivery.due_at - _TRIED_WITHIN, timedelta())
    return min((delivery.first_tried_at or now) + lost, now)


async def _stall(
    session: AsyncSession, batch: Sequence[Delivery], stalls: Stalls, *, now: datetime
) -> None:
    """Let later messages pass one that is stuck, and tell its writer that it is still under way."""
    first = batch[0]
    if first.status is not DeliveryStatus.WAITING:
        return
    if stalls.is_passed(first.id):
        for delivery in batch:
            delivery.lane = STALLED + first.id
    elif (seconds := stalls.judged_in(first.id)) is not None:
        for delivery in batch:
            delivery.due_at = min(delivery.due_at, now + timedelta(seconds=seconds))
    if stalls.is_told(first.id):
        await delays.tell(session, first, now=now)


async def _refused(
    session: AsyncSession,
    batch: Sequence[Delivery],
    refused: Refused,
    now: datetime,
) -> None:
    """Give up a message that is at fault; in a staff chat, find out first whether the chat is."""
    first, reason = batch[0], refused.reason
    rules = rules_of(first.kind)
    if len(batch) > 1:
        _dissolve(batch, reason, now)
    elif refused.uncopiable and await failures.is_no_content(session, first):
        failures.drop(batch, reason)
    elif not await _is_to_staff(session, first) or rules.decorates:
        await fail(session, batch, reason, now=now)
    elif rules.reported:
        await doubts.begin(session, batch, reason, now=now)
    else:
        await doubts.notice_refused(session, first, reason, now=now)


async def _is_to_staff(session: AsyncSession, delivery: Delivery) -> bool:
    of_ticket = delivery.ticket_id is not None and delivery.chat_id < 0
    return of_ticket or delivery.chat_id in await staff_chats.every(session)


async def _chat_refused(
    session: AsyncSession,
    parcel: Parcel,
    batch: Sequence[Delivery],
    reason: str,
    now: datetime,
) -> None:
    """Hold the staff chat; for any other group nothing is worth keeping."""
    if parcel.address.chat_id < 0 and not await _is_to_staff(session, batch[0]):
        await fail(session, batch, reason, now=now)
        return
    await doubts.put_back(session, parcel.address.chat_id, now=now)
    if not batch[0].payload.get("doubted"):
        _wait(batch, now)
    await pauses.hold(session, parcel.address.chat_id, reason, now=now)
