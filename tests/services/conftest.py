"""Services on both databases, with what they log kept and not printed."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from database.models import Ticket
from services.delivery.limiter import Limiter
from tests.services import factories
from tests.services.delivery.room import OTHER_USER, Room


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """Keep what is logged; printing it, tracebacks above all, takes longer than the tests."""
    with capture_logs() as logs:
        yield logs


@pytest.fixture
async def session(session: AsyncSession) -> AsyncSession:
    """Have a main staff chat."""
    await factories.staff_chat(session)
    return session


@pytest.fixture
async def sessions(
    sessions: async_sessionmaker[AsyncSession],
) -> async_sessionmaker[AsyncSession]:
    """Have a main staff chat."""
    async with sessions.begin() as session:
        await factories.staff_chat(session)
    return sessions


@pytest.fixture
async def ticket(session: AsyncSession) -> Ticket:
    """Have Ann's ticket #7, which nobody took or answered."""
    return await factories.ticket(session)


@pytest.fixture
def room(sessions: async_sessionmaker[AsyncSession]) -> Room:
    """Have a courier that knows no limits."""
    return Room(sessions, Limiter(per_chat=0, per_group=0, total=0))


@pytest.fixture
async def ann(sessions: async_sessionmaker[AsyncSession]) -> Ticket:
    """Have Ann's ticket."""
    async with sessions.begin() as session:
        return await factories.ticket(session)


@pytest.fixture
async def bob(sessions: async_sessionmaker[AsyncSession]) -> Ticket:
    """Have Bob's ticket."""
    async with sessions.begin() as session:
        user = await factories.user(session, OTHER_USER, name="Bob")
        return await factories.ticket(session, 8, user=user)
