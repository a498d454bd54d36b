"""A running sandbox: the Bot API and the control API on one loopback port."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox import site, visitors
from sandbox.calls import Call
from sandbox.client import Telegram
from sandbox.clock import Clock
from sandbox.control import Control
from sandbox.faults import Faults
from sandbox.limits import Limits
from sandbox.model import Person
from sandbox.server import Server
from sandbox.stage import Stage
from sandbox.world import World

BOT_ID = 1_000_000_001
# “… 50 MB max size for other types of files” (#sending-files).
LARGEST_REQUEST = 55 * 1024 * 1024


class Sandbox:
    """`async with Sandbox() as sandbox:` — Telegram at `sandbox.url` for `sandbox.token`."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        limits: bool = False,
        privacy: bool = True,
        token: str | None = None,
        username: str = "sandbox_bot",
        name: str = "Sandbox Bot",
        host: str = "127.0.0.1",
        port: int = 0,
        secret: str | None = None,
    ) -> None:
        """Prepare everything without listening yet. Without a `token` the bot gets a random one."""
        rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self.clock = Clock(clock)
        token = token or f"{BOT_ID}:{secrets.token_urlsafe(24)}"
        bot = Person(int(token.partition(":")[0]), name, username=username, is_bot=True)
        self.world = World(bot, self.clock, rng)
        self.world.privacy_mode = privacy
        self.limits = Limits(enabled=limits)
        self.faults = Faults(rng)
        self.secret = secret or secrets.token_urlsafe(24)
        self.stage = Stage(self.world, token, self.secret, self.limits, self.faults)
        self.url = ""
        self._address = (host, port)
        self._runner: web.AppRunner | None = None
        self._clients: list[Telegram] = []

    @property
    def token(self) -> str:
        """The bot's."""
        return self.stage.token

    @property
    def calls(self) -> Sequence[Call]:
        """Every call of the Bot API so far, oldest first."""
        return self.stage.calls

    @property
    def control_url(self) -> str:
        """Where the control API is."""
        return f"{self.url}/control"

    @property
    def page_url(self) -> str:
        """Where the page is; the fragment, which no server ever sees, is its key."""
        return f"{self.url}/#secret={self.secret}"

    async def start(self) -> None:
        """Listen."""
        host, port = self._address
        app = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[visitors.checked(host)])
        app.add_routes(Server(self.stage).routes())
        app.add_routes(Control(self.stage).routes())
        app.add_routes(site.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """End waiting requests, and stop listening."""
        for client in self._clients:
            await client.close()
        self.world.updates.interrupt()
        self.world.feed.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def client(self) -> Telegram:
        """A client to act as people; closed together with the sandbox."""
        client = Telegram(self.control_url, self.secret)
        self._clients.append(client)
        return client

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()
