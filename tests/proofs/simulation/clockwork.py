"""Virtual time: an agenda of what will happen, and an event loop that follows it.

The world (Telegram, people, networks) lives on the agenda and outlives every process of the bot;
each process has a loop of its own, which dies with it. Nothing here waits for a real second.
"""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Any, override

# A loop that turns this many times while no time passes is stuck.
MOST_TURNS = 20_000

# How many turns of the loop the tasks of a dead process get to end.
LAST_TURNS = 2_000


class Stuck(Exception):
    """The bot turns without time passing, or waits for something that will never happen."""


class Died(BaseException):
    """The process of the bot is killed here; no code of its own may catch this."""


class Agenda:
    """Events in the order of their times; of those at the same time, the one added first."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(time, self.now), next(self._numbers), event))

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        self.at(self.now + seconds, event)

    @property
    def next_at(self) -> float | None:
        return self._events[0][0] if self._events else None

    def happen(self) -> None:
        """Run the next event, at its time."""
        time, _, event = heapq.heappop(self._events)
        self.now = time
        event()


class Loop(asyncio.BaseEventLoop):
    """One process's event loop: when nothing is ready, time jumps to whatever comes next."""

    def __init__(self, agenda: Agenda) -> None:
        super().__init__()
        self._agenda = agenda
        self._selector = _Jump(self, agenda)
        self._clock_resolution = 1e-6

    @property
    def jump(self) -> "_Jump":
        return self._selector

    @override
    def time(self) -> float:
        return self._agenda.now

    @override
    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> Any:
        """Run it at once: a thread would have a clock of its own."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - raised where it is awaited
            future.set_exception(error)
        return future

    def bury(self) -> None:
        """End the tasks of a dead process; nothing that they still do reaches the world."""
        self.jump.dead = True
        self.jump.turns = 0
        self.set_exception_handler(lambda _loop, _context: None)
        for task in asyncio.all_tasks(self):
            task.cancel()
        while tasks := asyncio.all_tasks(self):  # ending them may start others
            self.run_until_complete(asyncio.wait(tasks))
        self.close()

    def _process_events(self, _event_list: list[Any]) -> None:
        """There are no sockets."""

    def _write_to_self(self) -> None:
        """There are no other threads."""


class _Jump:
    """The loop's selector, for asyncio: instead of waiting, it moves the time."""

    def __init__(self, loop: Loop, agenda: Agenda) -> None:
        self._loop = loop
        self._agenda = agenda
        self.turns = 0
        self.dead = False
        self.dies_in: int | None = None

    def select(self, timeout: float | None) -> list[Any]:
        """Let the world's next event happen before the loop goes on."""
        self.turns += 1
        if self.dead:
            if self.turns > LAST_TURNS:
                raise Stuck("the tasks of a dead process do not end")
            return []
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in < 0:
                raise Died
        if self.turns > MOST_TURNS:
            raise Stuck("the bot turns without time passing")
        self._move_on(timeout)
        return []

    def _move_on(self, timeout: float | None) -> None:
        """Run the next event, or let the time pass for which the loop would wait."""
        before, due = self._agenda.now, self._agenda.next_at
        if due is not None and (timeout is None or due <= before + timeout):
            self._agenda.happen()
        elif timeout is None:
            raise Stuck("the bot waits for something that will never happen")
        else:
            self._agenda.now += timeout
        if self._agenda.now > before:
            self.turns = 0

    def close(self) -> None:
        """There is nothing to close."""
