"""The support team, as far as the code has to know it."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from core.clock import day_of


@dataclass(frozen=True)
class Team:
    """The staff chat in the settings (it may have migrated), its language and time zone."""

    staff_chat_id: int
    staff_language: str
    zone: tzinfo

    def day(self, now: datetime) -> date:
        """Tell the team's day: ticket numbers start again at its midnight."""
        return day_of(now, self.zone)
