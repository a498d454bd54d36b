"""A scene: a sandbox, a staff group, and a bot in a process of its own that can be killed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sandbox import Sandbox, Telegram
from sandbox.client import Chat, User
from tests.proofs.crash.clocks import Clock
from tests.proofs.crash.forms import Form
from tests.proofs.crash.mishaps import all_of, shows_icons_often, tries_threads_often
from tests.proofs.crash.stored import choose_topics
from tests.support import conform
from tests.support.processes import Forked, environment

SIGKILLED = -9

# How long a bot may take from its start to its first call to Telegram, in seconds.
STARTS_WITHIN = 30

OFF = {"limit_per_chat": 0, "limit_per_group": 0, "limit_total": 0}


@dataclass
class Scene:
    """Telegram with its people, and the bot, one process after another."""

    sandbox: Sandbox
    telegram: Telegram
    kate: User
    support: Chat
    variables: dict[str, str]
    log_file: Path
    clock: Clock | None = None
    hooks: Sequence[Callable[[], None]] = ()
    form: Form = Form.PLAIN
    bot: Forked | None = None
    starts: int = field(default=0)

    async def start(
        self, prepare: Callable[[], None] | None = None, *, answered: int = 200
    ) -> None:
        """Start the bot, and wait until it has called Telegram for the first time."""
        before = self.sandbox.calls[-1].number if self.sandbox.calls else 0
        hooks = [self.clock.install] if self.clock else []
        hooks += [*self.hooks, prepare] if prepare else self.hooks
        self.bot = Forked([], self.variables, self.log_file, partial(all_of, hooks))
        self.starts += 1
        seconds = self.within(STARTS_WITHIN)
        await self.telegram.called("getMe", status=answered, since=before, timeout=seconds)

    async def kill(self) -> None:
        """Kill the bot as `kill -9` does, and wait until it is gone."""
        assert self.bot is not None
        self.bot.kill()
        assert await self.ended() == SIGKILLED

    async def stop(self) -> None:
        """Stop the bot as an operator does; it has to exit with 0."""
        assert self.bot is not None
        self.bot.terminate()
        assert await self.ended(10) == 0, self.log_file.read_text()[-5000:]

    async def ended(self, seconds: float = 30) -> int:
        """Wait until the bot has ended by itself, and return its exit code."""
        assert self.bot is not None
        code = await self.bot.ended(seconds)
        self.bot = None
        return code

    async def command(self, *arguments: str) -> int:
        """Run an operator's command and return its exit code; its output goes to the log."""
        hook = self.clock.install if self.clock else None
        return await Forked(list(arguments), self.variables, self.log_file, hook).ended(30)

    def within(self, seconds: float) -> float:
        """Convert real seconds to seconds of this scene's clock."""
        return seconds * (self.clock.speed if self.clock else 1)

    def log(self, event: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """List the log's lines, or those of one event, without the first `since` lines.

        A line that a death or a full disk cut off is ignored, but not what follows on it.
        """
        found = []
        for line in self.log_file.read_text().splitlines()[since:]:
            if line.startswith("{") and line.endswith("}"):
                said = json.loads(line[line.rindex('{"') :])
                found += [said] if event in {None, said["event"]} else []
        return found

    def lines(self) -> int:
        """Count the lines of the log so far, for `since`."""
        return len(self.log_file.read_text().splitlines())

    async def says(self, event: str, since: int, seconds: float = 30) -> None:
        """Wait until the log has this event; it is read whenever something changes."""
        known = 0
        async with asyncio.timeout(self.within(seconds)):
            while not self.log(event, since):
                news = await self.telegram.call("changes", since=known, timeout=self.within(0.2))
                known = news["seq"]

    def announced(self) -> list[int]:
        """List the deliveries that the log names as possible duplicates, some repeatedly."""
        after_death = [line["delivery"] for line in self.log("possible duplicate")]
        cut_off = self.log("no answer from Telegram; a duplicate is possible")
        return after_death + [number for line in cut_off for number in line["deliveries"]]

    def sent_anew(self) -> list[int]:
        """List the deliveries that were sent without an impossible part, as the log says."""
        return [line["delivery"] for line in self.log("send retried without")]


@asynccontextmanager
async def open_scene(
    database_url: str,
    folder: Path,
    *,
    clock: Clock | None = None,
    limits: bool = False,
    hooks: Sequence[Callable[[], None]] = (),
    form: Form = Form.PLAIN,
    topics: bool = True,
    **settings: object,
) -> AsyncIterator[Scene]:
    """Open Telegram; the test starts the bot, which is killed at the end if it still runs.

    What the group shows in the end is in the folder then, beside the log.

    `hooks` are called in each of the bot's processes, before main. Without `topics` a forum is a
    basic group as yet.
    """
    is_forum = form is Form.FORUM
    now = clock.unix if clock else time.time
    async with Sandbox(clock=now, limits=limits) as sandbox:
        telegram = sandbox.client()
        kate = await telegram.user("Kate", username="kate")
        support = await telegram.group(
            "Support", members=[kate], forum=is_forum and topics, bot="administrator"
        )
        sandbox.world.updates.clear()  # the bot joined the group long ago
        variables = environment(
            bot_token=sandbox.token,
            telegram_api_url=sandbox.url,
            staff_chat_id=support.id,
            database_url=database_url,
            log_format="json",
            **({} if limits else OFF) | settings,
        )
        variables["TMPDIR"] = str(folder)
        log_file = folder / "bot.log"
        log_file.touch()
        if is_forum:
            await choose_topics(database_url, support.id)
            hooks = [*hooks, tries_threads_often, *([] if limits else [shows_icons_often])]
        scene = Scene(sandbox, telegram, kate, support, variables, log_file, clock, hooks, form)
        try:
            yield scene
        finally:
            if scene.bot is not None:
                scene.bot.kill()
                await scene.bot.ended()
            (folder / "group.txt").write_text(await scene.support.transcript())
        if not conform.missing():
            assert conform.check(sandbox.calls) == []
