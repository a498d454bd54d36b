"""A delivery goes to the right chat and in time, and has links to the messages that it made."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from database.models import LinkKind, Message, MessageLink, Ticket, User
from services import notices
from services.invariants import failures
from services.invariants.conditions import DELIVERED, NOTE, PASSING_ON, number
from services.invariants.rule import Rule

# A delivery that waits longer than this has no running bot, or a chat that accepts nothing.
LATE = timedelta(hours=24)

_Other = aliased(Delivery)


def rules(now: datetime) -> Iterator[Rule]:
    """List the rules of deliveries."""
    yield Rule(
        "to the right person",
        "Something of a ticket is addressed to somebody else than its user",
        "deliveries",
        select(Delivery.id)
        .join(Ticket, Ticket.id == Delivery.ticket_id)
        .join(User, User.id == Ticket.user_id)
        .where(Delivery.chat_id > 0, Delivery.chat_id != User.telegram_id),
    )
    yield Rule(
        "batches in a lane",
        "A delivery travels with one of another lane",
        "deliveries",
        _strange_batches(),
    )
    yield from failures.rules()
    yield Rule(
        "nothing late",
        "Something has waited for more than a day: does the bot run, and may it write there?",
        "deliveries",
        select(Delivery.id).where(PENDING, Delivery.created_at < now - LATE),
    )
    yield Rule(
        "sent without a trace",
        "Telegram did not say where these stand, so a reply to them is understood by nobody",
        "deliveries",
        _without_links(),
        wrong=False,
    )
    yield Rule(
        "on their way",
        "On their way now, or when the bot last died; then they are sent again as it starts",
        "deliveries",
        select(Delivery.id).where(PENDING, Delivery.status == DeliveryStatus.CLAIMED),
        wrong=False,
    )


def _strange_batches() -> Select[Any]:
    """Only what waits is moved to another chat or lane, so only that is compared."""
    waiting = _Other.status.in_([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED])
    return (
        select(Delivery.id)
        .outerjoin(_Other, _Other.id == Delivery.batch_id)
        .where(
            Delivery.batch_id.is_not(None),
            or_(
                _Other.id.is_(None),
                and_(
                    PENDING,
                    waiting,
                    or_(_Other.chat_id != Delivery.chat_id, _Other.lane != Delivery.lane),
                ),
            ),
        )
    )


def _without_links() -> Select[Any]:
    copied = exists().where(
        MessageLink.copy_of == number("message_id"),
        or_(Delivery.chat_id < 0, MessageLink.chat_id > 0),
    )
    carded = exists().where(
        MessageLink.ticket_id == Delivery.ticket_id,
        or_(MessageLink.kind == LinkKind.CARD, MessageLink.copy_of.is_(None)),
    )
    written = select(Message.id).where(Message.id == number("message_id"), ~NOTE)
    return select(Delivery.id).where(
        DELIVERED,
        Delivery.sent_at.is_not(None),
        or_(
            and_(PASSING_ON, written.exists(), ~copied),
            and_(Delivery.kind == notices.CardPosted.kind, ~carded),
        ),
    )
