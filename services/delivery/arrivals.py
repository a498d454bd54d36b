"""Arrivals: Telegram accepted a parcel: its messages get links, and an answer gets its reaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, assert_never

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address, Place
from database.dialect import insert, one_of
from database.machinery import Delivery, DeliveryStatus, Precedence
from database.models import Direction, LinkKind, Message, MessageLink, Ticket
from database.team import Thread
from services import links, outbox, pauses
from services.delivery import failures
from services.delivery.outcomes import Delivered
from services.delivery.parcel import (
    AnswerArrived,
    BoardHangs,
    BoardStands,
    CardHangs,
    CardStands,
    DialogueAsked,
    Effect,
    LinkDropped,
    LinkMade,
    LinkRewritten,
    Shown,
    ThreadChanged,
    ThreadMade,
    ThreadTurned,
    Trip,
)
from services.helpdesk import (
    boards,
    dialogues,
    failure_notices,
    orphans,
    thread_closing,
    thread_pins,
    threads,
)
from services.notices import (
    AnswerDelivered,
    DeliveryFailed,
    OnlyDescribed,
    WordsKept,
    rules_of,
)


class Arrived(NamedTuple):
    """What the log says about a delivery that has arrived."""

    id: int
    ticket_id: int | None
    kind: str
    created_at: datetime
    attempts: int


# A statement on the table: building one for mapped objects takes longer than running it.
_DELIVERIES: Any = Delivery.__table__
_DELIVERED = (
    update(_DELIVERIES)
    .where(
        one_of(_DELIVERIES.c.id, "ids"),
        _DELIVERIES.c.status == DeliveryStatus.CLAIMED,
        _DELIVERIES.c.part == 0,
    )
    .values(status=DeliveryStatus.DELIVERED, sent_at=bindparam("now"), error=None)
    .returning(*[_DELIVERIES.c[name] for name in Arrived._fields])
)


def is_plain(trip: Trip) -> bool:
    """Whether an arrival only makes links, and perhaps releases a chat that was held.

    Not plain are texts of several parts, parcels with other effects, failure notices (their user
    may be told too, and they are edited later), and questions about kept words (their chat may
    have moved).
    """
    parcel, kind = trip.parcel, trip.kind
    follows = rules_of(kind).offers_again or kind == WordsKept.kind
    only_links = all(isinstance(effect, LinkMade) for effect in parcel.effects)
    only_links = only_links and not parcel.prepares
    return only_links and not (parcel.more or follows) and trip.part == 0


def is_scheduled(trip: Trip, message_ids: Sequence[int]) -> bool:
    """Whether a message of a ticket got no id: it will be posted later, as an orphan."""
    made = [one.place for one in trip.parcel.effects if isinstance(one, LinkMade)]
    return trip.ticket_id is not None and max(made, default=-1) >= len(message_ids)


async def note_plain(
    session: AsyncSession, arrived: Sequence[tuple[Trip, Sequence[int]]], *, now: datetime
) -> list[Arrived]:
    """Record that these plain trips arrived, each with the ids of its messages.

    Does what `note` does for one trip, without loading any row. Lists what was not settled before.
    """
    ids = [one for trip, _ in arrived for one in trip.delivery_ids]
    settled = await session.execute(_DELIVERED, {"ids": ids, "now": now})
    newly = {row.id: Arrived(*row) for row in settled}
    made = [
        link
        for trip, message_ids in arrived
        if not newly.keys().isdisjoint(trip.delivery_ids)
        for number, effect in enumerate(trip.parcel.effects)
        if isinstance(effect, LinkMade)
        for link in _made(trip, effect, message_ids, _shown_by(newly, trip, number).ticket_id)
    ]
    await insert(session, MessageLink, made)
    trips = sorted((trip for trip, _ in arrived), key=lambda trip: trip.left_at)
    await pauses.release(session, {trip.parcel.address.chat_id: trip.left_at for trip in trips})
    return sorted(newly.values())


async def note(
    session: AsyncSession,
    trip: Trip,
    batch: Sequence[Delivery],
    outcome: Delivered,
    *,
    now: datetime,
) -> None:
    """Record that it arrived; its next part, if there is one, may go at once."""
    parcel, by_id = trip.parcel, {delivery.id: delivery for delivery in batch}
    for number, effect in enumerate(parcel.effects):
        ticket_id = _shown_by(by_id, trip, number).ticket_id
        await _apply(session, trip, effect, outcome, ticket_id, now=now)
    await pauses.release(session, {parcel.address.chat_id: trip.left_at})
    if parcel.prepares:
        _go_on(batch, parcel.cost, now=now)
        return
    _arrived(batch, more=parcel.more, now=now)
    if is_scheduled(trip, outcome.message_ids):
        await orphans.note(session, batch, since=trip.left_at, until=now, scheduled=True)
    if batch[0].chat_id != parcel.address.chat_id:
        _come_along(trip, batch, now=now)
    elif rules_of(trip.kind).offers_again and outcome.message_ids:
        failure_notices.note_place(batch[0], outcome.message_ids[0])
    if not outcome.whole:
        await _tell_described(session, batch, now=now)
    elif not parcel.more and trip.kind == DeliveryFailed.kind:
        await failures.tell_user_of(session, batch[0], now=now)


def note_landed(
    session: AsyncSession, trip: Trip, batch: Sequence[Delivery], message_ids: Sequence[int]
) -> None:
    """Link what landed in General, until it is removed there: staff may already reply to it.

    It is no copy, as edits go to the one that is sent to the thread.
    """
    by_id = {delivery.id: delivery for delivery in batch}
    for number, effect in enumerate(trip.parcel.effects):
        if isinstance(effect, LinkMade | LinkRewritten):
            place = effect.place if isinstance(effect, LinkMade) else 0
            shown = effect.shown if effect.shown.kind is LinkKind.NOTICE else Shown()
            ticket_id = _shown_by(by_id, trip, number).ticket_id
            made = _made(trip, LinkMade(shown, place), message_ids, ticket_id)
            session.add_all(MessageLink(**link | {"thread_id": None}) for link in made)


def _arrived(batch: Sequence[Delivery], *, more: bool, now: datetime) -> None:
    for delivery in batch:
        delivery.sent_at, delivery.error = now, None
        if more:
            delivery.part += 1
            if delivery.precedence == Precedence.CARD:  # its first part was seen
                delivery.precedence = Precedence.FOLLOW_UP
            delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
            delivery.attempts, delivery.first_tried_at = 0, None
            delivery.lane = delivery.ticket_id or 0
        else:
            delivery.status = DeliveryStatus.DELIVERED


def _go_on(batch: Sequence[Delivery], cost: int, *, now: datetime) -> None:
    """Send what was prepared; each try of that counts for a limiter that restarts."""
    for delivery in batch:
        delivery.status, delivery.due_at = DeliveryStatus.WAITING, now
        delivery.prepared += cost * max(1, delivery.attempts)
        delivery.sent_at, delivery.error = now, None
        delivery.attempts, delivery.first_tried_at, delivery.batch_id = 0, None, None


def _come_along(trip: Trip, batch: Sequence[Delivery], *, now: datetime) -> None:
    """Ask again where the team is: tickets moved while the question was on its way."""
    if trip.kind == WordsKept.kind:
        for question in batch:
            question.status, question.due_at = DeliveryStatus.WAITING, now
            question.attempts, question.batch_id = 0, None


async def _apply(
    session: AsyncSession,
    trip: Trip,
    effect: Effect,
    outcome: Delivered,
    ticket_id: int | None,
    *,
    now: datetime,
) -> None:
    """Record an effect of the parcel."""
    match effect:
        case LinkMade():
            made = _made(trip, effect, outcome.message_ids, ticket_id)
            session.add_all(MessageLink(**link) for link in made)
        case LinkRewritten():
            await _rewrite(session, effect, outcome, now=now)
        case LinkDropped(link_id):
            await session.delete(await session.get_one(MessageLink, link_id))
        case AnswerArrived(message_id):
            if outcome.whole:
                await _confirm_answer(session, message_id, now=now)
        case DialogueAsked(dialogue_id):
            if outcome.message_ids:
                await dialogues.asked_with(session, dialogue_id, outcome.message_ids[0])
        case BoardStands() | BoardHangs():
            await _note_board(session, trip, effect, outcome, now=now)
        case ThreadMade() | ThreadChanged() | ThreadTurned() | CardStands() | CardHangs():
            await _note_thread(session, trip, effect, outcome, now=now)
        case _:
            assert_never(effect)


def _shown_by[D: (Arrived, Delivery)](settled: Mapping[int, D], trip: Trip, number: int) -> D:
    """Find the delivery that makes this link, which may have changed tickets on the way.

    What travels together makes a link each, in the same order; a single delivery may make several.
    """
    ids = trip.delivery_ids
    makes = ids[min(number, len(ids) - 1)]
    return settled[makes if makes in settled else next(one for one in ids if one in settled)]


def _made(
    trip: Trip, effect: LinkMade, message_ids: Sequence[int], ticket_id: int | None
) -> list[dict[str, Any]]:
    """Make the row of a link, in a list; without a ticket there is none.

    Nor is there one for a scheduled message (0), which gets its id later.
    """
    message_id = message_ids[effect.place] if effect.place < len(message_ids) else 0
    if ticket_id is None or not message_id:
        return []
    shown = effect.shown
    return [
        {
            "ticket_id": ticket_id,
            "copy_of": shown.copy_of,
            "kind": shown.kind,
            "account": trip.parcel.address.account,
            "chat_id": trip.parcel.address.chat_id,
            "message_id": message_id,
            "part": shown.part,
            "revision": shown.revision,
            "thread_id": trip.parcel.address.thread_id,
        }
    ]


async def _note_thread(
    session: AsyncSession,
    trip: Trip,
    effect: ThreadMade | ThreadChanged | ThreadTurned | CardStands | CardHangs,
    outcome: Delivered,
    *,
    now: datetime,
) -> None:
    """Record what became of a thread."""
    match effect:
        case ThreadMade(ticket_id, name, icon):
            address = trip.parcel.address._replace(thread_id=outcome.message_ids[0])
            await threads.made(session, ticket_id, address, name=name, icon=icon, now=now)
        case ThreadChanged(key, name, icon):
            await threads.changed(session, key, name=name, icon=icon, now=now)
        case ThreadTurned(key, is_closed):
            thread = await session.get(Thread, key)
            if thread is not None:
                await thread_closing.turned(session, thread, is_closed=is_closed, now=now)
        case CardStands(key, ticket_id):
            await threads.card_stands(session, key, ticket_id, now=now)
            for message_id in outcome.message_ids:
                await _pin(session, trip.parcel.address, message_id, now=now)
        case CardHangs(key, message_id):
            card = trip.parcel.address.place(message_id)
            await thread_pins.hangs(session, key, card, now=now)


async def _pin(session: AsyncSession, address: Address, message_id: int, *, now: datetime) -> None:
    if address.thread_id is not None:
        await thread_pins.stands(session, address.place(message_id), address.thread_id, now=now)


async def _note_board(
    session: AsyncSession,
    trip: Trip,
    effect: BoardStands | BoardHangs,
    outcome: Delivered,
    *,
    now: datetime,
) -> None:
    """Record where the board stands, or that it is pinned.

    Telegram gives no id if nothing was to be changed.
    """
    if isinstance(effect, BoardHangs):
        await boards.pinned(session, effect.board_id, effect.message_id)
        return
    message_id = outcome.message_ids[0] if outcome.message_ids else effect.edited
    if message_id is not None:
        place = Place(trip.parcel.address.chat_id, message_id)
        await boards.stands(
            session, effect.board_id, place, effect.shown, edited=effect.edited, now=now
        )


async def _rewrite(
    session: AsyncSession, effect: LinkRewritten, outcome: Delivered, *, now: datetime
) -> None:
    """Record what the message shows; one that could not be edited remains, unchanged."""
    link, shown = await session.get_one(MessageLink, effect.link_id), effect.shown
    if outcome.beside:
        session.add(links.as_left(link))
    if outcome.message_ids and not effect.stays:
        is_new = link.message_id != outcome.message_ids[0]
        link.message_id = outcome.message_ids[0]
        if is_new and shown.kind is LinkKind.CARD and link.thread_id is not None:
            await thread_pins.stands(session, link.place, link.thread_id, now=now)
    link.copy_of, link.kind = shown.copy_of, shown.kind
    link.part, link.revision = shown.part, shown.revision


async def _confirm_answer(session: AsyncSession, message_id: int, *, now: datetime) -> None:
    """Have an answer marked as delivered where it was written; an album by its first item."""
    answer = await session.get_one(Message, message_id)
    if answer.media_group_id is None or not await _follows_another(session, answer):
        ticket = await session.get_one(Ticket, answer.ticket_id)
        arrived = AnswerDelivered(answer.id)
        outbox.post(session, ticket.staff_chat_id, arrived, now=now, ticket=ticket)


async def _tell_described(
    session: AsyncSession, batch: Sequence[Delivery], *, now: datetime
) -> None:
    """Tell the writer that the other side sees only a description."""
    for delivery in batch:
        written = await session.get_one(Message, delivery.payload["message_id"])
        ticket = await session.get_one(Ticket, written.ticket_id)
        asked = written.direction is Direction.QUESTION
        writer = written.chat_id if asked else ticket.staff_chat_id
        outbox.post(session, writer, OnlyDescribed(written.id), now=now, ticket=ticket)


async def _follows_another(session: AsyncSession, answer: Message) -> bool:
    """Whether the album has an item before this one, no matter how often each was sent."""
    earlier = exists().where(
        Message.ticket_id == answer.ticket_id,
        Message.media_group_id == answer.media_group_id,
        Message.direction == Direction.ANSWER,
        Message.id < answer.id,
    )
    return bool(await session.scalar(select(earlier)))
