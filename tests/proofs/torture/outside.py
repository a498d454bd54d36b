"""Another program sends with the same token, so that Telegram says 429 to the bot."""

from http import HTTPStatus

import aiohttp

from sandbox.calls import Call
from sandbox.client.message import Json
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture.run import Run

TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
GROUP = 20
HOURS = 2 * 3600


async def outside_429(run: Run) -> None:
    """Use up the group's limit; then pause the group for hours, and kill the bot meanwhile."""
    assert run.clock is not None
    async with run.scene(limits=True) as scene:
        await scene.start()
        async with run.traffic(scene, stalled=90, pause=(5, 20)) as traffic:
            await traffic.reaches(5)
            taken = await _another_program_sends(scene)
            await traffic.joins()
            await scene.telegram.called("sendMessage", status=429, timeout=scene.within(30))
            await traffic.sees_all(traffic.missing())
            await _pauses_for_hours(scene)
            await _confirms_a_newcomer(scene, traffic)
            paused = _last(scene)
            await scene.kill()
            await scene.start()
            await _confirms_a_newcomer(scene, traffic)
            run.expect(not _to_group(scene, paused), "sent during the pause")
            await scene.telegram.mends()
            await scene.telegram.advance(HOURS)
            run.clock.set_by(HOURS)
            await traffic.reaches(3)
        await run.judge(scene, traffic)
        refused = sum(call.status == TOO_MANY for call in scene.sandbox.calls)
        run.remarks.append(f"{taken} sends by another program, {refused} × 429")


async def _confirms_a_newcomer(scene: Scene, traffic: Traffic) -> None:
    """Check that the rest goes on: a new user is told that the ticket is open."""
    newcomer = await traffic.joins()
    await traffic.users[newcomer].sees("is open.", timeout=scene.within(30))


async def _another_program_sends(scene: Scene) -> int:
    """Send to the group until Telegram refuses; return how many it accepted."""
    url = f"{scene.sandbox.url}/bot{scene.sandbox.token}/sendMessage"
    body = {"chat_id": scene.support.id, "text": "The other program's message"}
    async with aiohttp.ClientSession() as session:
        for taken in range(GROUP + 1):
            async with session.post(url, json=body) as response:
                if response.status == TOO_MANY:
                    return taken
    raise AssertionError("Telegram's limits do not count")


async def _pauses_for_hours(scene: Scene) -> None:
    """Refuse every send to the group from now on, and wait until the bot has been told."""
    known = await scene.telegram.call("seq")
    await scene.telegram.breaks(
        "error",
        chat_id=scene.support.id,
        times=None,
        status=429,
        description=f"Too Many Requests: retry after {HOURS}",
        parameters={"retry_after": HOURS},
    )

    def told(change: Json) -> bool:
        return bool(change["kind"] == "call" and change["status"] == TOO_MANY)

    assert await scene.telegram.watch(None, told, known, scene.within(30)), "nothing was sent"


def _last(scene: Scene) -> int:
    return scene.sandbox.calls[-1].number


def _to_group(scene: Scene, since: int) -> list[Call]:
    """List the sends to the group after that call."""
    return [
        call
        for call in scene.sandbox.calls
        if call.number > since
        and call.chat_id == scene.support.id
        and call.method in {"sendMessage", "copyMessage", "editMessageText", "sendMediaGroup"}
    ]
