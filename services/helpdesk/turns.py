"""Whose turn it is on a ticket, and since when: a status is changed here and nowhere else."""

from datetime import datetime

from database.models import Ticket, TicketStatus

_OURS = frozenset({TicketStatus.NEW, TicketStatus.OPEN})


def pass_on(ticket: Ticket, status: TicketStatus, *, now: datetime) -> None:
    """Give the ticket a status; it waits since now, unless it is the same side's turn as before.

    What is closed wants no thread: nothing has to go on there.
    """
    if status is TicketStatus.CLOSED:
        ticket.wants_thread = False
    if not {ticket.status, status} <= _OURS:
        ticket.waiting_since = now
    ticket.status = status


def give_back(ticket: Ticket, status: TicketStatus, *, since: datetime) -> None:
    """Give the ticket a status that began earlier, as if its turn had not passed since."""
    ticket.status, ticket.waiting_since = status, since
