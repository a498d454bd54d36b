"""The staff chat refuses the bot for ten minutes, then accepts it again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tests.proofs.crash.scene import Scene
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture.run import Run

HELD = "the bot may not write to the staff chat; all is kept and tried each minute"

# How often the bot tries again, in seconds.
TRIED_EVERY = 60


async def staff_chat_away(run: Run) -> None:
    """Remove the bot, mute it, then hide the group: each time it waits, and goes on."""
    async with run.scene() as scene:
        await scene.start()
        async with run.traffic(scene, stalled=90, pause=(5, 20)) as traffic:
            await traffic.reaches(5)
            ways = [_kicked(scene), _silenced(scene), _wrong_id(scene)]
            for way in ways[: run.choose(long=3, short=1)]:
                await _goes_away(run, scene, traffic, way)
        await run.judge(scene, traffic)
        run.expect(scene.starts == 1, "the bot had to be started again")


async def _goes_away(
    run: Run, scene: Scene, traffic: Traffic, away: AbstractAsyncContextManager[None]
) -> None:
    """Check that nothing fails, the operator is told once, and users get confirmations."""
    seconds = run.choose(long=600, short=70)
    before, called = scene.lines(), scene.sandbox.calls[-1].number
    async with traffic.kate.pauses(), away:
        newcomer = await traffic.joins()
        await traffic.users[newcomer].sees("is open.", timeout=scene.within(30))
        await asyncio.sleep(seconds)
    await traffic.sees_all(traffic.missing())
    told = scene.log(HELD, before)
    run.expect(len(told) == 1, f"the operator was told {len(told)} times")
    refused = [
        call
        for call in scene.sandbox.calls
        if call.number > called and call.chat_id == scene.support.id and call.status in {400, 403}
    ]
    probes = [call for call in refused if call.method.startswith("send")]
    # Sends in flight at the beginning, one for each lane, are refused too.
    most = seconds / TRIED_EVERY + len(traffic.users)
    # What is tried may also be an edit of a card or of the board, or its pin.
    tried = probes or [call for call in refused if call.status == 403]
    run.expect(tried, "the chat was not tried")
    run.expect(len(probes) <= most, f"the chat was tried {len(probes)} times in {seconds} s")
    run.remarks.append(f"away {seconds} s, tried {len(probes)} times")


@asynccontextmanager
async def _kicked(scene: Scene) -> AsyncIterator[None]:
    await scene.support.bot_becomes("kicked")
    yield
    await scene.support.bot_becomes("administrator")


@asynccontextmanager
async def _silenced(scene: Scene) -> AsyncIterator[None]:
    await scene.support.bot_becomes("restricted")
    yield
    await scene.support.bot_becomes("administrator")


@asynccontextmanager
async def _wrong_id(scene: Scene) -> AsyncIterator[None]:
    fault = await scene.telegram.breaks(
        "error",
        chat_id=scene.support.id,
        times=None,
        status=400,
        description="Bad Request: chat not found",
    )
    yield
    await scene.telegram.mends(fault)
