"""Who is alive: poller and courier each touch a file, and a health check reads its age.

It asks only whether the loops turn. A database or a Telegram that is down makes nobody ill.
"""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

type Part = Literal["poller", "courier"]

PARTS: tuple[Part, ...] = get_args(Part.__value__)
MAX_AGE = timedelta(seconds=90)


def default_folder(bot_id: int) -> Path:
    return Path(tempfile.gettempdir()) / f"support-bot-{bot_id}"


class Heartbeat:
    """The beats of one bot, as files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def beat(self, part: Part) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / part).touch()

    def beat_all(self) -> None:
        """Beat for every part, while none of them runs yet."""
        for part in PARTS:
            self.beat(part)

    def last(self, part: Part) -> datetime | None:
        try:
            seconds = (self.folder / part).stat().st_mtime
        except OSError:
            return None
        return datetime.fromtimestamp(seconds, UTC)

    def ill(self, now: datetime, max_age: timedelta = MAX_AGE) -> list[Part]:
        """Return the parts that never beat, or not within `max_age`.

        A beat from the future counts as old: it says that the clock stepped back, not who is alive.
        """
        return [
            part for part in PARTS if (last := self.last(part)) is None or abs(now - last) > max_age
        ]
