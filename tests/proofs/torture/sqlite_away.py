"""SQLite's file can't be written for a while, under traffic."""

import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import make_url

from database.alarm import GONE
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture import child
from tests.proofs.torture.outages import lasts, outage
from tests.proofs.torture.run import Run

# What the log may still grow by while no file may become larger than it, in bytes.
ROOM = 2**16


async def sqlite_full(run: Run) -> None:
    """Fill the disk, in two ways, and make room again.

    First SQLite itself finds no room for another page (SQLITE_FULL at the statement, by
    max_page_count). Then the kernel refuses what goes beyond a size (RLIMIT_FSIZE), which fails
    at the commit, as a disk does that ran full: with EFBIG instead of ENOSPC, so SQLite says
    IOERR instead of FULL.
    """
    async with _under_traffic(run) as (scene, traffic):
        async with outage(run, scene) as begun:
            with _says(run.folder / "full"):
                await lasts(run, scene, begun, run.choose(long=20, short=2))
        await traffic.reaches(5)
        async with outage(run, scene) as begun:
            with _no_file_grows(scene):
                await lasts(run, scene, begun, run.choose(long=20, short=2))
        await traffic.reaches(5)


async def sqlite_locked(run: Run) -> None:
    """Have another program hold the file's lock for longer than the bot waits for it."""
    async with _under_traffic(run) as (scene, traffic):
        async with outage(run, scene) as begun:
            with _locked(_file(scene)):
                await lasts(run, scene, begun, run.choose(long=20, short=6))
        await traffic.reaches(5)


async def sqlite_readonly(run: Run) -> None:
    """Let the file be read-only for a while.

    By query_only: what a read-only file answers (SQLITE_READONLY), which root meets nowhere else.
    """
    async with _under_traffic(run) as (scene, traffic):
        async with outage(run, scene) as begun:
            with _says(run.folder / "read-only"):
                await lasts(run, scene, begun, run.choose(long=20, short=2))
        await traffic.reaches(5)


async def sqlite_gone(run: Run) -> None:
    """Take the file away, then put another one in its place; each time the right one comes back."""
    async with _under_traffic(run) as (scene, traffic):
        for other in (None, run.databases.file):
            async with outage(run, scene, GONE) as begun:
                with _taken_away(_file(scene), other):
                    await lasts(run, scene, begun, run.choose(long=20, short=2), GONE)
            await traffic.reaches(5)


@asynccontextmanager
async def _under_traffic(run: Run) -> AsyncIterator[tuple[Scene, Traffic]]:
    async with run.scene(hooks=[partial(child.obeys, run.folder)]) as scene:
        await scene.start()
        async with run.traffic(scene) as traffic:
            await traffic.reaches(5)
            yield scene, traffic
        await run.judge(scene, traffic)
        run.expect(scene.starts == 1, "the bot had to be started again")


@contextmanager
def _says(file: Path) -> Iterator[None]:
    """Let a file be there for a while; see `child.obeys`."""
    file.touch()
    yield
    file.unlink()


@contextmanager
def _taken_away(file: Path, other: Path | None) -> Iterator[None]:
    """Move the file away, and put another one in its place."""
    elsewhere = file.rename(file.with_name("elsewhere.db"))
    if other is not None:
        shutil.copy(other, file)
    yield
    elsewhere.replace(file)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock that every writer needs; the bot is another process."""
    connection = sqlite3.connect(file, timeout=5, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        with suppress(sqlite3.OperationalError):
            connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def _no_file_grows(scene: Scene) -> Iterator[None]:
    """Let the bot's process write no file beyond the end of its log and a little more."""
    assert scene.bot is not None
    _, most = resource.prlimit(scene.bot.pid, resource.RLIMIT_FSIZE)
    size = scene.log_file.stat().st_size + ROOM
    resource.prlimit(scene.bot.pid, resource.RLIMIT_FSIZE, (size, most))
    yield
    resource.prlimit(scene.bot.pid, resource.RLIMIT_FSIZE, (most, most))


def _file(scene: Scene) -> Path:
    return Path(make_url(scene.variables["DATABASE_URL"]).database or "")
