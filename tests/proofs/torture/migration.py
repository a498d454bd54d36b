"""The staff group becomes a supergroup, and the bot is killed meanwhile."""

import asyncio

from tests.proofs.crash.forms import Form
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture.run import Run

LATENCY = (0.02, 0.1)
# The bot is killed at most this many seconds before or after the group moves.
AROUND = 0.4


async def migration(run: Run) -> None:
    """Do this again and again, each time with a new group."""
    times = run.choose(long=15, short=1)
    for _ in range(times):
        async with run.scene(topics=False) as scene:
            await scene.telegram.latency(*LATENCY)
            await scene.start()
            async with run.traffic(scene) as traffic:
                await traffic.reaches(10)
                async with traffic.regrouping.rests():  # what is done in the old group gets no 👌
                    await _moves_and_dies(run, scene, traffic)
                await traffic.reaches(5)
            _, stored = await run.judge(scene, traffic, failures=True)
            lost = [one for one in stored.failed() if not one.startswith("answer_delivered")]
            run.broken += lost  # messages in the old group can't get a 👍
            _holds_at_the_new_id(run, scene, traffic)
    run.remarks.append(f"{times} migrations, each with a kill")


async def _moves_and_dies(run: Run, scene: Scene, traffic: Traffic) -> None:
    """Kill the bot a little before or after the group gets its new id."""
    moment = run.rng.uniform(-AROUND, AROUND)
    if moment < 0:
        await scene.kill()
        await _moves(scene, traffic)
        await scene.start()
        return
    await _moves(scene, traffic)
    await asyncio.sleep(moment)
    await scene.kill()
    await scene.start()


async def _moves(scene: Scene, traffic: Traffic) -> None:
    """Who turns topics on in a basic group makes it a supergroup by that."""
    async with traffic.kate.pauses():
        traffic.kate.moves(new := await scene.support.becomes_supergroup())
        if scene.form is Form.FORUM:
            await new.turns_topics()


def _holds_at_the_new_id(run: Run, scene: Scene, traffic: Traffic) -> None:
    """Check that the operator is told of the new id, and that few sends use the old one."""
    said = scene.log("the staff group became a supergroup with a new id; set STAFF_CHAT_ID to it")
    again = len(scene.log("batch rolled back, handled by halves"))
    told = f"the operator was told {len(said)} times of the new id"
    run.expect(1 <= len(said) <= 2 + again, told)
    old = traffic.kate.chats[0]
    refused = [
        call
        for call in scene.sandbox.calls
        if call.chat_id == old.id and call.method.startswith("send") and call.status == 400
    ]
    run.expect(len(refused) < 20, f"{len(refused)} sends went to the old id")
