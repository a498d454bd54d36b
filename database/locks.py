"""A lock on a file that the kernel lets go of when its holder ends, however it ends."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def acquire(file: Path, like: Path) -> int | None:
    """Make `file` and lock it; None if somebody holds it. Closing the descriptor releases it.

    It gets the owner and permissions of the file `like`, as SQLite's side files do.
    """
    while True:
        descriptor = _open(file, like.stat())
        try:
            _try(descriptor)
            if os.path.samestat(os.fstat(descriptor), file.stat()):
                return descriptor
        except (BlockingIOError, PermissionError):  # Windows knows only the second one
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass  # it was removed between opening and locking it: try a new one
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def is_held(file: Path) -> bool:
    """Whether somebody holds the lock that `acquire` gives; no if there is none, or it is not ours.

    The check locks the file for an instant: a process that starts just then finds it taken.
    """
    try:
        descriptor = os.open(file, os.O_RDWR)
    except (FileNotFoundError, PermissionError):
        return False
    try:
        _try(descriptor)
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(descriptor)
    return False


def _open(file: Path, like: os.stat_result) -> int:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, like.st_mode & 0o666)
    if sys.platform != "win32" and os.geteuid() == 0:
        os.fchown(descriptor, like.st_uid, like.st_gid)
    return descriptor
