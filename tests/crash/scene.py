"""A sandbox, a staff group, and a bot that is a process of its own and can be killed."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import Sandbox, Telegram
from sandbox.client import Chat, User
from tests import conform
from tests.processes import Forked, environment

SIGKILLED = -9


@dataclass
class Scene:
    """Telegram with its people, and the bot, one process after the other."""

    sandbox: Sandbox
    telegram: Telegram
    kate: User
    support: Chat
    variables: dict[str, str]
    log_file: Path
    bot: Forked | None = None

    async def start(
        self, prepare: Callable[[], None] | None = None, *, answered: int = 200
    ) -> None:
        """Start the bot; comes back when it has talked to Telegram for the first time."""
        before = self.sandbox.calls[-1].number if self.sandbox.calls else 0
        self.bot = Forked([], self.variables, self.log_file, prepare)
        await self.telegram.called("getMe", status=answered, since=before)

    async def kill(self) -> None:
        """Kill the bot as `kill -9` does, and wait until it is gone."""
        assert self.bot is not None
        self.bot.kill()
        assert await self.ended() == SIGKILLED

    async def stop(self) -> None:
        """Stop the bot as an operator does; it has to end well."""
        assert self.bot is not None
        self.bot.terminate()
        assert await self.ended(10) == 0, self.log_file.read_text()

    async def ended(self, seconds: float = 30) -> int:
        """Wait until the bot is gone by itself; its exit code."""
        assert self.bot is not None
        code = await self.bot.ended(seconds)
        self.bot = None
        return code

    def log(self, event: str) -> list[dict[str, Any]]:
        """Every line so far that says this; a line cut off by a death is none."""
        found = []
        for line in self.log_file.read_text().splitlines():
            if line.startswith("{") and line.endswith("}"):
                said = json.loads(line)
                found += [said] if said["event"] == event else []
        return found

    def announced(self) -> list[int]:
        """The deliveries that the log names as possible duplicates, as often as it does."""
        after_death = [line["delivery"] for line in self.log("possible duplicate")]
        cut_off = self.log("no answer from Telegram; a duplicate is possible")
        return after_death + [number for line in cut_off for number in line["deliveries"]]


@asynccontextmanager
async def open_scene(database_url: str, folder: Path, **settings: object) -> AsyncIterator[Scene]:
    """Open Telegram; the bot is started by the test, and is gone when the scene closes."""
    async with Sandbox() as sandbox:
        telegram = sandbox.client()
        kate = await telegram.user("Kate", username="kate")
        support = await telegram.group("Support", members=[kate])
        sandbox.world.updates.clear()  # that the bot joined the group is long ago
        variables = environment(
            bot_token=sandbox.token,
            telegram_api_url=sandbox.url,
            staff_chat_id=support.id,
            database_url=database_url,
            log_format="json",
            **{"limit_per_chat": 0, "limit_per_group": 0, "limit_total": 0} | settings,
        )
        variables["TMPDIR"] = str(folder)
        scene = Scene(sandbox, telegram, kate, support, variables, folder / "bot.log")
        try:
            yield scene
        finally:
            if scene.bot is not None:
                await scene.kill()
        if not conform.missing():
            assert conform.check(sandbox.calls) == []
