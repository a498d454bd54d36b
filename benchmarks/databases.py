"""Databases at head, each made for one measurement and removed after it."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

from core.config import PROJECT, sqlite_url
from tests.support import postgres

_numbers = count(1)


@asynccontextmanager
async def sqlite() -> AsyncIterator[str]:
    """Make a SQLite file and return its URL."""
    async with sqlite_of(PROJECT) as url:
        yield url


@asynccontextmanager
async def sqlite_of(project: Path) -> AsyncIterator[str]:
    """Do the same for the version of the project in this folder."""
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_url(Path(folder) / "support.db")
        await _upgrade(url, project)
        yield url


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run the tests' PostgreSQL: in memory if there is room, so as not to measure the disk."""
    with postgres.server_url() as url:
        yield url


@asynccontextmanager
async def on(server: str) -> AsyncIterator[str]:
    """Make a database on the server and return its URL."""
    name = f"benchmark_{os.getpid()}_{next(_numbers)}"
    url = await postgres.create_database(server, name)
    await _upgrade(url)
    yield url
    await postgres.drop_database(server, name)


async def _upgrade(url: str, project: Path = PROJECT) -> None:
    alembic = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alembic", "upgrade", "head"),
        cwd=project,
        env=os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(project)},
        stdin=DEVNULL,
        stderr=DEVNULL,
    )
    assert await alembic.wait() == 0, "the migrations failed"  # noqa: S101
