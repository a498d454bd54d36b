"""A second bot is started on the same SQLite file, again and again."""

from tests.proofs.torture.run import Run
from tests.support.processes import Forked

MISCONFIGURED = 2


async def second_process(run: Run) -> None:
    """Start another bot under traffic: it has to exit, and to send nothing again."""
    times = run.choose(long=20, short=2)
    async with run.scene() as scene:
        await scene.start()
        async with run.traffic(scene) as traffic:
            for _ in range(times):
                await traffic.reaches(3)
                second = Forked([], scene.variables, run.folder / "second.log")
                code = await second.ended(30)
                run.expect(code == MISCONFIGURED, f"a second bot ended with {code}")
        await run.judge(scene, traffic)
        run.expect(scene.starts == 1, "the bot had to be started again")
        run.expect(not scene.announced(), "it repeated something")
        run.remarks.append(f"{times} others refused")
