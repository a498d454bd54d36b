"""The bot as people meet it: through Telegram."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.session import make_engine, make_sessions
from tests.office import Office, open_office


@pytest.fixture
async def file_sessions(sqlite_url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Open a SQLite file: what is the same on both databases is tried on one."""
    engine = make_engine(sqlite_url)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
async def office(file_sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Office]:
    async with open_office(file_sessions) as office:
        yield office
