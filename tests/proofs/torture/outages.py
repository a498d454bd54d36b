"""Outages: what a bot has to do while its database is away, whatever the reason."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from database.alarm import AWAY
from tests.proofs.crash.scene import Scene
from tests.proofs.torture.run import Run

# The poller and the courier may each log it.
PARTS = 2


@asynccontextmanager
async def outage(run: Run, scene: Scene, said: str = AWAY) -> AsyncIterator[int]:
    """Check that the bot keeps running during the body, and logs what is wrong only once.

    Yields the length of the log at the beginning.
    """
    before = scene.lines()
    yield before
    assert scene.bot is not None
    run.expect(scene.bot.is_alive(), "the bot exited")
    lines = scene.log(since=before)
    loud = Counter(line["event"] for line in lines if line["level"] in {"error", "warning"})
    run.expect(loud[said] <= PARTS, f"logged {loud[said]} times: {said}")
    others = loud.total() - loud[said] - loud["no answer from Telegram; a duplicate is possible"]
    run.expect(not others, f"logged something else: {loud}")
    run.expect(loud, "did not say what is wrong")


async def lasts(run: Run, scene: Scene, begun: int, seconds: float, said: str = AWAY) -> None:
    """Wait this long, and until the bot has noticed; what people write stays with Telegram."""
    await asyncio.sleep(seconds)
    await scene.says(said, begun)
    waiting = (await scene.telegram.status())["pending_updates"]
    run.expect(waiting, "confirmed what it could not store")
    run.remarks.append(f"{waiting} waited at Telegram")
