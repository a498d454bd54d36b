"""Our programs as real processes: started, killed, stopped, and gone at the end."""

import asyncio
import multiprocessing
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

from core.config import PROJECT, Settings

# How long a program has to end by itself, in seconds.
STOPS_WITHIN = 15

# Modules that take long to import, and that each bot would otherwise import again.
PRELOADED = (
    "main",
    "bot.app",
    "bot.commands.chats",
    "bot.commands.doctor",
    "bot.commands.replay",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
)


def environment(**settings: object) -> dict[str, str]:
    """Set every setting that has a default, so that no `.env` of this checkout counts.

    Follow-ups are gathered only if a test says so.
    """
    fields = Settings.model_fields.items()
    defaults = {name: field.default for name, field in fields if not field.is_required()}
    chosen = defaults | {"staff_batch_seconds": timedelta()} | settings
    return {name.upper(): _written(value) for name, value in chosen.items()}


def _written(value: object) -> str:
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, frozenset):
        return ",".join(map(str, sorted(value)))
    return "" if value is None else str(value)


@contextmanager
def heeding_interrupts() -> Iterator[None]:
    """Start programs that heed SIGINT: by default those of a background job ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@asynccontextmanager
async def program(*arguments: str, log: IO[str], **settings: object) -> AsyncIterator[Process]:
    """Run `python …` as an operator does, and end it however the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=PROJECT,
        env=os.environ | environment(**settings),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=log,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOPS_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Forked:
    """`main.py` in a process that starts within 50 ms.

    Importing aiogram takes seconds, so a parent imports everything once and forks a child for
    each start. Where there is no fork (Windows), each child is a new process, and slow.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, str],
        output: Path,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """`output` gets its output; `prepare` is called in the child, before main."""
        self._process = _context().Process(
            target=_live, args=(list(arguments), dict(variables), output, prepare), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return int(self._process.pid)

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return bool(self._process.is_alive())

    def kill(self) -> None:
        """SIGKILL, where there are signals."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM, where there are signals."""
        self._process.terminate()

    async def ended(self, seconds: float = STOPS_WITHIN) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        await asyncio.to_thread(self._process.join, seconds)
        code: int | None = self._process.exitcode
        assert code is not None, f"it did not end within {seconds} s"
        return code


async def run(variables: dict[str, str], *arguments: str) -> tuple[int, list[str]]:
    """Run `main.py` to its end; return its exit code, and its output without the JSON log."""
    output = Path(variables["TMPDIR"]) / "output"
    code = await Forked(arguments, variables, output).ended(40)
    said = output.read_text("utf-8")
    assert "Traceback" not in said
    assert variables["BOT_TOKEN"].partition(":")[2] not in said
    return code, [line for line in said.splitlines() if not line.startswith("{")]


@cache
def _context() -> Any:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def _live(
    arguments: list[str],
    variables: dict[str, str],
    output: Path,
    prepare: Callable[[], None] | None,
) -> None:
    import main  # noqa: PLC0415 - the parent of all children has it

    os.environ.update(variables)
    descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(descriptor, stream.fileno())
    if prepare is not None:
        prepare()
    sys.exit(main.main(arguments))
