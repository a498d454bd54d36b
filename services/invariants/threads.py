"""An open ticket of a forum is in a thread of its user, or something will bring it to one."""

from collections.abc import Iterator

from sqlalchemy import and_, exists, or_, select

from core.team import StaffMode
from database.conditions import NOT_CLOSED, PENDING
from database.machinery import Delivery, Timer
from database.models import Ticket, TicketStatus
from database.team import StaffChatRow, Thread
from services import notices
from services.invariants.rule import Rule

# services/helpdesk/thread_keeping.py
KEPT = "threads_kept"

# services/helpdesk/threads.py
BEHIND = "tickets_behind"


def rules() -> Iterator[Rule]:
    """List the rules of threads."""
    known = exists().where(
        Thread.chat_id == Ticket.staff_chat_id,
        Thread.thread_id == Ticket.thread_id,
        Thread.user_id == Ticket.user_id,
        ~Thread.is_gone,
    )
    yield Rule(
        "threads of users",
        "An open ticket goes on in a thread that is not known as its user's",
        "tickets",
        select(Ticket.id).where(NOT_CLOSED, Ticket.thread_id.is_not(None), ~known),
    )
    yield Rule(
        "a thread or none",
        "A ticket wants a thread, and has one",
        "tickets",
        select(Ticket.id).where(Ticket.thread_id.is_not(None), Ticket.wants_thread),
    )
    yield Rule(
        "a closed ticket wants nothing",
        "A closed ticket wants a thread",
        "tickets",
        select(Ticket.id).where(Ticket.status == TicketStatus.CLOSED, Ticket.wants_thread),
    )
    open_here = and_(Ticket.staff_chat_id == StaffChatRow.chat_id, NOT_CLOSED)
    brought = exists().where(Timer.kind == BEHIND, Timer.subject == StaffChatRow.id)
    is_forum = StaffChatRow.mode == StaffMode.FORUM
    under_cards = or_(StaffChatRow.mode.is_(None), ~is_forum)
    yield Rule(
        "threads in forums",
        "An open ticket goes on in a thread, or wants one, and its staff chat's are under cards",
        "tickets",
        select(Ticket.id)
        .join(StaffChatRow, open_here)
        .where(or_(Ticket.thread_id.is_not(None), Ticket.wants_thread), under_cards, ~brought),
    )
    yield Rule(
        "cards in forums",
        "An open ticket goes on under its card, and its staff chat's are in threads",
        "tickets",
        select(Ticket.id)
        .join(StaffChatRow, open_here)
        .where(Ticket.thread_id.is_(None), ~Ticket.wants_thread, is_forum, ~brought),
    )
    yield Rule(
        "threads tried again",
        "No threads could be made in a forum, and nothing tries again",
        "staff chats",
        select(StaffChatRow.id).where(
            is_forum, StaffChatRow.threads_failed_at.is_not(None), ~brought
        ),
    )
    moves_on = exists().where(
        Delivery.ticket_id == Ticket.id,
        Delivery.chat_id == Ticket.staff_chat_id,
        PENDING,
        Delivery.kind.not_in(notices.kinds(lambda notice: notice.decorates)),
    )
    here = and_(Thread.chat_id == Ticket.staff_chat_id, Thread.thread_id == Ticket.thread_id)
    yield Rule(
        "threads opened",
        "An open ticket goes on in a closed thread, and nothing is on its way that opens it",
        "tickets",
        select(Ticket.id).join(Thread, here).where(NOT_CLOSED, Thread.is_closed, ~moves_on),
    )
    yield Rule(
        "threads in the making",
        "An open ticket wants a thread, and nothing is on its way that makes it",
        "tickets",
        select(Ticket.id)
        .join(StaffChatRow, open_here)
        .where(Ticket.wants_thread, is_forum, ~moves_on, ~brought),
    )
    looked_for = exists().where(Timer.kind == KEPT, Timer.subject == StaffChatRow.id)
    yield Rule(
        "threads kept",
        "Old threads are to be deleted, and nothing looks for them; choosing again mends that",
        "staff chats",
        select(StaffChatRow.id).where(StaffChatRow.threads_kept_days.is_not(None), ~looked_for),
    )
