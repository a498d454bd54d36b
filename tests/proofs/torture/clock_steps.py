"""Clocks that are set, or change for summer time, under traffic."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.clock import day_of
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture.run import Run

ZONE = ZoneInfo("Europe/Berlin")
HOUR = 3600
# Nothing may take longer than this, whatever the clock says, in seconds.
STALLS = 30

# When the traffic begins, and the offsets to which the clock is then set, in seconds.
STEPS = (
    (datetime(2026, 11, 23, 23, 30, tzinfo=ZONE), (0, HOUR, -HOUR)),  # over midnight and back
    (datetime(2026, 10, 25, 2, 59, 55, tzinfo=ZONE), (0, 20)),  # 2:59 is followed by 2:00
    (datetime(2027, 3, 28, 1, 59, 55, tzinfo=ZONE), (0, 20)),  # 1:59 is followed by 3:00
    (datetime(2026, 10, 25, 23, 59, 55, tzinfo=ZONE), (0, 20)),  # the end of a day of 25 hours
    (datetime(2027, 3, 28, 0, 0, 5, tzinfo=ZONE), (0, -10, 0)),  # the start of a day of 23 hours
)


async def clock_steps(run: Run) -> None:
    """Set the clock back and forward while tickets open, sends fail, and albums come."""
    steps = run.choose(long=STEPS, short=STEPS[:1])
    for moment, offsets in steps:
        async with run.scene(support_timezone="Europe/Berlin") as scene:
            _set(run, moment, 0)
            await scene.start()
            days = set()
            # Kate names tickets without their days, and there are several days here.
            async with run.traffic(scene, regroups=False) as traffic:
                for offset in offsets:
                    _set(run, moment, offset)
                    assert run.clock is not None
                    days.add(day_of(run.clock.utcnow(), ZONE))
                    await _goes_on(run, scene, traffic)
            _, stored = await run.judge(scene, traffic)
            run.expect(set(stored.numbers()) <= days, f"tickets of other days: {stored.numbers()}")
            longest = max(traffic.waited.values())
            run.expect(longest < STALLS, f"something took {longest:.0f} s")
            numbers = {str(day): len(given) for day, given in stored.numbers().items()}
            run.remarks.append(f"tickets: {numbers}")


def _set(run: Run, moment: datetime, offset: float) -> None:
    """Set the bot's clock to `moment` plus `offset`."""
    assert run.clock is not None
    run.clock.set_by(moment.timestamp() + offset - run.clock.unix())


async def _goes_on(run: Run, scene: Scene, traffic: Traffic) -> None:
    """Open tickets and send an album while Telegram pauses the group and fails."""
    group = scene.support.id
    busy = {"status": 429, "description": "Too Many Requests: retry after 2"}
    await scene.telegram.breaks(
        "error", method="sendMessage", chat_id=group, parameters={"retry_after": 2}, **busy
    )
    await scene.telegram.breaks("error", times=2, status=502)
    await traffic.joins()
    await traffic.users[0].sends_album(["photo", "photo"])
    await traffic.reaches(run.choose(long=20, short=8))
