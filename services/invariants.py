"""What holds in every database of ours and no constraint can say: each rule selects what breaks it.

A rule reads whole tables by their indexes and never one row at a time, so that a check of a large
database takes seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Exists,
    Select,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import aliased

from database.models import (
    NOT_CLOSED,
    PENDING,
    DailyTicketCounter,
    DeadUpdate,
    Delivery,
    DeliveryStatus,
    Direction,
    LinkKind,
    Message,
    MessageLink,
    SeenUpdate,
    Ticket,
    TicketStatus,
    User,
)
from services import failing, notices

# What waits for longer than this has no bot that sends it, or no chat that takes it.
LATE = timedelta(hours=24)

# No clock that is merely set wrong a little is so far ahead.
FUTURE = timedelta(days=1)

_CLOSED = Ticket.status == TicketStatus.CLOSED
_FAILED = Delivery.status == DeliveryStatus.FAILED
_DELIVERED = Delivery.status == DeliveryStatus.DELIVERED
_QUESTION = Message.direction == Direction.QUESTION
_NOTE = Message.direction == Direction.NOTE
_Other = aliased(Delivery)
_EarlierMessage = aliased(Message)

_PASSING_ON = (notices.QuestionPosted, notices.AnswerPosted)


@dataclass(frozen=True)
class Rule:
    """`broken` selects what to name, which are `things`; not `wrong`: only worth knowing."""

    name: str
    sentence: str
    things: str
    broken: Select[Any]
    wrong: bool = True


def rules(now: datetime) -> Iterator[Rule]:
    """List all rules."""
    yield from _of_tickets()
    yield from _of_messages()
    yield from _of_links()
    yield from _of_deliveries(now)
    yield from _of_updates(now)


# Tickets ------------------------------------------------------------------------------------------


def _of_tickets() -> Iterator[Rule]:
    yield Rule(
        "numbers",
        "The numbers of a day do not run from 1 without a gap",
        "days",
        select(Ticket.opened_on)
        .group_by(Ticket.opened_on)
        .having(
            or_(func.min(Ticket.daily_id) != 1, func.max(Ticket.daily_id) != func.count(Ticket.id))
        ),
    )
    yield Rule(
        "counter", "The counter of a day is not at its last number", "days", _wrong_counters()
    )
    yield Rule(
        "one open ticket",
        "A user has several tickets that are not closed",
        "users",
        select(Ticket.user_id).where(NOT_CLOSED).group_by(Ticket.user_id).having(func.count() > 1),
    )
    yield Rule(
        "closed at",
        "A ticket is closed without a time, or has one and is not closed",
        "tickets",
        select(Ticket.id).where(
            or_(
                and_(_CLOSED, Ticket.closed_at.is_(None)),
                and_(NOT_CLOSED, Ticket.closed_at.is_not(None)),
            )
        ),
    )
    groups = select(func.count(Ticket.staff_chat_id.distinct())).where(NOT_CLOSED)
    yield Rule(
        "one staff chat",
        "Tickets that are not closed belong to different staff chats",
        "chats",
        select(Ticket.staff_chat_id).distinct().where(NOT_CLOSED, groups.scalar_subquery() > 1),
    )
    yield Rule(
        "a question each",
        "A ticket holds no question",
        "tickets",
        select(Ticket.id).where(~exists().where(Message.ticket_id == Ticket.id, _QUESTION)),
    )


def _wrong_counters() -> Select[Any]:
    """Select the days whose counter is not at the last number, or is missing."""
    last = (
        select(Ticket.opened_on.label("day"), func.max(Ticket.daily_id).label("number"))
        .group_by(Ticket.opened_on)
        .subquery()
    )
    counters = (
        select(DailyTicketCounter.day)
        .outerjoin(last, last.c.day == DailyTicketCounter.day)
        .where(DailyTicketCounter.last_number != func.coalesce(last.c.number, 0))
    )
    without = (
        select(last.c.day)
        .outerjoin(DailyTicketCounter, DailyTicketCounter.day == last.c.day)
        .where(DailyTicketCounter.id.is_(None))
    )
    return select(union(counters, without).subquery())


# Messages -----------------------------------------------------------------------------------------


def _of_messages() -> Iterator[Rule]:
    yield Rule(
        "own questions",
        "A question is not its ticket's user's own, from the private chat",
        "messages",
        select(Message.id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .join(User, User.id == Ticket.user_id)
        .where(
            _QUESTION,
            or_(
                Message.author_id.is_distinct_from(Ticket.user_id),
                Message.chat_id != User.telegram_id,
            ),
        ),
    )
    yield Rule(
        "answers from a group",
        "An answer or a note was not written in a group",
        "messages",
        select(Message.id).where(~_QUESTION, Message.chat_id >= 0),
    )
    replied = aliased(Message)
    yield Rule(
        "replies within a ticket",
        "A message replies to one of another ticket",
        "messages",
        select(Message.id)
        .join(replied, replied.id == Message.reply_to_id)
        .where(replied.ticket_id != Message.ticket_id),
    )
    yield Rule(
        "nothing forgotten",
        "A question or an answer was neither passed on nor waits for it",
        "messages",
        select(Message.id).where(
            ~_NOTE,
            ~exists().where(MessageLink.copy_of == Message.id),
            ~_told_of(Delivery, Message.ticket_id, Message.id, *_PASSING_ON),
            ~_stands_on_a_card_to_come(),
        ),
    )


def _stands_on_a_card_to_come() -> ColumnElement[bool]:
    """A ticket's first text goes with the card; no delivery of its own names it."""
    first = (
        select(func.min(_EarlierMessage.id))
        .where(
            _EarlierMessage.ticket_id == Message.ticket_id,
            _EarlierMessage.direction == Direction.QUESTION,
        )
        .scalar_subquery()
    )
    card = exists().where(
        Delivery.ticket_id == Message.ticket_id, Delivery.kind == notices.CardPosted.kind
    )
    return and_(Message.kind == "text", Message.id == first, card)


# Links --------------------------------------------------------------------------------------------


def _of_links() -> Iterator[Rule]:
    copies = select(MessageLink.id).join(Message, Message.id == MessageLink.copy_of)
    yield Rule(
        "links within a ticket",
        "A link shows a message of another ticket",
        "links",
        copies.where(Message.ticket_id != MessageLink.ticket_id),
    )
    yield Rule(
        "revisions",
        "A link shows a wording that its message never had",
        "links",
        copies.where(MessageLink.revision > Message.revision),
    )
    yield Rule(
        "copies on the other side",
        "A copy stands on the side of the one who wrote it",
        "links",
        copies.where(
            or_(
                and_(_QUESTION, MessageLink.chat_id > 0),
                and_(Message.direction == Direction.ANSWER, MessageLink.chat_id < 0),
            )
        ),
    )
    yield Rule(
        "links in the user's chat",
        "A ticket has a message in the private chat of somebody else",
        "links",
        select(MessageLink.id)
        .join(Ticket, Ticket.id == MessageLink.ticket_id)
        .join(User, User.id == Ticket.user_id)
        .where(MessageLink.chat_id > 0, MessageLink.chat_id != User.telegram_id),
    )
    retraction = _told_of(
        Delivery, MessageLink.ticket_id, Message.id, notices.AnswerRetracted, ~_DELIVERED
    )
    yield Rule(
        "notes among staff",
        "A user sees a note, and nothing is on its way to take it back",
        "links",
        copies.where(_NOTE, MessageLink.chat_id > 0, ~retraction),
    )


# Deliveries ---------------------------------------------------------------------------------------


def _of_deliveries(now: datetime) -> Iterator[Rule]:
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
    yield Rule(
        "failures told",
        "Something failed for good and staff were not told",
        "deliveries",
        select(Delivery.id).where(
            _FAILED,
            Delivery.ticket_id.is_not(None),
            Delivery.kind.in_(failing.CONTENT),
            ~_failure_told(),
        ),
    )
    yield Rule(
        "askers told",
        "A question failed for good and its user was not told",
        "deliveries",
        select(Delivery.id).where(
            _FAILED,
            Delivery.kind == notices.QuestionPosted.kind,
            Delivery.media_group_id.is_(None),
            ~_told_of(
                _Other, Delivery.ticket_id, _number(Delivery, "message_id"), notices.QuestionFailed
            ),
        ),
    )
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
    """A migration moves what waits, so chats are compared among what waits only."""
    waiting = _Other.status.in_([DeliveryStatus.WAITING, DeliveryStatus.CLAIMED])
    return (
        select(Delivery.id)
        .outerjoin(_Other, _Other.id == Delivery.batch_id)
        .where(
            Delivery.batch_id.is_not(None),
            or_(
                _Other.id.is_(None),
                _Other.ticket_id.is_distinct_from(Delivery.ticket_id),
                and_(PENDING, waiting, _Other.chat_id != Delivery.chat_id),
            ),
        )
    )


def _failure_told() -> Exists:
    """A batch fails as one, and is told by its first."""
    told = _number(_Other, "delivery_id")
    return exists().where(
        _Other.ticket_id == Delivery.ticket_id,
        _Other.kind == notices.DeliveryFailed.kind,
        or_(told == Delivery.id, told == Delivery.batch_id),
    )


def _without_links() -> Select[Any]:
    copied = exists().where(MessageLink.copy_of == _number(Delivery, "message_id"))
    carded = exists().where(
        MessageLink.ticket_id == Delivery.ticket_id,
        or_(MessageLink.kind == LinkKind.CARD, MessageLink.copy_of.is_(None)),
    )
    written = select(Message.id).where(Message.id == _number(Delivery, "message_id"), ~_NOTE)
    return select(Delivery.id).where(
        _DELIVERED,
        Delivery.sent_at.is_not(None),
        or_(
            and_(Delivery.kind.in_([kind.kind for kind in _PASSING_ON]), written.exists(), ~copied),
            and_(Delivery.kind == notices.CardPosted.kind, ~carded),
        ),
    )


# Updates ------------------------------------------------------------------------------------------


def _of_updates(now: datetime) -> Iterator[Rule]:
    yield Rule(
        "seen in time",
        "An update was handled in the future: it would never be forgotten",
        "updates",
        select(SeenUpdate.update_id).where(SeenUpdate.seen_at > now + FUTURE),
    )
    yield Rule(
        "set aside",
        "These could not be handled and wait for `python main.py replay`",
        "numbers",
        select(DeadUpdate.id).where(DeadUpdate.replayed_at.is_(None)),
        wrong=False,
    )


def _told_of(
    delivery: type[Delivery],
    ticket_id: Any,
    message_id: Any,
    *told: type[notices.Notice] | ColumnElement[bool],
) -> Exists:
    """Whether the ticket has a delivery, of one of these kinds, about the message."""
    kinds = [one.kind for one in told if isinstance(one, type)]
    conditions = [one for one in told if not isinstance(one, type)]
    return exists().where(
        delivery.ticket_id == ticket_id,
        delivery.kind.in_(kinds),
        _number(delivery, "message_id") == message_id,
        *conditions,
    )


def _number(delivery: type[Delivery], field: str) -> ColumnElement[int]:
    """Read a number of a notice."""
    return cast(delivery.payload[field].as_string(), BigInteger)
