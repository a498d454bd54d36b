"""The wire: aiogram's session without HTTP, which calls the simulated Telegram."""

import asyncio
import json
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any, override

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiohttp import ClientError

from bot.client import parameters, read
from sandbox.params import Params
from tests.proofs.simulation.telegram import Call, Telegram


class Wire(BaseSession):
    """One process's connections; once `dead`, nothing of that process gets through."""

    def __init__(self, telegram: Telegram, process: int) -> None:
        super().__init__()
        self.dead = False
        self._telegram = telegram
        self._process = process

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """Make the request as the bot's own session does: same parameters, same errors."""
        future = asyncio.get_running_loop().create_future()
        call = self._call(bot, method, future)
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                status, content = await future
        except TimeoutError as error:
            raise TelegramNetworkError(method=method, message="Request timeout error") from error
        except ClientError as error:
            words = f"{type(error).__name__}: {error}"
            raise TelegramNetworkError(method=method, message=words) from error
        finally:
            call.over_at = self._telegram.agenda.now
        call.heard = status < HTTPStatus.INTERNAL_SERVER_ERROR
        return read(self, bot, method, status, content.encode())

    def _call(
        self, bot: Bot, method: TelegramMethod[Any], future: asyncio.Future[tuple[int, str]]
    ) -> Call:
        def answer(status: int, content: str) -> None:
            if not self.dead and not future.done():
                future.set_result((status, content))

        def cut(error: Exception) -> None:
            if not self.dead and not future.done():
                future.set_exception(error)

        call = Call(
            number=len(self._telegram.calls) + 1,
            process=self._process,
            method=method.__api_method__,
            params=self._params(bot, method),
            answer=answer,
            cut=cut,
            at=self._telegram.agenda.now,
        )
        if not self.dead:
            self._telegram.receive(call)
        return call

    def _params(self, bot: Bot, method: TelegramMethod[Any]) -> Params:
        fields, files = parameters(self, bot, method)
        assert not files, "nothing in the simulation uploads yet"
        return Params(
            {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in fields.items()
            }
        )

    @override
    async def close(self) -> None:
        """There is no connection to close."""

    @override
    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,
        chunk_size: int = 65536,
        raise_for_status: bool = True,
    ) -> AsyncGenerator[bytes, None]:
        """Downloads do not happen here."""
        raise NotImplementedError
        yield b""
