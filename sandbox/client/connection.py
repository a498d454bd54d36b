"""The way to a sandbox's control API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

from sandbox.client.message import Json


class ControlError(Exception):
    """The sandbox refused what a person tried to do."""


class Connection:
    """Actions and changes of one sandbox."""

    def __init__(self, control_url: str, secret: str) -> None:
        """Remember where the control API is; nothing is opened yet."""
        self._url = control_url
        self._headers = {"X-Sandbox-Secret": secret}
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    async def connect(cls, control_url: str, secret: str) -> Self:
        """Reach a sandbox that runs elsewhere."""
        connection = cls(control_url, secret)
        await connection.call("status")
        return connection

    async def call(self, action: str, **body: object) -> Any:
        """One action of the control API."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        url = f"{self._url}/{action}"
        async with self._session.post(url, json=body, headers=self._headers) as response:
            answer = await response.json()
        if not answer["ok"]:
            raise ControlError(answer["error"])
        return answer["result"]

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        """Use as it is."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        await self.close()

    async def watch(
        self, chat_id: int | None, found: Callable[[Json], bool], known: int, seconds: float
    ) -> Json | None:
        """The first change after `known` (in one chat, or anywhere) that is looked for."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            left = max(deadline - loop.time(), 0)
            news = await self.call("changes", since=known, timeout=left)
            for change in news["changes"]:
                if chat_id in {None, change["chat_id"]} and found(change):
                    return dict(change)
            if left <= 0:
                return None
            known = news["seq"]
