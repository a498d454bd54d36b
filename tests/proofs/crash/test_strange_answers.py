"""A proxy between the bot and Telegram that answers with its own page, or redirects for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.machinery import Delivery
from tests.proofs.crash.scene import Scene

type Sessions = async_sessionmaker[AsyncSession]

# In an encoding that is not declared, and is not UTF-8.
PAGE = "<html><title>Доступ ограничен</title>".encode("cp1251")


@dataclass
class Proxy:
    """Passes calls on; `pages` and `circles` are the methods that it answers itself."""

    to: str
    pages: set[str] = field(default_factory=set)
    circles: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2].lower()
        if method in self.circles:
            raise web.HTTPTemporaryRedirect(request.rel_url)
        if method in self.pages:
            return web.Response(status=502, body=PAGE, headers={"Content-Type": "text/html"})
        body, kind = await request.read(), request.headers.get("Content-Type", "text/plain")
        async with (
            ClientSession() as session,
            session.post(
                self.to + request.path_qs, data=body, headers={"Content-Type": kind}
            ) as answered,
        ):
            said = await answered.read()
            return web.Response(status=answered.status, body=said, content_type="application/json")


@pytest.fixture
async def proxy(scene: Scene) -> AsyncIterator[Proxy]:
    """Have the bot talk to Telegram through a proxy."""
    proxy, app = Proxy(scene.sandbox.url), web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.variables["TELEGRAM_API_URL"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield proxy
    await runner.cleanup()


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("getupdates", "Telegram does not answer"),
        ("sendmessage", "no answer from Telegram; a duplicate is possible"),
    ],
)
async def test_a_page_in_another_encoding_is_waited_out(
    scene: Scene, proxy: Proxy, method: str, said: str
) -> None:
    await scene.start()
    alice = await scene.telegram.user("Alice")
    await alice.writes("one")
    await scene.kate.sees("one", in_=scene.support)

    proxy.pages.add(method)
    await alice.writes("two")
    await scene.says(said, 0)
    proxy.pages.clear()

    await scene.kate.sees("two", in_=scene.support)
    await scene.stop()


async def test_a_page_in_another_encoding_at_the_start_is_waited_out(
    scene: Scene, proxy: Proxy
) -> None:
    proxy.pages.add("getmycommands")
    await scene.start()
    await scene.says("waiting for Telegram", 0)
    proxy.pages.clear()

    await scene.says("started", 0)
    await scene.stop()


async def test_the_token_in_an_address_is_neither_stored_nor_logged(
    scene: Scene, proxy: Proxy, sessions: Sessions
) -> None:
    proxy.circles.add("sendmessage")
    await scene.start()
    alice = await scene.telegram.user("Alice")
    await alice.writes("My order is late")
    errors = await stored_errors(sessions)
    await scene.kill()
    proxy.circles.add("getupdates")
    await scene.command("chats")

    secret = scene.sandbox.token.partition(":")[2]
    assert any("TooManyRedirects" in error for error in errors)
    for text in [*errors, scene.log_file.read_text()]:
        assert secret not in text


async def stored_errors(sessions: Sessions) -> list[str]:
    """Wait until the database says why something was not sent."""
    async with asyncio.timeout(60):
        while True:
            async with sessions() as session:
                if errors := [one for one in await session.scalars(select(Delivery.error)) if one]:
                    return errors
            await asyncio.sleep(0.01)  # a database does not tell when it changes
