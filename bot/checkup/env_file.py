"""The file of settings, `.env`: it holds the token, so only the bot's account is to read it."""

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.checkup.line import Line, ok, wrong

_MAY = {stat.S_IROTH: "read", stat.S_IWOTH: "change"}


def look(file: Path) -> Iterator[Line]:
    """Say whether everybody on this machine may read or change the file.

    Nothing if there is none, or if the system has no such modes.
    """
    file = file.resolve()
    if os.name != "posix" or not file.is_file():
        return
    mode = file.stat().st_mode if _is_reached_by_all(file) else 0
    may = " and ".join(word for bit, word in _MAY.items() if mode & bit)
    if may:
        said = f"Everybody on this machine may {may} {file}, which is for the bot's token."
        cure = (
            f"Run `chmod o-rwx {shlex.quote(str(file))}`. "
            "The account that runs the bot has to own the file, or to be in its group."
        )
        yield wrong("env_file", said, cure)
    else:
        yield ok("env_file", f"Not everybody on this machine may read {file}.")


def _is_reached_by_all(file: Path) -> bool:
    """Whether no folder above it is closed to others."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in file.parents)
