"""Many seeds, on every core there is."""

import gc
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from types import FrameType

from tests.proofs.simulation import plan, run
from tests.proofs.simulation.run import Result

# A run takes about a second of a busy core; after this many seconds it hangs.
HANGS_AFTER = 120

# How many seeds a worker runs before a fresh one replaces it.
A_LIFE = 500


class Hangs(BaseException):
    """A run does not end."""


def many(seeds: Iterable[int], *, workers: int, seconds: float | None = None) -> Iterator[Result]:
    """Run the seeds; after `seconds`, start no more."""
    end = time.monotonic() + seconds if seconds is not None else None
    wanted = takewhile(lambda _: end is None or time.monotonic() < end, seeds)
    warm_up()
    if workers <= 1:
        yield from map(one, wanted)
        return
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=A_LIFE) as pool:
        started = pool.imap_unordered(one, wanted, chunksize=1)
        for result in started:
            yield result
            if end is not None and time.monotonic() > end:
                return


def one(seed: int, scenes: Sequence[str] | None = None) -> Result:
    """Run one seed, with these scenes, or with those that the seed chooses.

    An error in the simulation itself is a finding too.
    """
    watched = sys.platform != "win32"
    if watched:
        signal.signal(signal.SIGALRM, _hang)
        signal.alarm(HANGS_AFTER)
    try:
        return run.run(plan.make(seed, scenes))
    except Hangs:
        return Result(seed, findings=[f"hangs: {traceback.format_exc()[-1500:]}"])
    except Exception:  # noqa: BLE001 - the finding names the seed
        return Result(seed, findings=[f"broken: {traceback.format_exc()[-1500:]}"])
    finally:
        if watched:
            signal.alarm(0)


def warm_up() -> None:
    """Fill every cache once, before the workers are forked, and keep it out of the collector."""
    run.run(plan.make(0))
    gc.collect()
    gc.freeze()


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _hang(_number: int, _frame: FrameType | None) -> None:
    raise Hangs
