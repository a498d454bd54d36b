"""Tickets are numbered without gaps and begin with a question; each user has a current one."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, union
from sqlalchemy.orm import aliased

from database.conditions import NOT_CLOSED
from database.machinery import Delivery
from database.models import (
    DailyTicketCounter,
    EventKind,
    Message,
    MessageLink,
    Ticket,
    TicketEvent,
    TicketStatus,
    User,
)
from database.team import StaffChatRow
from services.invariants.conditions import QUESTION
from services.invariants.rule import Rule
from services.notices import ThreadRedrawn, ThreadShut

_CLOSED = Ticket.status == TicketStatus.CLOSED

# What has a thread follow its ticket.
_OF_THREADS = (ThreadRedrawn.kind, ThreadShut.kind)


def rules() -> Iterator[Rule]:
    """List the rules of tickets."""
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
    currents = func.sum(case((Ticket.is_current, 1), else_=0))
    yield Rule(
        "one current ticket",
        "A user has open tickets, and not exactly one of them is current",
        "users",
        select(Ticket.user_id).where(NOT_CLOSED).group_by(Ticket.user_id).having(currents != 1),
    )
    yield Rule(
        "current and closed",
        "A closed ticket is current",
        "tickets",
        select(Ticket.id).where(_CLOSED, Ticket.is_current),
    )
    own = exists().where(Ticket.id == User.last_joined_id, Ticket.user_id == User.id)
    yield Rule(
        "last joined",
        "A user's words joined last what is no ticket of theirs",
        "users",
        select(User.id).where(User.last_joined_id.is_not(None), ~own),
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
    yield Rule(
        "waiting since",
        "A ticket says wrongly since when it waits",
        "tickets",
        select(Ticket.id).where(_waits_wrongly()),
    )
    in_staff_chat = exists().where(StaffChatRow.chat_id == Ticket.staff_chat_id)
    comes_along = exists().where(StaffChatRow.next_ticket_id <= Ticket.id)
    yield Rule(
        "staff chats",
        "Tickets are in groups that are no staff chats, and do not come along to one",
        "chats",
        select(Ticket.staff_chat_id).distinct().where(~in_staff_chat, ~comes_along),
    )
    yield Rule(
        "a question each",
        "A ticket holds no question",
        "tickets",
        select(Ticket.id).where(
            Ticket.merged_into_id.is_(None),
            ~exists().where(Message.ticket_id == Ticket.id, QUESTION),
        ),
    )
    yield Rule(
        "merged",
        "A ticket that was merged is open or holds something, or leads to none of its user's",
        "tickets",
        select(Ticket.id).where(Ticket.merged_into_id.is_not(None), _is_merged_wrongly()),
    )


def _is_merged_wrongly() -> ColumnElement[bool]:
    """Match merged tickets that are not only a way to the ticket that has all they had.

    Their threads are theirs, and follow them.
    """
    into = aliased(Ticket)
    leads = exists().where(
        into.id == Ticket.merged_into_id,
        into.user_id == Ticket.user_id,
        into.merged_into_id.is_(None),
    )
    holds = [exists().where(model.ticket_id == Ticket.id) for model in (Message, MessageLink)]
    delivers = exists().where(Delivery.ticket_id == Ticket.id, Delivery.kind.not_in(_OF_THREADS))
    return or_(Ticket.status != TicketStatus.CLOSED, ~leads, *holds, delivers)


def _waits_wrongly() -> ColumnElement[bool]:
    """Match new, answered and closed tickets that don't wait since they were that.

    Nothing else tells when an open one became open. Tickets older than this column may wait for
    their user since they were opened.
    """
    answered = exists().where(
        TicketEvent.ticket_id == Ticket.id,
        TicketEvent.kind == EventKind.ANSWERED,
        TicketEvent.happened_at == Ticket.waiting_since,
    )
    since_opened = Ticket.waiting_since == Ticket.opened_at
    return or_(
        and_(Ticket.status == TicketStatus.NEW, ~since_opened),
        and_(Ticket.status == TicketStatus.PENDING, ~since_opened, ~answered),
        and_(_CLOSED, Ticket.waiting_since != Ticket.closed_at),
    )


def _wrong_counters() -> Select[Any]:
    """Select the days whose counter is missing or is not at the last number."""
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
