"""Tickets are numbered without gaps and begin with a question; each user has a current one."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select, union

from database.conditions import NOT_CLOSED
from database.models import DailyTicketCounter, Message, Ticket, TicketStatus
from database.team import StaffChatRow
from services.invariants.conditions import QUESTION
from services.invariants.rule import Rule

_CLOSED = Ticket.status == TicketStatus.CLOSED


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
        select(Ticket.id).where(~exists().where(Message.ticket_id == Ticket.id, QUESTION)),
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
