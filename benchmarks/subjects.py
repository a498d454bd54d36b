"""The bots under measurement, as the processes that an operator would run."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.telegram import Telegram
from core.config import PROJECT

# How long the bot may take to stop after SIGTERM, in seconds.
STOPS_WITHIN = 20


@dataclass(frozen=True)
class Subject:
    """A bot: how it is started, with which database, if it has one, and from which folder.

    `gathers` is for how many seconds it gathers what a user goes on writing.
    """

    name: str
    arguments: tuple[str, ...]
    database: str | None = None
    folder: Path = PROJECT
    gathers: float = 0


REFERENCE = Subject("reference", ("-m", "benchmarks.reference"))


def ours(name: str, database_url: str) -> Subject:
    return Subject(name, ("main.py",), database_url)


@dataclass(frozen=True)
class Running:
    """A bot at work."""

    process: psutil.Process

    def cpu(self) -> float:
        """Tell the seconds of CPU it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Tell the bytes of memory it holds."""
        return int(self.process.memory_info().rss)


@asynccontextmanager
async def running(subject: Subject, telegram: Telegram) -> AsyncIterator[Running]:
    """Start the bot, wait until it polls, and stop it at the end."""
    sandbox = telegram.sandbox
    variables = {
        "BOT_TOKEN": sandbox.token,
        "TELEGRAM_API_URL": sandbox.url,
        "STAFF_CHAT_ID": str(telegram.group.id),
        "LIMIT_PER_CHAT": "0",
        "LIMIT_PER_GROUP": "0",
        "LIMIT_TOTAL": "0",
        "STAFF_BATCH_SECONDS": str(subject.gathers),
        "LOG_FORMAT": "json",
        "PYTHONPATH": str(subject.folder),
    }
    if subject.database is not None:
        variables["DATABASE_URL"] = subject.database
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *subject.arguments,
        cwd=subject.folder,
        env=os.environ | variables,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            await sandbox.world.updates.polled.wait()
        yield Running(psutil.Process(process.pid))
    finally:
        process.terminate()
        async with asyncio.timeout(STOPS_WITHIN):
            await process.wait()
