"""Logs to stderr, a line each: ours by structlog, those of libraries by the standard library.

Ours come with every message, so they go past the standard library's records, which take as long
again as the line itself. What is bound with `structlog.contextvars` stands on every line, on those
of libraries too. A secret appears on none: the finished line is searched for it, traceback and all.
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

# What libraries may say at most. Below these they log each statement with its parameters, or each
# update with its text, and nothing a person wrote belongs into a log.
FLOORS: Mapping[str, int] = {
    "aiogram": logging.INFO,
    "aiohttp": logging.INFO,
    "aiosqlite": logging.INFO,
    "alembic": logging.INFO,
    "alembic.runtime": logging.WARNING,
    "asyncio": logging.INFO,
    "sqlalchemy": logging.WARNING,
}

# For people the operator's own time without fractions, so that a line fits a narrow screen.
_STAMPERS: Mapping[LogFormat, Processor] = {
    "text": structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
    "json": structlog.processors.TimeStamper(fmt="iso", utc=True),
}


def _common(log_format: LogFormat) -> list[Processor]:
    """List what puts on a line that which stands on each."""
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
    """Send all logs from `level` on to `stream` (stderr), with `***` where a secret would stand."""
    stream = stream or sys.stderr
    lowest = logging.getLevelNamesMapping()[level]
    handler = _Handler(stream, log_format, secrets)
    structlog.configure(
        processors=[*_common(log_format), _left_to_the_handler],
        logger_factory=lambda name: _Logger(name, handler),
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
    )
    _install(handler, lowest)
    sys.excepthook = _log_uncaught


def _left_to_the_handler(
    _logger: object, _method: str, entry: EventDict
) -> tuple[tuple[EventDict], dict[str, Any]]:
    """Make no line of it here, where what goes wrong would end whoever logs."""
    return (entry,), {}


def _renderers(log_format: LogFormat, *, colors: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Plain tracebacks: a pretty one breaks long lines, and a secret with them.
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
    # What no line of ours shows need not be looked up for each
    # (docs.python.org/3/howto/logging.html#optimization).
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed lacks it
    logging._srcfile = None  # noqa: SLF001 - the documented way not to search the stack each time
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
    """Writes lines, with the secrets masked in every spelling."""

    def __init__(self, stream: TextIO, log_format: LogFormat, secrets: Iterable[str]) -> None:
        super().__init__(stream)
        self.name = HANDLER
        self._renderers = renderers = _renderers(log_format, colors=stream.isatty())
        self._mask = masker(secrets)
        remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=_common(log_format), processors=[remove_meta, *renderers]
            )
        )

    @override
    def format(self, record: logging.LogRecord) -> str:
        return self._mask(super().format(record))

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        self._lost(record.name)

    def write(self, name: str, entry: EventDict) -> None:
        """Write an entry of ours, as `handle` does a record of a library's."""
        try:
            line: Any = entry
            for render in self._renderers:
                line = render(None, "", line)
            line = self._mask(line)
            with self.lock or nullcontext():
                self.stream.write(line + self.terminator)
                self.flush()
        except Exception:  # noqa: BLE001 - whatever it is, who logs goes on
            self._lost(name)

    @staticmethod
    def _lost(name: str) -> None:
        """Say where a line that was lost came from, but not what was in it.

        On a full disk there is no room for that either, and the bot goes on all the same.
        """
        error = sys.exc_info()[0]
        kind = error.__name__ if error else "error"
        with suppress(OSError):
            sys.stderr.write(f"A log line of {name} was lost: {kind}\n")


class _Logger:
    """What a logger of structlog's hands its entries to; a method a level."""

    def __init__(self, name: str, handler: _Handler) -> None:
        self.name = name
        self._handler = handler

    def info(self, entry: EventDict) -> None:
        self._handler.write(self.name, entry)

    debug = warning = error = critical = info
