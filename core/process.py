"""What a program owes its surroundings: streams that may be closed, signals that may come early."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn


@contextmanager
def well_behaved() -> Iterator[None]:
    """Run a program to its own exit code, with a signal as with a stream that nobody reads.

    As process 1 of a container it would not hear a signal that has no handler.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was started with `2>&-`
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
    try:
        yield
    finally:
        _flush()


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _flush() -> None:
    """Drop what cannot be written: Python would try once more, and end with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
