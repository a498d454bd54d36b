"""The SQLite file can't be written for a while, under traffic."""

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

# How much the log may still grow while no file may become larger than it, in bytes.
ROOM = 2**16


async def sqlite_full(run: Run) -> None:
    """Fill the disk in two ways, and make room again.

    First, SQLite has no room for another page: max_page_count makes statements fail with
    SQLITE_FULL. Then the kernel lets no file grow (RLIMIT_FSIZE): commits fail, as on a full disk,
    but with EFBIG instead of ENOSPC, so SQLite says IOERR instead of FULL.
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
    """Make the file read-only for a while.

    PRAGMA query_only fails as a read-only file does (SQLITE_READONLY); root can write any file.
    """
    async with _under_traffic(run) as (scene, traffic):
        async with outage(run, scene) as begun:
            with _says(run.folder / "read-only"):
                await lasts(run, scene, begun, run.choose(long=20, short=2))
        await traffic.reaches(5)


async def sqlite_gone(run: Run) -> None:
    """Move the file away, then also put another one in its place; each time it comes back."""
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
    """Have a file in the folder for a while; see `child.obeys`."""
    file.touch()
    yield
    file.unlink()


@contextmanager
def _taken_away(file: Path, other: Path | None) -> Iterator[None]:
    """Move the file away for a while, and put another one, if any, in its place."""
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
    """Let the bot's process write no file larger than its log is now, and a little more."""
    assert scene.bot is not None
    _, most = resource.prlimit(scene.bot.pid, resource.RLIMIT_FSIZE)
    size = scene.log_file.stat().st_size + ROOM
    resource.prlimit(scene.bot.pid, resource.RLIMIT_FSIZE, (size, most))
    yield
    resource.prlimit(scene.bot.pid, resource.RLIMIT_FSIZE, (most, most))


def _file(scene: Scene) -> Path:
    return Path(make_url(scene.variables["DATABASE_URL"]).database or "")
