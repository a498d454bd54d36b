"""Stopping: the program ends in order, and in time even if something hangs."""

import asyncio
import signal
import sys
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine

# How long work in progress may take after a signal before it is cut off as by a crash, and how long
# closing the database may take, in seconds. Together less than the 10 s after which Docker kills.
LAST_SECONDS = 7.0
GOODBYE = 1.0


def on_signals() -> asyncio.Event:
    """Make an event that SIGTERM, SIGINT and the closing of the terminal set.

    The calling task is cancelled if it has not ended LAST_SECONDS later, for example because the
    network swallows everything.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()

    def stop() -> None:
        stopped.set()
        if running is not None:
            loop.call_later(LAST_SECONDS, running.cancel)

    for number in _signals():
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # not on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    return stopped


def _signals() -> list[signal.Signals]:
    """List the signals that stop the program; not SIGHUP under `nohup` or on Windows."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


async def close(engine: AsyncEngine) -> None:
    """Close connections, so that a standby process need not wait; give up on a dead server."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await engine.dispose()
