"""The smallest rows that the schema takes."""

from typing import Any

from database.models import Ticket, TicketStatus, User
from tests.support.times import NOON


def user(telegram_id: int = 7, **changes: Any) -> User:
    fields = {"telegram_id": telegram_id, "name": "Ann", "language": "en", "created_at": NOON}
    return User(**fields | changes)


def ticket(user: User, daily_id: int = 1, **changes: Any) -> Ticket:
    fields = {
        "daily_id": daily_id,
        "opened_on": NOON.date(),
        "user": user,
        "staff_chat_id": -1001,
        "status": TicketStatus.NEW,
        "current_since": NOON,
        "opened_at": NOON,
    } | changes
    is_open = fields["status"] is not TicketStatus.CLOSED
    return Ticket(**{"is_current": is_open} | fields)
