import errno
import io
import json
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, override
from urllib.parse import quote

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from core import config
from core.logging import FLOORS, HANDLER, configure

TOKEN = "123456:ABC-def_GHI"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    level = root.level
    levels = {name: logging.getLogger(name).level for name in FLOORS}
    yield
    root.handlers[:] = [handler for handler in root.handlers if handler.name != HANDLER]
    root.setLevel(level)
    sys.excepthook = hook
    for name, own in levels.items():
        logging.getLogger(name).setLevel(own)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail_with_the_token() -> None:
    raise ConnectionError(f"cannot connect to https://api.telegram.org/bot{TOKEN}/getMe")


def test_json_is_an_object_a_line(stream: io.StringIO) -> None:
    configure("INFO", "json", stream=stream)

    structlog.stdlib.get_logger("bot.incoming.poller").info("handled", ms=12)
    logging.getLogger("aiogram").warning("slow\nTelegram: %s", "5 s")

    ours, theirs = lines(stream)
    assert (ours["event"], ours["ms"], ours["level"]) == ("handled", 12, "info")
    assert (theirs["event"], theirs["logger"]) == ("slow\nTelegram: 5 s", "aiogram")
    assert datetime.fromisoformat(ours["timestamp"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize("name", ["bot.incoming.poller", "aiogram.dispatcher", "alembic"])
def test_what_is_bound_is_on_every_line(stream: io.StringIO, name: str) -> None:
    configure("INFO", "json", stream=stream)

    with bound_contextvars(update_id=5, ticket=7):
        structlog.stdlib.get_logger(name).info("of structlog")
        logging.getLogger(name).info("of the library")
    logging.getLogger(name).info("afterwards")

    assert [(line.get("update_id"), line.get("ticket")) for line in lines(stream)] == [
        (5, 7),
        (5, 7),
        (None, None),
    ]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_librarys_line_looks_like_one_of_ours(
    stream: io.StringIO, log_format: config.LogFormat
) -> None:
    configure("INFO", log_format, [TOKEN], stream)

    with bound_contextvars(update_id=5):
        for logger in (structlog.get_logger("aiogram"), logging.getLogger("aiogram")):
            try:
                fail_with_the_token()
            except ConnectionError:
                logger.exception("100 % failed")

    written = re.sub(r"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d[.\dZ]*", "NOW", stream.getvalue())
    half = len(written) // 2
    assert written[:half] == written[half:]


def test_a_level_of_a_librarys_own_is_rounded_down(stream: io.StringIO) -> None:
    configure("DEBUG", "json", stream=stream)

    for level in (5, 25, 99):
        logging.getLogger("x").log(level, "of level %s", level)

    assert [(line["event"], line["level"]) for line in lines(stream)] == [
        ("of level 25", "info"),
        ("of level 99", "critical"),
    ]


def test_a_stack_that_a_library_adds_is_kept(stream: io.StringIO) -> None:
    configure("INFO", "json", stream=stream)

    logging.getLogger("x").warning("slow", stack_info=True)

    assert "test_a_stack_that_a_library_adds_is_kept" in lines(stream)[0]["stack"]


def test_text_is_for_people(stream: io.StringIO) -> None:
    configure("INFO", "text", stream=stream)

    with bound_contextvars(update_id=5):
        structlog.stdlib.get_logger("bot.incoming.poller").info("handled")

    assert "handled" in stream.getvalue()
    assert "update_id=5" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()  # colours are for terminals
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[info\] handled \[bot\.incoming\.poller\] update_id=5\n",
        stream.getvalue(),
    )


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("spelling", [TOKEN, quote(TOKEN), quote(TOKEN).lower()])
def test_the_token_is_in_no_line(
    stream: io.StringIO, log_format: config.LogFormat, spelling: str
) -> None:
    configure("DEBUG", log_format, [TOKEN], stream)
    ours, theirs = structlog.stdlib.get_logger("bot"), logging.getLogger("aiohttp.client")

    ours.info(f"GET /bot{spelling}/getMe", url=f"https://x/bot{spelling}", nested={"a": [spelling]})
    theirs.info("GET %s", f"/bot{spelling}/getMe")
    with bound_contextvars(token=spelling):
        theirs.info("bound")
    try:
        fail_with_the_token()
    except ConnectionError as error:
        ours.exception("failed", error=error)
        theirs.exception("failed")
        ours.error("failed", exc_info=ExceptionGroup(f"group {spelling}", [error]))

    written = stream.getvalue()
    assert written.count("***") >= 9
    assert "123456" not in written
    assert "def_GHI".lower() not in written.lower()
    assert "fail_with_the_token" in written  # the traceback is there, without the token


def test_a_secret_with_odd_characters_is_found_in_json(stream: io.StringIO) -> None:
    password = 'pa"ss\\wörd/ @'
    configure("INFO", "json", [password], stream)

    logging.getLogger("x").info("%s %s %s", password, quote(password), quote(password, safe=""))

    assert lines(stream)[0]["event"] == "*** *** ***"


def test_an_empty_secret_blots_nothing_out(stream: io.StringIO) -> None:
    configure("INFO", "json", ["", TOKEN], stream)

    logging.getLogger("x").info("plain")

    assert lines(stream)[0]["event"] == "plain"


def test_a_line_that_cannot_be_formatted_does_not_leak(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("INFO", "json", [TOKEN], stream)
    root = logging.getLogger()
    own = [handler for handler in root.handlers if handler.name == HANDLER]
    monkeypatch.setattr(root, "handlers", own)  # pytest's own handler raises instead

    logging.getLogger("x").info("%d", TOKEN)

    assert stream.getvalue() == ""
    error = capsys.readouterr().err
    assert "A log line of" in error
    assert TOKEN not in error


class Unspeakable:
    @override
    def __repr__(self) -> str:
        raise RuntimeError(TOKEN)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_one_of_ours_that_cannot_be_formatted_ends_nothing(
    stream: io.StringIO, log_format: config.LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO", log_format, [TOKEN], stream)

    structlog.get_logger("bot").info("lost", what=Unspeakable())

    assert stream.getvalue() == ""
    assert capsys.readouterr().err == "A log line of bot was lost: RuntimeError\n"


def test_below_the_level_nobody_speaks(stream: io.StringIO) -> None:
    configure("WARNING", "json", stream=stream)

    for name in ("bot", *FLOORS):
        structlog.stdlib.get_logger(name).info("of structlog")
        logging.getLogger(name).info("of the library")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", ["aiosqlite", "sqlalchemy.engine", "aiogram.event"])
def test_libraries_never_log_what_people_wrote(stream: io.StringIO, name: str) -> None:
    configure("DEBUG", "json", stream=stream)

    logging.getLogger(name).debug("INSERT … ('what a person wrote')")
    structlog.stdlib.get_logger("bot").debug("ours")

    assert [line["event"] for line in lines(stream)] == ["ours"]


def test_warnings_are_lines_too(stream: io.StringIO) -> None:
    configure("INFO", "json", stream=stream)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning("careful", UserWarning, "a.py", 1)

    assert "careful" in lines(stream)[0]["event"]


def test_a_second_configuration_takes_the_place_of_the_first(stream: io.StringIO) -> None:
    first = io.StringIO()
    configure("INFO", "json", stream=first)
    configure("INFO", "json", stream=stream)

    logging.getLogger("x").info("once")

    assert first.getvalue() == ""
    assert len(lines(stream)) == 1


def test_an_uncaught_error_is_one_line_without_the_token() -> None:
    program = (
        "from core.logging import configure; "
        f"configure('INFO', 'json', ['{TOKEN}']); "
        "import sys; raise RuntimeError(sys.argv[1])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program, f"https://api.telegram.org/bot{TOKEN}/getMe"],
        cwd=config.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    line = json.loads(ended.stderr)
    assert ended.returncode == 1
    assert (line["event"], line["level"]) == ("crashed", "critical")
    assert "/bot***/getMe" in line["exception"]
    assert TOKEN not in ended.stderr


def test_an_interruption_from_the_keyboard_is_no_crash(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("INFO", "json", stream=stream)

    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    assert stream.getvalue() == ""
    assert "KeyboardInterrupt" in capsys.readouterr().err


class Disk(io.StringIO):
    """A stream to a file, on a disk that is full for a while."""

    full = True

    @override
    def write(self, text: str, /) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_line_that_finds_no_room_on_the_disk_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor does the word that it was lost, which goes to the same disk."""
    disk = Disk()
    monkeypatch.setattr("sys.stderr", disk)
    configure("INFO", "json")

    structlog.stdlib.get_logger("bot").info("lost")
    disk.full = False
    structlog.stdlib.get_logger("bot").info("there is room again")

    assert [line["event"] for line in lines(disk)] == ["there is room again"]
