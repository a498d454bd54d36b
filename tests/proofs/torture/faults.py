"""Errors, cut connections, slow answers, and no updates for a while, all together."""

import asyncio
from collections import Counter

from tests.proofs.crash.traffic import PAUSE
from tests.proofs.torture.run import Run


async def faults(run: Run) -> None:
    """Have a fifth of all calls fail, and getUpdates fail completely for a while."""
    slowest, around, outage = run.choose(long=(3.0, 60, 60), short=(0.3, 6, 3))
    async with run.scene() as scene:
        telegram = scene.telegram
        await scene.start()
        async with run.traffic(
            scene, stalled=90, pause=run.choose(long=PAUSE, short=(1, 3))
        ) as traffic:
            await telegram.latency(0, slowest)
            await telegram.breaks("error", probability=0.05, times=None, status=500)
            await telegram.breaks("error", probability=0.05, times=None, status=502)
            await telegram.breaks("cut_before", probability=0.05, times=None)
            await telegram.breaks("cut_after", probability=0.05, times=None)
            await asyncio.sleep(around)
            silence = await telegram.breaks("error", method="getUpdates", times=None, status=502)
            await asyncio.sleep(outage)
            await telegram.mends(silence)
            await asyncio.sleep(around)
            await telegram.mends()
        await run.judge(scene, traffic)
        run.expect(not traffic.refused, f"typed again: {', '.join(traffic.refused)}")
        struck = Counter(call.fault for call in scene.sandbox.calls if call.fault)
        run.remarks += [f"{kind} {count}" for kind, count in sorted(struck.items())]
