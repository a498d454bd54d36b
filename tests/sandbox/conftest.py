from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox, Telegram
from sandbox.calls import Call
from sandbox.client import User
from sandbox.stage import Stage
from tests.support import conform

NOON = 1_795_435_200.0
Json = dict[str, Any]


class Api:
    """The Bot API by plain HTTP, as any library would call it."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox, self.session = sandbox, session

    async def call(self, method: str, **params: Any) -> Json:
        """The whole answer."""
        url = f"{self.sandbox.url}/bot{self.sandbox.token}/{method}"
        async with self.session.post(url, json=params) as response:
            answer: Json = await response.json()
            assert response.status == (200 if answer["ok"] else answer["error_code"])
            return answer

    async def __call__(self, method: str, **params: Any) -> Any:
        """The result of a call that works."""
        answer = await self.call(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def refused(self, method: str, **params: Any) -> tuple[int, str]:
        """Code and description of a call that is refused."""
        answer = await self.call(method, **params)
        assert not answer["ok"], answer
        return answer["error_code"], answer["description"]

    async def texts(self, **params: Any) -> list[str]:
        """The texts among the updates that wait."""
        updates = await self("getUpdates", **params)
        return [update["message"].get("text", "") for update in updates if "message" in update]

    async def confirmed(self, **params: Any) -> list[Json]:
        """The updates that wait, which are then forgotten."""
        updates: list[Json] = await self("getUpdates", **params)
        if updates:
            await self("getUpdates", offset=updates[-1]["update_id"] + 1)
        return updates


async def polled(sandbox: Sandbox) -> None:
    """Until a getUpdates request waits inside."""
    await sandbox.world.updates.polled.wait()


@pytest.fixture(autouse=True)
def conforming(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold every call of every sandbox of a test against Telegram's description.

    Tests of refusals ask wrongly on purpose: of a refused call only the answer is held.
    """
    calls: list[Call] = []
    record = Stage.record

    def noted(stage: Stage, call: Call) -> None:
        record(stage, call)
        calls.append(call)

    monkeypatch.setattr(Stage, "record", noted)
    yield
    if not conform.missing():
        assert conform.check(calls, wrong_on_purpose=True) == []


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=lambda: NOON) as running:
        yield running


@pytest.fixture
def telegram(sandbox: Sandbox) -> Telegram:
    return sandbox.client()


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        yield Api(sandbox, session)


@pytest.fixture
async def alice(telegram: Telegram) -> User:
    return await telegram.user("Alice", username="alice", language="en")


@pytest.fixture
async def kate(telegram: Telegram) -> User:
    return await telegram.user("Kate")
