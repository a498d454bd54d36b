"""How the program ends: in order, and if something hangs, in time."""

import asyncio
import signal
import sys
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine

# What is still in hand so many seconds after a signal is left as a crash would leave it; in so many
# more the database is told goodbye. Together less than the 10 s in which a stopped bot is gone.
LAST_SECONDS = 7.0
GOODBYE = 1.0


def on_signals() -> asyncio.Event:
    """Make an event that SIGTERM, SIGINT and the end of the terminal set.

    The task that calls this is cancelled if it has not ended LAST_SECONDS later: a network that
    swallows everything must not keep it.
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
        except NotImplementedError:  # Windows' event loop knows none
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    return stopped


def _signals() -> list[signal.Signals]:
    """List those that stop us; SIGHUP is none under `nohup`, nor on Windows."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


async def close(engine: AsyncEngine) -> None:
    """Say goodbye, so that who stands by need not wait; but not to a server that is not there."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await engine.dispose()
