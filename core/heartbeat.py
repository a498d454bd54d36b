"""Heartbeats: poller and courier each touch a file, and a health check reads its age.

The check asks whether the loops run. An outage of Telegram or the database is not unhealthy; a
database that only an operator can repair is. Trouble with these files never stops the bot.
"""

import hashlib
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import structlog

log = structlog.get_logger(__name__)

type Part = Literal["poller", "courier"]

PARTS: tuple[Part, ...] = get_args(Part.__value__)
MAX_AGE = timedelta(seconds=90)

NO_HEARTBEAT = (
    "No heartbeat here: no bot is running, or it runs with other settings (BOT_TOKEN, "
    "DATABASE_URL, DB_NAME) or another TMPDIR."
)


def folder_for(bot_id: int, database_url: str) -> Path:
    """Name the folder of one bot on one database."""
    place = re.sub(r"://([^:/@]*):[^@]*@", r"://\1@", database_url)  # without the password
    mark = hashlib.sha256(place.encode()).hexdigest()[:8]
    return _temporary() / f"support-bot-{bot_id}-{mark}"


def _temporary() -> Path:
    """Return the folder for temporary files, also if nothing can be written there.

    `tempfile` then chooses another one, and a bot and its health check would not agree.
    """
    for name in ("TMPDIR", "TEMP", "TMP"):
        if folder := os.environ.get(name):
            return Path(folder)
    return Path(tempfile.gettempdir() if sys.platform == "win32" else "/tmp")  # noqa: S108


class Heartbeat:
    """The beats of a bot, in `folder`: a file for each part of each process, like `123.poller`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pid = os.getpid()
        self._works = True

    # The bot --------------------------------------------------------------------------------

    def start(self) -> None:
        """Forget dead processes; beat for every part, as none of them runs yet."""
        with self._guarded():
            for pid in _pids(self.folder):
                if not _lives(pid, self.folder):
                    self._forget(pid)
        self.beat_all()

    def beat(self, part: Part) -> None:
        """Say that a part is alive."""
        with self._guarded():
            try:
                os.utime(self._file(part))
            except FileNotFoundError:
                self._write(part, _birth(self._pid))

    def beat_all(self) -> None:
        """Beat for every part, while none of them runs."""
        for part in PARTS:
            self.beat(part)

    def trouble(self, part: Part, words: str | None) -> None:
        """Say what an operator must repair before a part can continue; None: nothing."""
        with self._guarded():
            if words is None:
                self._file(f"{part}-trouble").unlink(missing_ok=True)
            else:
                self._write(f"{part}-trouble", words)

    def stop(self) -> None:
        """Remove everything: a bot that was stopped is neither alive nor missing."""
        with self._guarded():
            self._forget(self._pid)
            with suppress(OSError):  # it is not there, or another process beats in it
                self.folder.rmdir()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._works:
                log.warning("no heartbeat can be left: `health` will say ill", reason=str(error))
            self._works = False
        else:
            self._works = True

    def _write(self, name: str, words: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_a_foreign(self.folder)
        self._file(name).write_text(words, "utf-8")

    def _file(self, name: str) -> Path:
        return self.folder / f"{self._pid}.{name}"

    def _forget(self, pid: int) -> None:
        for file in self.folder.glob(f"{pid}.*"):
            file.unlink(missing_ok=True)

    # The health check -----------------------------------------------------------------------

    def ill(self, now: datetime) -> list[str]:
        """Say what is wrong, a sentence each; nothing if a bot runs here and is well."""
        try:
            _refuse_a_foreign(self.folder)
            pids = _pids(self.folder)
        except FileNotFoundError:
            pids = []
        except OSError as error:
            return [f"no heartbeat: {error}"]
        if not pids:
            return [NO_HEARTBEAT]
        return [words for pid in pids for words in self._ill(pid, now)]

    def _ill(self, pid: int, now: datetime) -> list[str]:
        if not _lives(pid, self.folder):
            return [f"no heartbeat: process {pid} died"]
        silent = [part for part in PARTS if _age(self.folder / f"{pid}.{part}", now) > MAX_AGE]
        troubles = {file.read_text("utf-8") for file in self.folder.glob(f"{pid}.*-trouble")}
        return [*([f"no heartbeat: {', '.join(silent)}"] if silent else []), *sorted(troubles)]


def _refuse_a_foreign(folder: Path) -> None:
    """Refuse to write into, or to trust, a folder that somebody else put there."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(f"{folder} is not a folder")
    if sys.platform != "win32" and os.geteuid() not in {0, found.st_uid}:
        raise PermissionError(f"{folder} belongs to another user")


def _pids(folder: Path) -> list[int]:
    names = (file.name.partition(".")[0] for part in PARTS for file in folder.glob(f"*.{part}"))
    return sorted({int(name) for name in names if name.isdecimal()})


def _age(file: Path, now: datetime) -> timedelta:
    """Tell how long ago a file was touched; forever if it never was.

    A beat from the future counts as old: the clock stepped back, and the beat proves nothing.
    """
    try:
        touched = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return timedelta.max
    return abs(now - touched)


def _lives(pid: int, folder: Path) -> bool:
    """Tell whether the process that left these files still runs, and not another by its id."""
    files = [folder / f"{pid}.{part}" for part in PARTS]
    births = {file.read_text("utf-8", "replace") for file in files if file.exists()}
    if sys.platform == "win32":  # where the signal that asks would kill it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return _birth(pid) in births


def _birth(pid: int) -> str:
    """Tell when a process started, in the kernel's units; empty on systems without /proc."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        return told.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
