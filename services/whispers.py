"""Until when an answer may be for whoever asked alone (bot/whispers.py says what a whisper is)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

# If the limits leave no room for a whisper in this time, everybody gets to see the answer.
WITHIN = timedelta(seconds=10)

# How long after an ephemeral command Telegram lets any bot answer it
# (core.telegram.org/bots/api#ephemeral-messages-and-commands).
COMMAND_COUNTS = timedelta(seconds=15)


@dataclass(frozen=True)
class Whisper:
    """Who is told, and until when; times are in Unix seconds, so that it can be JSON.

    `command_id` is the ephemeral command that gives us the right to it until `command_until`.
    Without one, or later, only an administrator has it.
    """

    person_id: int
    until: float
    command_id: int | None = None
    command_until: float = 0.0

    @classmethod
    def to(
        cls, person_id: int, *, now: datetime, command: tuple[int, datetime] | None = None
    ) -> Self:
        """Whisper to somebody; `command` is their ephemeral command, and when it was written."""
        until = (now + WITHIN).timestamp()
        if command is None:
            return cls(person_id, until)
        command_id, written_at = command
        return cls(person_id, until, command_id, (written_at + COMMAND_COUNTS).timestamp())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def is_in_time(self, now: datetime) -> bool:
        """Whether it may still be whispered; a clock that was set back may put it far ahead."""
        return 0 <= self.until - now.timestamp() <= WITHIN.total_seconds()

    def command_counts(self, now: datetime) -> bool:
        """Whether the command still gives us the right to answer it."""
        return self.command_id is not None and now.timestamp() <= self.command_until
