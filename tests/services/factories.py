"""People, tickets, messages and deliveries, each as short as a test's point allows."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address
from database.machinery import Delivery, DeliveryStatus
from database.models import (
    Direction,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketEvent,
    TicketStatus,
    User,
)
from database.team import Thread
from services import notices, outbox
from services.delivery import lanes
from services.delivery.parcel import Parcel, Shown, Trip, links_of
from services.delivery.rings import Head, Rings
from services.helpdesk import messages, staff_chat_changes
from services.helpdesk.content import Content, Person
from tests.database import rows
from tests.support.times import NOON

STAFF = -1001
TODAY = NOON.date()
ANN = Person(7, "Ann", "ann", "en")
KATE = Person(900, "Kate", "kate", "en")

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_message_ids = count(1000)


async def staff_chat(session: AsyncSession, chat_id: int = STAFF, *, main: bool = True) -> None:
    """Make a group a staff chat, the main one or another one."""
    if main:
        await staff_chat_changes.choose_main(session, chat_id, now=NOON)
    else:
        await staff_chat_changes.add(session, chat_id, now=NOON)


async def user(session: AsyncSession, telegram_id: int = ANN.telegram_id, **changes: Any) -> User:
    """Remember somebody."""
    known = rows.user(telegram_id, **changes)
    session.add(known)
    await session.flush()
    return known


async def kate(session: AsyncSession) -> User:
    """Remember Kate, who is of the staff."""
    return await user(session, KATE.telegram_id, name=KATE.name)


async def ticket(session: AsyncSession, daily_id: int = 7, **changes: Any) -> Ticket:
    """Have a ticket of Ann's, or of `user`; `closed_at` is set for a closed one."""
    asker = changes.pop("user", None) or await user(session)
    fields = {"assigned_staff": None} | changes
    if fields.get("status") is TicketStatus.CLOSED:
        fields = {"closed_at": NOON} | fields
    made = rows.ticket(asker, daily_id, **{"staff_chat_id": STAFF} | fields)
    session.add(made)
    await session.flush()
    return made


async def thread(session: AsyncSession, ticket: Ticket, **changes: Any) -> Thread:
    """Have the ticket go on in a thread, in which its card stands."""
    fields = {"thread_id": next(_message_ids), "name": ticket.user.name, "is_closed": False}
    fields |= {"made_at": NOON, "used_at": NOON}
    made = Thread(
        chat_id=ticket.staff_chat_id,
        user_id=ticket.user_id,
        card_of=ticket.id,
        **fields | changes,
    )
    session.add(made)
    ticket.thread_id = made.thread_id
    await session.flush()
    return made


def content(
    text: str | None = "Hello", *, chat_id: int = ANN.telegram_id, **fields: Any
) -> Content:
    """Write something; each message has an id of its own."""
    defaults: dict[str, Any] = {"message_id": next(_message_ids), "kind": "text", "sent_at": NOON}
    return Content(chat_id=chat_id, text=text, **defaults | fields)


def photo(text: str | None = None, **fields: Any) -> Content:
    """Send a photo with or without a caption."""
    file = {"kind": "photo", "file_id": "photo-1", "file_unique_id": "photo"}
    return content(text, **file | fields)


async def message(
    session: AsyncSession,
    ticket: Ticket,
    written: Content | None = None,
    direction: Direction = Direction.QUESTION,
    *,
    begins: bool = False,
) -> Message:
    """Keep a message on the ticket."""
    author, said = ticket.user if direction is Direction.QUESTION else None, written or content()
    stored = await messages.store(session, ticket, author, direction, said, begins=begins)
    return await session.get_one(Message, stored.id)


async def delivery(
    session: AsyncSession,
    notice: notices.Notice,
    ticket: Ticket | None = None,
    *,
    chat_id: int = STAFF,
    now: datetime = NOON,
    **changes: Any,
) -> Delivery:
    """Have a delivery as it is at some point of its way."""
    outbox.post(session, chat_id, notice, now=now, ticket=ticket)
    posted = await newest_delivery(session)
    for name, value in changes.items():
        setattr(posted, name, value)
    await session.flush()
    return posted


async def newest_delivery(session: AsyncSession) -> Delivery:
    """Give what was posted last."""
    newest = select(Delivery).order_by(Delivery.id.desc()).limit(1)
    return (await session.scalars(newest)).one()


async def claim(session: AsyncSession, *batch: Delivery, now: datetime = NOON) -> None:
    """Claim deliveries that travel as one."""
    await lanes.claim(session, [batch], now=now)
    for one in batch:
        await session.refresh(one)


async def claimed(
    session: AsyncSession, notice: notices.Notice, ticket: Ticket | None = None, **changes: Any
) -> Delivery:
    """Have a delivery whose first try is on its way."""
    fields: dict[str, Any] = {
        "status": DeliveryStatus.CLAIMED,
        "attempts": 1,
        "first_tried_at": NOON,
    } | changes
    made = await delivery(session, notice, ticket, **fields)
    if made.batch_id is None:
        made.batch_id = made.id
    await session.flush()
    return made


async def link(
    session: AsyncSession, ticket: Ticket, message_id: int, **fields: Any
) -> MessageLink:
    """Have a message of the bot that belongs to the ticket."""
    defaults = {"kind": LinkKind.CARD, "chat_id": STAFF, "part": 0, "revision": 0}
    made = MessageLink(ticket_id=ticket.id, message_id=message_id, **defaults | fields)
    session.add(made)
    await session.flush()
    return made


def parcel(chat_id: int = STAFF, **fields: Any) -> Parcel:
    """Put nothing in particular into a parcel; each message it makes is a notice."""
    return Parcel(Address(chat_id), call=None, **{"effects": links_of([Shown()])} | fields)


def trip_of(batch: Sequence[Delivery], parcel: Parcel, *, left_at: datetime = NOON) -> Trip:
    """Send a parcel on its way with these deliveries."""
    first = batch[0]
    ids = [delivery.id for delivery in batch]
    return Trip(parcel, ids, first.ticket_id, first.kind, first.part, first.prepared, left_at)


def head_of(delivery: Delivery, *, followed: bool = True) -> Head:
    """See a delivery as a look at its lane does."""
    return Head(
        ring=0,
        found_as=delivery.precedence,
        chat_id=delivery.chat_id,
        lane=delivery.lane,
        id=delivery.id,
        precedence=delivery.precedence,
        kind=delivery.kind,
        due_at=delivery.due_at,
        created_at=delivery.created_at,
        attempts=delivery.attempts,
        media_group_id=delivery.media_group_id,
        busy=False,
        behind=False,
        followed=followed,
    )


async def heads(
    session: AsyncSession,
    *,
    now: datetime = NOON,
    without: Collection[int] = (),
) -> list[Head]:
    """List what may go now, each once."""
    await session.flush()
    looked = await Rings().look(session, without=without)
    ready = [one for one in looked if one.is_first and lanes.ready_at(one, now=now) <= now]
    return list({one.id: one for one in ready}.values())


async def offered(session: AsyncSession, head: Delivery, *, now: datetime) -> list[Delivery]:
    """List what could travel with one delivery."""
    await session.flush()
    return (await lanes.offered(session, [head_of(head)], now=now))[head.id]


async def all_arrives(session: AsyncSession) -> None:
    """Have everything that waits be delivered."""
    await session.execute(
        update(Delivery)
        .where(Delivery.status == DeliveryStatus.WAITING)
        .values(status=DeliveryStatus.DELIVERED, sent_at=NOON)
    )


async def waiting(session: AsyncSession) -> list[tuple[int, notices.Notice]]:
    """List what waits in the outbox: for which chat, and what."""
    return await _outbox(session, [DeliveryStatus.WAITING])


async def told(session: AsyncSession, *known: Delivery) -> list[tuple[int, notices.Notice]]:
    """List what was posted besides the deliveries that a test made itself."""
    return await _outbox(session, list(DeliveryStatus), known)


async def history(session: AsyncSession, ticket: Ticket) -> list[tuple[str, int | None]]:
    """List what was done to the ticket, and by whom."""
    events = await session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    )
    return [(event.kind, event.actor_id) for event in events]


async def _outbox(
    session: AsyncSession, statuses: Sequence[DeliveryStatus], without: Sequence[Delivery] = ()
) -> list[tuple[int, notices.Notice]]:
    await session.flush()
    found = await session.scalars(
        select(Delivery)
        .where(Delivery.status.in_(statuses), Delivery.id.not_in([known.id for known in without]))
        .order_by(Delivery.id)
    )
    return [(one.chat_id, notices.read(one.kind, one.payload)) for one in found]
