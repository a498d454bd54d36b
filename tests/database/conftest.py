"""Processes that want to lead, and an operator who looks at their database from outside."""

from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine

from database.leadership import LockedLead
from database.session import make_engine
from tests.database.leads import Open


@pytest.fixture
async def new(postgres_url: str) -> AsyncIterator[Open]:
    """Make processes that want to lead."""
    made: list[LockedLead] = []

    def open_one(on_try: Callable[[], None] = lambda: None) -> LockedLead:
        made.append(LockedLead(postgres_url, on_try))
        return made[-1]

    yield open_one
    for lead in made:
        await lead.engine.dispose()


@pytest.fixture
async def operator(postgres_url: str) -> AsyncIterator[AsyncEngine]:
    """Look at the database from outside."""
    engine = make_engine(postgres_url, poolclass=NullPool, pool_pre_ping=False)
    yield engine
    await engine.dispose()
