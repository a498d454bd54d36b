"""Telegram through a proxy: real ones on this machine, which know a host that nobody else knows."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import GetMe
from aiohttp import ClientSession
from pydantic import SecretStr

from bot.client import make_bot
from bot.outgoing import telegram_errors
from bot.proxied import Tunnel
from core.config import BotSettings
from sandbox import Sandbox
from services.delivery.outcomes import Unknown
from tests.support import tunnels
from tests.support.office import close
from tests.support.tunnels import Greet, Proxy

SECRET = b64encode(b"kate:open sesame").decode()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def behind(sandbox: Sandbox, greet: Greet) -> AbstractAsyncContextManager[Proxy]:
    return tunnels.proxy(greet, urlsplit(sandbox.url).port or 0)


@asynccontextmanager
async def bot(sandbox: Sandbox, proxy: str) -> AsyncIterator[Bot]:
    settings = BotSettings(
        _env_file=None,
        bot_token=SecretStr(sandbox.token),
        telegram_api_url="http://telegram.invalid:8081",
        telegram_proxy=SecretStr(proxy),
    )
    bot = make_bot(settings)
    yield bot
    await close(bot)


async def session_of(bot: Bot) -> ClientSession:
    assert isinstance(bot.session, AiohttpSession)
    return await bot.session.create_session()


@pytest.mark.parametrize(
    ("scheme", "greet"), [("http", tunnels.http()), ("socks5", tunnels.socks5)]
)
async def test_telegram_is_reached_through_a_proxy_which_looks_up_its_name(
    sandbox: Sandbox, scheme: str, greet: Greet
) -> None:
    async with (
        behind(sandbox, greet) as proxy,
        bot(sandbox, f"{scheme}://{proxy.address}") as through,
    ):
        me = await through(GetMe())

        assert me.id == through.id
        assert proxy.asked == ["telegram.invalid:8081"]


async def test_a_proxy_may_ask_for_a_password(sandbox: Sandbox) -> None:
    async with behind(sandbox, tunnels.http(SECRET)) as proxy:
        async with bot(sandbox, f"http://kate:open%20sesame@{proxy.address}") as through:
            await through(GetMe())
        async with bot(sandbox, f"http://kate:xyzzy@{proxy.address}") as through:
            with pytest.raises(TelegramNetworkError, match="407") as refused:
                await through(GetMe())

    assert "xyzzy" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["http", "socks4", "socks5"])
async def test_a_proxy_that_is_away_is_waited_for_as_telegram_is(
    sandbox: Sandbox, scheme: str
) -> None:
    async with bot(sandbox, f"{scheme}://127.0.0.1:1") as through:
        with pytest.raises(TelegramNetworkError, match=r"proxy 127\.0\.0\.1:1") as away:
            await through(GetMe())

    outcome = telegram_errors.outcome(away.value, private=True)
    assert isinstance(outcome, Unknown)
    assert not outcome.maybe_delivered


async def test_the_certificates_that_aiogram_trusts_count_behind_a_proxy_too(
    sandbox: Sandbox,
) -> None:
    async with bot(sandbox, "http://127.0.0.1:1") as through:
        session = await session_of(through)

        assert isinstance(session.connector, Tunnel)
        assert isinstance(session.connector._ssl, SSLContext)


async def test_passwords_of_the_users_other_programs_are_not_sent(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login kate password xyzzy\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    async with (
        behind(sandbox, tunnels.http()) as proxy,
        bot(sandbox, f"http://{proxy.address}") as through,
    ):
        session = await session_of(through)
        async with session.get("http://telegram.invalid:8081/") as response:
            assert "Authorization" not in response.request_info.headers
