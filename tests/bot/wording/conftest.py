"""A session, and a wall on which is seen what is sent."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from database.session import make_sessions
from tests.bot.wording.wall import Wall
from tests.support import engines


@pytest.fixture
async def session(shared_sqlite_url: str) -> AsyncIterator[AsyncSession]:
    """Open one session and roll it back; wording is the same on both databases."""
    async with engines.lend(shared_sqlite_url) as engine, make_sessions(engine)() as session:
        yield session


@pytest.fixture
def wall(session: AsyncSession) -> Wall:
    return Wall(session)
