"""One of two processes of the same bot, each with its own log and its own wire to PostgreSQL."""

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
from tests.proofs.replicas.wire import Wire, open_wire

# How long a process may take to do what a test waits for, in seconds.
PATIENCE = 30

CONFLICT = 409


class Replica:
    """A process that leads, or stands by."""

    def __init__(self, scene: Scene, wire: Wire, folder: Path) -> None:
        folder.mkdir()
        changes = {"DATABASE_URL": wire.url, "TMPDIR": str(folder)}
        log_file = folder / "bot.log"
        log_file.touch()
        self.wire = wire
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
        """Stop it in its tracks (SIGSTOP); the kernel goes on answering for its connections."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.scene.bot is not None
        os.kill(self.scene.bot.pid, number)

    def count(self, *events: str) -> int:
        return len(self._lines(*events))

    async def says(self, *events: str, before: int) -> datetime:
        """Wait until its log has more than `before` such lines; when it said the last."""
        async with asyncio.timeout(PATIENCE):
            # A log tells nobody that it has grown.
            while self.count(*events) <= before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return datetime.fromisoformat(self._lines(*events)[-1]["timestamp"])

    def _lines(self, *events: str) -> list[dict[str, Any]]:
        return [line for event in events for line in self.scene.log(event)]


class Pair:
    """Two replicas; at each moment one has the lead and the other the place behind."""

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
        """Wait for the one who stood by to lead; note how long nobody asked Telegram."""
        led = await self.standby.says("leading", before=led_before)
        asked = await self._asked(after=led.timestamp())
        self.gaps.append(asked - since)
        self.leader, self.standby = self.standby, self.leader

    async def _asked(self, after: float) -> float:
        """Say when Telegram was asked for updates first."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for call in list(self.scene.sandbox.calls):
                    if call.method == "getUpdates" and call.at >= after:
                        return call.at
                await asyncio.sleep(0.02)

    def conflicts(self) -> int:
        """Count how often Telegram told somebody that another one asks for updates."""
        return sum(call.status == CONFLICT for call in self.scene.sandbox.calls)

    def announced(self) -> list[int]:
        return [*self.leader.scene.announced(), *self.standby.scene.announced()]

    async def stop(self) -> None:
        await self.standby.stop()
        await self.leader.stop()


@asynccontextmanager
async def open_pair(scene: Scene, database_url: str, folder: Path) -> AsyncIterator[Pair]:
    """Make two replicas; both are gone at the end, however frozen."""
    async with AsyncExitStack() as wires:
        replicas = []
        for name in ("one", "other"):
            wire = await wires.enter_async_context(open_wire(database_url))
            replicas.append(Replica(scene, wire, folder / name))
        try:
            yield Pair(scene, *replicas)
        finally:
            for replica in replicas:
                if replica.scene.bot is not None:
                    replica.scene.bot.kill()
                    await replica.scene.bot.ended()
