"""The bot as people meet it: through Telegram."""

from collections.abc import AsyncIterator

import pytest

from database.session import make_engine, make_sessions
from sandbox.client import User
from tests.office import Office, Sessions, open_office


@pytest.fixture
async def file_sessions(sqlite_url: str) -> AsyncIterator[Sessions]:
    """Open a SQLite file: what is the same on both databases is tried on one."""
    engine = make_engine(sqlite_url)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
async def office(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions) as office:
        yield office


@pytest.fixture
async def alice(office: Office) -> User:
    """Make a user who speaks English and wrote nothing yet."""
    return await office.telegram.user("Alice", username="alice", language="en")


@pytest.fixture
async def bob(office: Office) -> User:
    """Make another one."""
    return await office.telegram.user("Bob", language="en")
