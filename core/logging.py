"""Logs to stderr, a line each; libraries' records take the same road as our own entries.

Our own come with every message, so they never become records of the standard library, which cost
as much again as the line itself: it is the records that become entries of structlog. Whatever is
bound with `structlog.contextvars` is on every line. No line contains a secret: each is searched for
them when it is finished, traceback included.
"""

import logging
import sys
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from types import TracebackType
from typing import Any, TextIO, override

import structlog
from structlog.typing import EventDict, Processor

from core.config import LogFormat, LogLevel
from core.masking import masker

HANDLER = "support-bot"

# The lowest level at which each library may log. Below it they log statements with parameters, or
# updates with their text, and nothing that a person wrote belongs in a log.
FLOORS: Mapping[str, int] = {
    "aiogram": logging.INFO,
    "aiohttp": logging.INFO,
    "aiosqlite": logging.INFO,
    "alembic": logging.INFO,
    "alembic.runtime": logging.WARNING,
    "asyncio": logging.INFO,
    "sqlalchemy": logging.WARNING,
}

# Text is for people: local time without fractions, so that a line fits a narrow screen.
_STAMPERS: Mapping[LogFormat, Processor] = {
    "text": structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
    "json": structlog.processors.TimeStamper(fmt="iso", utc=True),
}


def _common(log_format: LogFormat) -> list[Processor]:
    """List what adds the fields that every line has."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _STAMPERS[log_format],
    ]


def configure(
    level: LogLevel,
    log_format: LogFormat,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send all logs from `level` up to `stream` (default: stderr), with `***` for each secret."""
    stream = stream or sys.stderr
    lowest = logging.getLevelNamesMapping()[level]
    handler = _Handler(stream, log_format, secrets)
    structlog.configure(
        processors=[*_common(log_format), _hand_over],
        logger_factory=lambda name: _Logger(name, handler),
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
    )
    _install(handler, lowest)
    sys.excepthook = _log_uncaught


def _hand_over(
    _logger: object, _method: str, entry: EventDict
) -> tuple[tuple[EventDict], dict[str, Any]]:
    """Leave rendering to the handler: here an error would reach whoever logs."""
    return (entry,), {}


def _renderers(log_format: LogFormat, *, colors: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Plain tracebacks: pretty ones wrap long lines, and could split a secret in two.
    plain = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=plain, pad_event_to=0, pad_level=False
        )
    ]


def _install(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.name == HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name, floor in FLOORS.items():
        logging.getLogger(name).setLevel(max(level, floor))
    logging.captureWarnings(capture=True)


def _log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        structlog.get_logger("main").critical("crashed", exc_info=(kind, error, traceback))


class _Handler(logging.StreamHandler[TextIO]):
    """Writes entries as lines, with the secrets masked in every spelling."""

    def __init__(self, stream: TextIO, log_format: LogFormat, secrets: Iterable[str]) -> None:
        super().__init__(stream)
        self.name = HANDLER
        self._renderers = _renderers(log_format, colors=stream.isatty())
        self._mask = masker(secrets)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Log a library's record as if we had logged it."""
        try:
            event = record.getMessage()
        except Exception:  # noqa: BLE001 - a library's mistake in a log line ends nothing
            self._lost(record.name)
        else:
            details = {"exc_info": record.exc_info, "stack": record.stack_info}
            given = {name: value for name, value in details.items() if value}
            structlog.get_logger(record.name).log(_standard(record.levelno), event, **given)

    def write(self, name: str, entry: EventDict) -> None:
        """Write one line; a failure is reported on stderr and never reaches whoever logs."""
        try:
            line: Any = entry
            for render in self._renderers:
                line = render(None, "", line)
            line = self._mask(line)
            with self.lock or nullcontext():
                self.stream.write(line + self.terminator)
                self.flush()
        except Exception:  # noqa: BLE001 - logging never fails its caller
            self._lost(name)

    @staticmethod
    def _lost(name: str) -> None:
        """Say which logger lost a line, but not what was in it.

        On a full disk even this fails, and the bot carries on.
        """
        error = sys.exc_info()[0]
        kind = error.__name__ if error else "error"
        with suppress(OSError):
            sys.stderr.write(f"A log line of {name} was lost: {kind}\n")


class _Logger:
    """Takes the entries of one structlog logger, by a method for each level."""

    def __init__(self, name: str, handler: _Handler) -> None:
        self.name = name
        self._handler = handler

    def info(self, entry: EventDict) -> None:
        self._handler.write(self.name, entry)

    debug = warning = error = critical = info


def _standard(level: int) -> int:
    """Round a level of a library's own down to one that has a name everywhere."""
    return min(max(level - level % 10, logging.DEBUG), logging.CRITICAL)
