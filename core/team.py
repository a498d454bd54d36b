"""The support team, as far as the code has to know it."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

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


class StaffMode(StrEnum):
    """Where a staff chat's tickets are: under cards, or each in a thread of a forum."""

    PLAIN = "plain"
    FORUM = "forum"


@dataclass(frozen=True)
class StaffChat:
    """A group in which staff answer; `chat_id` is the id that Telegram has for it now.

    `by_setting`: it is none any more when the operator makes another the main one. Tickets from
    `next_ticket_id` on may still have to come along to it; None if all have. `mode` is None until
    it is known. `hears_threads`: what staff write in a thread goes to the ticket's user, also if it
    is no reply. Since `threads_failed_at` no threads can be made there. `closes_threads`: a
    thread is closed with its ticket. It is deleted once the ticket has been closed for
    `threads_kept_days`; None: never. `may_pin` and `may_delete` are rights of the bot, over all
    messages, those of people, too.
    """

    id: int
    chat_id: int
    is_main: bool
    by_setting: bool
    next_ticket_id: int | None
    mode: StaffMode | None = None
    hears_threads: bool = False
    threads_failed_at: datetime | None = None
    closes_threads: bool = False
    threads_kept_days: int | None = None
    may_pin: bool = False
    may_delete: bool = False

    @property
    def has_threads(self) -> bool:
        """Whether its tickets get threads."""
        return self.mode is StaffMode.FORUM and self.threads_failed_at is None

    @property
    def pins_cards(self) -> bool:
        """Whether cards are pinned in their threads, and the lines about that removed."""
        return self.may_pin and self.may_delete

    @property
    def deletes_threads(self) -> bool:
        """Whether threads are deleted once their tickets have been closed for long."""
        return self.mode is StaffMode.FORUM and self.threads_kept_days is not None
