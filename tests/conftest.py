"""Databases for tests: each test gets its own, at the newest revision.

A test that takes `database_url`, or anything built on it, runs on SQLite and on PostgreSQL.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from core.config import sqlite_url as url_of_file
from database.session import make_sessions
from tests.support import conform, engines, migrating, postgres, schedule, starting

# How long an example takes says something about the machine, which is shared.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say so where the calls can't be held against Telegram's own description."""
    if reason := conform.missing():
        terminalreporter.write_line(reason)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--kills`: `make crash` gives the longer proof."""
    parser.addoption("--kills", type=int, default=5, help="how often a bot under traffic is killed")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Make the start of each worker short."""
    with starting.collecting_tests(session.config):
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests into their order, and say which are not measured."""
    measured = {*schedule.measured(items)}
    for item in items:
        if item not in measured:
            item.add_marker(pytest.mark.no_cover)
    if worker := getattr(config, "workerinput", None):
        items[:] = schedule.in_order(items, worker["workercount"])


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))


@pytest.fixture
def file_for_all() -> Iterator[Path]:
    """Give a file that everybody may read; what is in pytest's own folders, nobody else may."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        file = Path(folder).resolve() / "my .env"
        file.write_text("BOT_TOKEN=1:a\n", "utf-8")
        file.chmod(0o644)
        yield file


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a fixture that is not one, without touching the test's own loop."""
    return asyncio.run(work, loop_factory=asyncio.new_event_loop)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a SQLite file at head, to be copied and not written to."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    run(migrating.upgrade(url_of_file(file)))
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Lend a PostgreSQL server on which databases may be made."""
    try:
        with postgres.server_url() as url:
            yield url
    except postgres.NoPostgres as error:
        if os.environ.get("CI"):
            pytest.fail(str(error.__doc__))
        pytest.skip(str(error.__doc__))


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> Iterator[str]:
    """Make a PostgreSQL database at head, to be copied, and return its name."""
    name = f"support_bot_{os.getpid()}_template"
    run(migrating.upgrade(run(postgres.create_database(postgres_server, name))))
    yield name
    run(postgres.drop_database(postgres_server, name))


@pytest.fixture
def new_postgres(postgres_server: str) -> Iterator[Callable[[str], str]]:
    """Make databases from a template; they go with the test, and the next one has their names."""
    names: list[str] = []

    def create(template: str) -> str:
        names.append(f"support_bot_{os.getpid()}_{len(names) + 1}")
        return run(postgres.create_database(postgres_server, names[-1], template))

    yield create
    for name in names:
        run(postgres.drop_database(postgres_server, name))


@pytest.fixture(scope="session")
def own_folder() -> Iterator[Path]:
    """Make the place of each test's SQLite file: always the same, for the sake of `engines`."""
    place = postgres.fast_place()
    with tempfile.TemporaryDirectory(prefix="support-bot-sqlite-", dir=place) as folder:
        yield Path(folder) / "own"


@pytest.fixture
def sqlite_url(migrated_file: Path, own_folder: Path) -> str:
    """Make a SQLite file at head, the test's own."""
    if own_folder.exists():
        shutil.rmtree(own_folder)
    own_folder.mkdir()
    return url_of_file(Path(shutil.copy(migrated_file, own_folder / "test.db")))


@pytest.fixture
def postgres_url(new_postgres: Callable[[str], str], migrated_template: str) -> str:
    """Make a PostgreSQL database at head, the test's own."""
    return new_postgres(migrated_template)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """Name a SQLite file that does not exist yet."""
    return url_of_file(tmp_path / "empty.db")


@pytest.fixture
def empty_postgres_url(new_postgres: Callable[[str], str]) -> str:
    """Make a PostgreSQL database without a table."""
    return new_postgres("template1")


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Say which of the two databases this run of the test is about."""
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """Make a database at head; its URL names the driver."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[backend]
    return str(request.getfixturevalue(name))


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest) -> str:
    """Make a database without a table; its URL names the driver."""
    name = {"sqlite": "empty_sqlite_url", "postgresql": "empty_postgres_url"}[backend]
    return str(request.getfixturevalue(name))


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Open the database with the product's own engine."""
    async with engines.lend(database_url) as engine:
        yield engine


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make the product's own sessions, for tests that commit."""
    return make_sessions(engine)


@pytest.fixture(scope="session")
def shared_sqlite_url(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a SQLite file at head for all tests that leave nothing behind."""
    return url_of_file(Path(shutil.copy(migrated_file, tmp_path_factory.mktemp("shared"))))


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_server: str, migrated_template: str) -> Iterator[str]:
    """Make a PostgreSQL database at head for all tests that leave nothing behind."""
    name = f"support_bot_{os.getpid()}_shared"
    yield run(postgres.create_database(postgres_server, name, migrated_template))
    run(postgres.drop_database(postgres_server, name))


@pytest.fixture
def shared_url(backend: str, request: pytest.FixtureRequest) -> str:
    """Name the database at head of all tests that leave nothing behind."""
    name = {"sqlite": "shared_sqlite_url", "postgresql": "shared_postgres_url"}[backend]
    return str(request.getfixturevalue(name))


@pytest.fixture
async def session(shared_url: str) -> AsyncIterator[AsyncSession]:
    """Open one session and roll it back: what an update's transaction is to a service."""
    async with engines.lend(shared_url) as engine, make_sessions(engine)() as session:
        yield session
