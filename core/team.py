"""The support team, as far as the code has to know it."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from core.clock import day_of


@dataclass(frozen=True)
class Team:
    """The chat that the settings name (it may have migrated), staff's language and time zone."""

    staff_chat_id: int
    staff_language: str
    zone: tzinfo

    def day(self, now: datetime) -> date:
        """Tell the team's day: ticket numbers start again at its midnight."""
        return day_of(now, self.zone)


@dataclass(frozen=True)
class StaffChat:
    """A group in which staff answer; `chat_id` is the id that Telegram has for it now.

    `by_setting`: it is none any more when the operator makes another the main one. Tickets from
    `next_ticket_id` on may still have to come along to it; None if all have.
    """

    id: int
    chat_id: int
    is_main: bool
    by_setting: bool
    next_ticket_id: int | None
