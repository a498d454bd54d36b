"""How long the start takes, and how much of it is not `import aiogram`."""

import asyncio
import sys
import time
from asyncio.subprocess import DEVNULL

from benchmarks import databases, telegram
from benchmarks.subjects import ours, running


async def first_get_updates(times: int) -> list[float]:
    """Start the bot this many times; return the seconds until it first asks for updates."""
    seconds = []
    async with databases.sqlite() as url:
        for _ in range(times):
            async with telegram.opened() as seen:
                begun = time.perf_counter()
                async with running(ours("SQLite", url), seen):
                    seconds.append(time.perf_counter() - begun)
    return seconds


async def importing_aiogram(times: int) -> list[float]:
    """Start Python this many times, only to import aiogram; return the seconds."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "import aiogram, aiogram.types, aiogram.methods"),
            stdin=DEVNULL,
        )
        await process.wait()
        seconds.append(time.perf_counter() - begun)
    return seconds
