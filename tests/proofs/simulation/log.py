"""The bot's log, kept in memory: possible duplicates that it announced, and its own mistakes."""

from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

# Events that mean a mistake of the bot itself.
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
    """What the processes of one run logged; a dead process logs nothing more."""

    def __init__(self) -> None:
        self.muted = False
        self.mistakes: list[str] = []
        self.announced = Counter[int]()
        self.events = Counter[str]()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep what is logged inside the block."""
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
            self.mistakes.append(_as_text(line))
        raise structlog.DropEvent


def _as_text(line: MutableMapping[str, Any]) -> str:
    error = line.pop("exc_info", None)
    if error:
        import sys  # noqa: PLC0415
        import traceback  # noqa: PLC0415

        line["traceback"] = "".join(traceback.format_exception(*sys.exc_info())[-6:])
    return " ".join(f"{name}={value}" for name, value in line.items())
