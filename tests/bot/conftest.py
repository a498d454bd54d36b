"""The bot as people meet it: through Telegram."""

import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import cache
from types import SimpleNamespace

import pytest
from aiogram.methods import GetChatAdministrators, GetChatMember, GetMe, GetMyCommands, Response

from bot.process import duties
from database.session import make_sessions
from sandbox.client import User
from services.helpdesk import closing
from tests.support import engines
from tests.support.office import Office, Sessions, open_office


@pytest.fixture(scope="session", autouse=True)
def certificates_read_once() -> Iterator[None]:
    """Read the world's certificates once: aiogram does for each bot, and each test makes one."""
    reads_once = SimpleNamespace(create_default_context=cache(ssl.create_default_context))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aiogram.client.session.aiohttp.ssl", reads_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def answers_modelled_once() -> Iterator[None]:
    """Hold what aiogram reads the answers to a bot's start with: pydantic drops such models."""
    methods = (GetChatAdministrators, GetChatMember, GetMe, GetMyCommands)
    held = [Response[method.__returning__] for method in methods]  # type: ignore[name-defined]
    yield
    del held


@pytest.fixture(autouse=True)
def closes_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have users hear of a close at once; when they do is tested in `test_closing.py`."""
    monkeypatch.setattr(closing, "TOLD_AFTER", timedelta())
    monkeypatch.setattr(duties, "LOOKS_EVERY", 0.1)


@pytest.fixture
async def file_sessions(sqlite_url: str) -> AsyncIterator[Sessions]:
    """Open a SQLite file: what is the same on both databases is tried on one."""
    async with engines.lend(sqlite_url) as engine:
        yield make_sessions(engine)


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
