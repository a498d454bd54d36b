"""Engines that outlive a test, so that SQLAlchemy compiles each statement only once.

In a test of the bot, compiling them would take longer than running them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from sqlalchemy.ext.asyncio import AsyncEngine

from database.session import make_engine


@asynccontextmanager
async def lend(url: str) -> AsyncIterator[AsyncEngine]:
    """Lend the product's own engine; its connections and a test's listeners end with the test."""
    engine = _kept(url).execution_options()  # a view of its own, which has the listeners
    try:
        yield engine
    finally:
        await engine.dispose()


@cache
def _kept(url: str) -> AsyncEngine:
    return make_engine(url)
