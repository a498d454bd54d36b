"""How a program copes with its environment: closed streams, and signals that come early."""

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
    """Run a program so that neither a signal nor a closed stream spoils its exit code.

    As process 1 of a container it would ignore signals without a handler.
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
    """Drop what can't be written: Python would try again at exit, and return 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
