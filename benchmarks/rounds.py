"""Every subject in turn, round after round, so that other work on the machine affects all alike."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from benchmarks import databases, loads, telegram
from benchmarks.loads import Load
from benchmarks.subjects import REFERENCE, Running, Subject, ours, running
from benchmarks.telegram import Telegram

# A distant Telegram: how long every call takes, in seconds.
DISTANCE = 0.05


@dataclass(frozen=True)
class Size:
    """How large the loads are."""

    rounds: int = 3
    users: int = 50
    seconds: float = 5
    flood: int = 1_000
    near: int = 200
    far: int = 60


SMOKE = Size(rounds=1, users=5, seconds=0.3, flood=20, near=5, far=2)


@dataclass
class Measured:
    """A subject's results: a load for each round, by name; `memory` in bytes, idle after start."""

    loads: dict[str, list[Load]] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)

    def add(self, name: str, load: Load) -> None:
        self.loads.setdefault(name, []).append(load)


type Subjects = dict[str, Callable[[], AbstractAsyncContextManager[Subject]]]


def subjects(postgres: str) -> Subjects:
    """Name the bots that are compared; the reference is the first."""
    return {
        "reference": lambda: nullcontext(REFERENCE),
        "SQLite": _on_sqlite,
        "PostgreSQL": lambda: _on_postgres(postgres),
    }


@asynccontextmanager
async def _on_sqlite() -> AsyncIterator[Subject]:
    async with databases.sqlite() as url:
        yield ours("SQLite", url)


@asynccontextmanager
async def _on_postgres(server: str) -> AsyncIterator[Subject]:
    async with databases.on(server) as url:
        yield ours("PostgreSQL", url)


async def compare(
    compared: Subjects, size: Size, say: Callable[[str], None]
) -> dict[str, Measured]:
    """Put every load on every subject, in each round."""
    measured = {name: Measured() for name in compared}
    for number in range(size.rounds):
        for name, make in compared.items():
            say(f"round {number + 1} of {size.rounds}: {name}")
            _tidy()
            async with (
                make() as subject,
                telegram.opened() as seen,
                running(subject, seen) as bot,
            ):
                await _all_loads(seen, bot, size, measured[name])
    return measured


def _tidy() -> None:
    """Collect garbage now, so that it does not slow the next measurement."""
    gc.collect()
    gc.freeze()


async def _all_loads(seen: Telegram, bot: Running, size: Size, result: Measured) -> None:
    result.memory.append(bot.memory())
    result.add("loop", await loads.loop_of_users(seen, bot, size.users, size.seconds))
    result.add("flood", await loads.flood(seen, bot, size.users, size.flood))
    result.add("near", await loads.one_by_one(seen, bot, size.near))
    seen.sandbox.faults.latency = (DISTANCE, DISTANCE)
    result.add("far", await loads.one_by_one(seen, bot, size.far))
    seen.sandbox.faults.latency = (0.0, 0.0)
