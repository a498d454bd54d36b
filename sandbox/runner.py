"""The bot as a child process: started with its address and token, killed, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping

from sandbox.model import Json

# How long a bot has to stop before it is killed, in seconds.
STOPS_WITHIN = 15.0
# A shell's exit code for a command that it can't find.
NOT_STARTED = 127


def words_of(command: str) -> list[str]:
    """The words of a command line; a backslash is part of a path on Windows."""
    if os.name == "posix":
        return shlex.split(command)
    return [word.strip('"') for word in shlex.split(command, posix=False)]


class Runner:
    """Any program that is a bot; it runs until `close`, and again whenever `start` is called."""

    def __init__(
        self, command: str, environment: Mapping[str, str], changed: Callable[[], None]
    ) -> None:
        """`changed` is called whenever `json()` changes."""
        self._command = words_of(command)
        self._environment = os.environ | dict(environment)
        self._changed = changed
        self._process: Process | None = None
        self._wanted = asyncio.Event()
        self._closed = False
        self._exit_code: int | None = None
        self._starts = 0

    def json(self) -> Json:
        """Whether it runs, how often it was started, and how it last ended."""
        running = self._process is not None
        return {"running": running, "starts": self._starts, "exit_code": self._exit_code}

    async def run(self) -> None:
        """Start it, and again each time it is wanted."""
        self._wanted.set()
        while not self._closed:
            await self._wanted.wait()
            self._wanted.clear()
            if not self._closed:
                await self._live()

    async def _live(self) -> None:
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=DEVNULL,
                stdout=sys.stderr,  # our own standard output is one line of JSON
                start_new_session=os.name == "posix",
            )
        except OSError as error:
            sys.stderr.write(f"cannot start {self._command[0]}: {error}\n")
            self._exit_code = NOT_STARTED
            self._changed()
            return
        self._starts += 1
        self._changed()
        try:
            self._exit_code = await process.wait()
        finally:
            self._process = None
            self._changed()

    def start(self) -> None:
        """Start it, or start it again."""
        if self._process is None:
            self._wanted.set()

    def kill(self) -> None:
        """Kill it at once, like a power cut."""
        self._signal("SIGKILL")

    def terminate(self) -> None:
        """Ask it to stop."""
        self._signal("SIGTERM")

    def _signal(self, name: str) -> None:
        """Signal it and its children; Windows knows only one way to end a process."""
        if self._process is None:
            return
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.killpg(self._process.pid, signal.Signals[name])
        else:
            self._process.kill()

    async def close(self) -> None:
        """Stop it for good."""
        self._closed = True
        self._wanted.set()
        process = self._process
        if process is None:
            return
        self.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOPS_WITHIN)
        except TimeoutError:
            self.kill()
            await process.wait()
