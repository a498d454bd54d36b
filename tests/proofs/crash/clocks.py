"""A clock for the bot and its Telegram that can run faster than real time, and be set."""

import asyncio
import selectors
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, override

from core.clock import utcnow
from tests.support.times import NOON

_OURS = {"main", "bot", "services", "database", "core"}


@dataclass(frozen=True)
class Clock:
    """Starts at NOON, and runs `speed` times as fast as real time.

    It reads the machine's monotonic clock, so the same object in two processes tells the same time.
    The number in the file `steps` is added to the bot's wall clock, and to nothing else.
    """

    speed: float
    steps: Path
    started: float = field(default_factory=time.monotonic)
    epoch: float = NOON.timestamp()

    def monotonic(self) -> float:
        """Give the monotonic time, in seconds."""
        return self.started + (time.monotonic() - self.started) * self.speed

    def unix(self) -> float:
        """Give Telegram's time, in seconds since 1970."""
        return self.epoch + self.monotonic() - self.started

    def utcnow(self) -> datetime:
        """Give the time on the bot's machine, whose clock may have been set."""
        added = float(self.steps.read_text()) if self.steps.exists() else 0.0
        return datetime.fromtimestamp(self.unix() + added, UTC)

    def set_by(self, seconds: float) -> None:
        """Let the bot's wall clock differ from the true time by this much."""
        new = self.steps.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.steps)

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Make an event loop whose timers go by this clock."""
        return _Loop(self)

    def install(self) -> None:
        """Make this process use this clock; called in a child, before main."""
        found = _swap(utcnow, self.utcnow) + _swap(time.monotonic, self.monotonic)
        assert found >= 2, "the bot no longer reads the time where it did"
        vars(asyncio)["run"] = self._run

    def _run(self, main: Any, **how: Any) -> Any:
        with asyncio.Runner(loop_factory=self.new_loop, **how) as runner:
            return runner.run(main)


class _Selector(selectors.DefaultSelector):
    """Waits for a shorter time, because the clock runs faster."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    @override
    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout / self._speed if timeout else timeout)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: Clock) -> None:
        super().__init__(_Selector(clock.speed))
        self._monotonic = clock.monotonic

    @override
    def time(self) -> float:
        return self._monotonic()


def _swap(old: Callable[..., Any], new: Callable[..., Any]) -> int:
    """Replace `old` in our modules and in the defaults of their functions; return how often."""
    count = 0
    for module in [module for name, module in sys.modules.items() if _is_ours(name)]:
        for name, value in list(vars(module).items()):
            if value is old:
                setattr(module, name, new)
                count += 1
        for function in _functions(module):
            count += _swap_defaults(function, old, new)
    return count


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in _OURS


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """List a module's own functions, and those of its classes."""
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        members = vars(value).values() if isinstance(value, type) else [value]
        yield from (one for one in members if isinstance(one, FunctionType))


def _swap_defaults(function: FunctionType, old: Any, new: Any) -> int:
    given, named = function.__defaults__ or (), function.__kwdefaults__ or {}
    found = [*given, *named.values()]
    if not any(one is old for one in found):
        return 0
    function.__defaults__ = tuple(new if one is old else one for one in given)
    function.__kwdefaults__ = {key: new if one is old else one for key, one in named.items()}
    return 1
