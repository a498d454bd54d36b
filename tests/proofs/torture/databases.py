"""Databases at head for scenarios, and a PostgreSQL server that a scenario may stop."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

from core.config import sqlite_url
from tests.support import migrating, postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)

_numbers = count(1)


class Databases:
    """Makes databases by copying a SQLite file at head, or a template on a PostgreSQL server."""

    def __init__(self, file: Path, server: str | None, template: str) -> None:
        self.file = file
        self._server = server
        self._template = template
        self._made: list[str] = []

    async def new(self, kind: str, folder: Path) -> str:
        """Make a database, and return its URL."""
        if kind == SQLITE:
            return sqlite_url(Path(shutil.copy(self.file, folder / f"{next(_numbers)}.db")))
        assert self._server is not None
        name = f"support_bot_{os.getpid()}_torture_{next(_numbers)}"
        self._made.append(name)
        return await postgres.create_database(self._server, name, self._template)

    async def drop(self) -> None:
        """Drop the databases on the server; files are removed with their folder."""
        while self._made and self._server is not None:
            await postgres.drop_database(self._server, self._made.pop())


@contextmanager
def opened(folder: Path, *, server: bool) -> Iterator[Databases]:
    """Make the SQLite file, and start a server if one is needed. Raises postgres.NoPostgres."""
    file = folder / "template.db"
    asyncio.run(migrating.upgrade(sqlite_url(file)))
    if not server:
        yield Databases(file, None, "")
        return
    with postgres.server_url() as url:
        name = f"support_bot_{os.getpid()}_torture"
        asyncio.run(_template(url, name))
        yield Databases(file, url, name)
        asyncio.run(postgres.drop_database(url, name))


async def _template(server: str, name: str) -> None:
    await migrating.upgrade(await postgres.create_database(server, name))


class OwnServer(postgres.Server):
    """A server that may be stopped, because nobody else uses it."""

    def crash(self) -> None:
        """Stop at once, as if the machine failed."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")


@asynccontextmanager
async def own_server() -> AsyncIterator[tuple[OwnServer, str]]:
    """Start a server, with a database at head on it; give both."""
    postgres.sweep()
    server = OwnServer(postgres.find_programs())
    try:
        await asyncio.to_thread(server.start)
        await migrating.upgrade(url := await postgres.create_database(server.url, "support"))
        yield server, url
    finally:
        await asyncio.to_thread(server.remove)
