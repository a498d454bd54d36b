"""Two processes of the same bot, each with its own log and its own cable to PostgreSQL."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.proofs.crash.scene import Scene
from tests.proofs.replicas.cable import Cable, open_cable

# How long a process may take to do what a test waits for, in seconds.
TIMEOUT = 30

CONFLICT = 409


class Replica:
    """A process that leads, or stands by."""

    def __init__(self, scene: Scene, cable: Cable, folder: Path) -> None:
        folder.mkdir()
        changes = {"DATABASE_URL": cable.url, "TMPDIR": str(folder)}
        log_file = folder / "bot.log"
        log_file.touch()
        self.cable = cable
        self.scene = replace(scene, variables=scene.variables | changes, log_file=log_file)

    async def start(self, prepare: Callable[[], None] | None = None) -> None:
        """Start, and wait until it stands by or leads."""
        before = self.count("standing by", "leading")
        await self.scene.start(prepare)
        await self.says("standing by", "leading", before=before)

    async def kill(self) -> None:
        await self.scene.kill()

    async def stop(self) -> None:
        await self.scene.stop()

    def freeze(self) -> None:
        """Freeze the process (SIGSTOP); the kernel keeps its connections open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.scene.bot is not None
        os.kill(self.scene.bot.pid, number)

    def count(self, *events: str) -> int:
        return len(self._lines(*events))

    async def says(self, *events: str, before: int) -> datetime:
        """Wait for more than `before` such lines in its log; return the time of the last."""
        async with asyncio.timeout(TIMEOUT):
            # A log does not tell when it grows.
            while self.count(*events) <= before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return datetime.fromisoformat(self._lines(*events)[-1]["timestamp"])

    def _lines(self, *events: str) -> list[dict[str, Any]]:
        return [line for event in events for line in self.scene.log(event)]


class Pair:
    """Two replicas: one leads, the other stands by."""

    def __init__(self, scene: Scene, leader: Replica, standby: Replica) -> None:
        self.scene = scene
        self.leader = leader
        self.standby = standby
        self.gaps: list[float] = []

    async def start(self, prepare: Callable[[], None] | None = None) -> None:
        await self.leader.start(prepare)
        await self.standby.start(prepare)
        assert self.standby.count("leading") == 0, "two lead at once"

    async def change_over(self, since: float, led_before: int) -> None:
        """Wait until the standby leads; note for how long nobody asked Telegram for updates."""
        led = await self.standby.says("leading", before=led_before)
        asked = await self._asked(after=led.timestamp())
        self.gaps.append(asked - since)
        self.leader, self.standby = self.standby, self.leader

    async def _asked(self, after: float) -> float:
        """Tell when Telegram was first asked for updates after this time."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                for call in list(self.scene.sandbox.calls):
                    if call.method == "getUpdates" and call.at >= after:
                        return call.at
                await asyncio.sleep(0.02)

    def conflicts(self) -> int:
        """Count how often Telegram said that another process asks for updates."""
        return sum(call.status == CONFLICT for call in self.scene.sandbox.calls)

    def announced(self) -> list[int]:
        return [*self.leader.scene.announced(), *self.standby.scene.announced()]

    def sent_anew(self) -> list[int]:
        return [*self.leader.scene.sent_anew(), *self.standby.scene.sent_anew()]

    async def stop(self) -> None:
        await self.standby.stop()
        await self.leader.stop()


@asynccontextmanager
async def open_pair(scene: Scene, database_url: str, folder: Path) -> AsyncIterator[Pair]:
    """Make two replicas; at the end both are killed, even if frozen."""
    async with AsyncExitStack() as cables:
        replicas = []
        for name in ("one", "other"):
            cable = await cables.enter_async_context(open_cable(database_url))
            replicas.append(Replica(scene, cable, folder / name))
        try:
            yield Pair(scene, *replicas)
        finally:
            for replica in replicas:
                if replica.scene.bot is not None:
                    replica.scene.bot.kill()
                    await replica.scene.bot.ended()
