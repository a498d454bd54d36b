"""SIGKILL at random moments, under two-way traffic over a slow network."""

import asyncio

from tests.proofs.torture.run import Run

# How long a call to Telegram takes, and how soon after its start a bot is killed, in seconds.
LATENCY = (0.05, 0.15)
LIFE = (0.2, 2.5)
SHORT_LIFE = (0.2, 0.9)
# One in so many kills waits until staff merge or split, which may take half a minute.
WHILE_REGROUPING = 8


async def kills(run: Run) -> None:
    """Kill the bot again and again: soon after its start, or while it is busy.

    It is also killed while it merges or splits.
    """
    times = run.choose(long=100, short=4)
    async with run.scene() as scene:
        await scene.telegram.latency(*LATENCY)
        async with run.traffic(scene, stalled=60) as traffic:
            for number in range(times):
                await scene.start()
                if number % WHILE_REGROUPING == 3:
                    await traffic.regrouping.is_given()
                    await asyncio.sleep(run.rng.uniform(0, 2 * LATENCY[1]))
                elif number % 2:
                    await traffic.reaches(run.rng.randint(1, run.choose(long=12, short=4)))
                    await asyncio.sleep(run.rng.uniform(0, LATENCY[1]))
                else:
                    await asyncio.sleep(run.rng.uniform(*run.choose(long=LIFE, short=SHORT_LIFE)))
                await scene.kill()
            await scene.start()
        await run.judge(scene, traffic)
        run.expect(not traffic.refused, f"typed again: {', '.join(traffic.refused)}")
        run.expect(traffic.regrouping.done, "nothing was merged or split")
        run.remarks.append(f"{times} kills")
