"""Logs: structlog over the standard library, every logger through one formatter, to stderr.

What is bound with `structlog.contextvars` stands on every line, on those of libraries too. A secret
appears on none: the finished line is searched for it, tracebacks and all.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TextIO, override
from urllib.parse import quote

import structlog
from structlog.typing import Processor

from core.config import LogFormat, LogLevel

HANDLER = "support-bot"

# What libraries may say at most. Below these they log each statement with its parameters, or each
# update with its text, and nothing a person wrote belongs into a log.
FLOORS: Mapping[str, int] = {
    "aiogram": logging.INFO,
    "aiogram.event": logging.WARNING,  # what it says of each update the intake says better
    "aiohttp": logging.INFO,
    "aiosqlite": logging.INFO,
    "alembic": logging.INFO,
    "alembic.runtime": logging.WARNING,
    "asyncio": logging.INFO,
    "sqlalchemy": logging.WARNING,
}


def configure(
    level: LogLevel,
    log_format: LogFormat,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send all logs from `level` on to `stream` (stderr), with `***` where a secret would stand."""
    stream = stream or sys.stderr
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_renderers(log_format, colors=stream.isatty()),
        ],
    )
    _install(_Handler(stream, _Scrubbed(formatter, secrets)), logging.getLevelNamesMapping()[level])
    sys.excepthook = _log_uncaught


def _renderers(log_format: LogFormat, *, colors: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Plain tracebacks: a pretty one breaks long lines, and a secret with them.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]


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
        structlog.stdlib.get_logger("main").critical("crashed", exc_info=(kind, error, traceback))


class _Scrubbed(logging.Formatter):
    """Formats with another formatter, then blots the secrets out, in every spelling."""

    def __init__(self, formatter: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._formatter = formatter
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, longest_first)) or "(?!)", re.IGNORECASE)

    @override
    def format(self, record: logging.LogRecord) -> str:
        return self._secret.sub("***", self._formatter.format(record))


def _spellings(secret: str) -> set[str]:
    """Return how a secret may be written: as it is, in a URL, in JSON, in a repr."""
    if not secret:
        return set()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }


class _Handler(logging.StreamHandler[TextIO]):
    def __init__(self, stream: TextIO, formatter: logging.Formatter) -> None:
        super().__init__(stream)
        self.name = HANDLER
        self.setFormatter(formatter)

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Say where a line that was lost came from, but not what was in it.

        On a full disk there is no room for that either, and the bot goes on all the same.
        """
        error = sys.exc_info()[0]
        kind = error.__name__ if error else "error"
        with suppress(OSError):
            sys.stderr.write(f"A log line of {record.name} was lost: {kind}\n")
