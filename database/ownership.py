"""A SQLite file belongs to one running bot: a second one does not start on it.

A lock on a side file keeps others out, also those that reach the folder by another path. The
database itself is never opened for this: closing it would drop SQLite's own locks
(sqlite.org/howtocorrupt.html). `check`, `replay` and backups take no lock and work beside the bot.

SQLite goes on writing to a file that was removed or replaced, and no later process would find what
was accepted there. So the open files are compared with those of that name before each transaction,
and again after its commit, before Telegram is told.
"""

import os
import stat
from pathlib import Path
from typing import NamedTuple

import structlog

from database import locks
from database.errors import DatabaseUnreachable, FileNotOurs, FileReplaced, LogRemoved

log = structlog.get_logger(__name__)


class _Identity(NamedTuple):
    device: int
    inode: int


class OwnFile:
    """The SQLite file of the process that runs the bot."""

    def __init__(self, file: Path) -> None:
        """`file` may be a symbolic link: the side file is beside the real file, as SQLite's are."""
        real = Path(os.path.realpath(file))
        self._file = file
        self._log = real.with_name(f"{real.name}-wal")
        self._side = real.with_name(f"{real.name}-lock")
        self._real = real
        self._lock: int | None = None
        self._identities: dict[Path, _Identity | None] = {}
        self._written: tuple[int, int] | None = None

    def take(self) -> None:
        """Lock the file for as long as this process lives; call it before opening the file.

        Raises FileNotOurs, DatabaseUnreachable if no lock can be had at the moment, and, if it is
        locked already, what `check` raises.
        """
        self._identities.pop(self._log, None)  # the new connection may make a new one
        if self._lock is not None:
            self.check()
            return
        if _is_mounted(self._real):
            raise FileNotOurs(
                f"{self._file} is mounted without its folder, and what SQLite writes beside it "
                "would be lost: mount the folder instead."
            )
        try:
            self._lock = locks.acquire(self._side, like=self._real)
        except OSError as error:
            raise DatabaseUnreachable(f"{error.filename}: {error.strerror}") from error
        if self._lock is None:
            raise FileNotOurs(
                f"Another bot is running on {self._file}: stop it first, "
                "or give this one a database of its own (DB_NAME)."
            )
        self._identities[self._side] = _identity(self._side)
        if self._file not in self._identities:
            self._identities[self._file] = _identity(self._file)
            _warn_of_readers(self._file)

    def is_taken(self) -> bool:
        """Whether another process has the file."""
        return locks.is_held(self._side)

    def release(self) -> None:
        """Let another process have the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = self._identities[self._side] = None

    def opened(self) -> None:
        """Remember the log that the new connection has made or found."""
        self._identities[self._log] = _identity(self._log)

    def check(self) -> None:
        """Make sure that writes go to the file that the next process will open.

        Raises FileReplaced, or LogRemoved if nothing else happened.
        """
        found = _stat(self._file)
        if found is None or (found.st_dev, found.st_ino) != self._identities[self._file]:
            raise FileReplaced(self._file)
        written = (found.st_mtime_ns, found.st_size)
        if self._has_changed(self._log):
            raise (LogRemoved if written == self._written else FileReplaced)(self._log)
        self._written = written
        if self._has_changed(self._side):
            self._lock_again()

    def _lock_again(self) -> None:
        """Lock a new side file if the locked one is gone, unless another bot has locked it."""
        self.release()
        try:
            self.take()
        except FileNotOurs as error:
            raise FileReplaced(self._side) from error

    def _has_changed(self, file: Path) -> bool:
        return file in self._identities and _identity(file) != self._identities[file]


def _warn_of_readers(file: Path) -> None:
    """Leave the permissions as the operator set them, but warn if others can read the file."""
    found = _stat(file)
    if found and os.name == "posix" and found.st_mode & stat.S_IROTH:
        log.warning("every account of this machine can read the database", cure=f"chmod 600 {file}")


def _is_mounted(file: Path) -> bool:
    """Whether a file is a mount of its own, as with `docker run -v ./support.db:/s.db`."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:  # not Linux
        return False
    return any(line.split(" ")[4].replace("\\040", " ") == str(file) for line in mounts)


def _identity(file: Path) -> _Identity | None:
    found = _stat(file)
    return found and _Identity(found.st_dev, found.st_ino)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None
