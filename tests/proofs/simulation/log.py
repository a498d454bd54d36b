"""The bot's log, kept in memory: what it announced, and what went wrong inside it."""

from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

# A line with one of these says that the bot itself made a mistake.
MISTAKES = frozenset(
    {
        "the courier's turn failed",
        "delivery could not be composed",
        "outcome could not be saved",
        "the sender failed",
        "update set aside",
        "a timer failed",
        "the duty loop failed",
    }
)


class Log:
    """What one run's processes logged; a dead process says nothing more."""

    def __init__(self) -> None:
        self.muted = False
        self.mistakes: list[str] = []
        self.announced = Counter[int]()
        self.events = Counter[str]()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Take what is logged within."""
        before = structlog.get_config()
        structlog.configure(
            processors=[self._take],
            wrapper_class=structlog.make_filtering_bound_logger("info"),
            logger_factory=structlog.ReturnLoggerFactory(),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            structlog.configure(**before)

    def _take(self, _logger: Any, level: str, line: MutableMapping[str, Any]) -> str:
        if self.muted:
            raise structlog.DropEvent
        event = line["event"]
        self.events[event] += 1
        if event == "possible duplicate":
            self.announced[line["delivery"]] += 1
        elif event == "no answer from Telegram; a duplicate is possible":
            self.announced.update(line["deliveries"])
        elif event in MISTAKES or (event == "best-effort reply dropped" and level == "error"):
            self.mistakes.append(_told(line))
        raise structlog.DropEvent


def _told(line: MutableMapping[str, Any]) -> str:
    error = line.pop("exc_info", None)
    if error:
        import sys  # noqa: PLC0415
        import traceback  # noqa: PLC0415

        line["traceback"] = "".join(traceback.format_exception(*sys.exc_info())[-6:])
    return " ".join(f"{name}={value}" for name, value in line.items())
