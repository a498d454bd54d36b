"""The leader is killed, frozen, cut off or replaced under traffic, and the standby takes over."""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable

import pytest

from database.session import SILENCE_SECONDS
from tests.proofs.crash.stored import read_stored, wrong_rows
from tests.proofs.crash.tally import announced_tokens, later_cards
from tests.proofs.crash.traffic import Traffic
from tests.proofs.replicas.replica import Pair

# How long a call to Telegram takes, in seconds.
LATENCY = (0.05, 0.15)
# How many messages must arrive before each change of the leader, and after the last one.
SEEN = 12
# How long after a kill Telegram may go without being asked for updates, in seconds.
GAP = 5.0

DEPOSED = "another process leads now and takes over the work in progress"

pytestmark = pytest.mark.timeout(600)


async def killed(pair: Pair, _: float) -> None:
    """Kill the leader; start it again later, to stand by."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    await pair.leader.kill()
    await pair.change_over(since, led)
    await pair.standby.start()


async def frozen(pair: Pair, seconds: float) -> None:
    """Freeze the leader (SIGSTOP), and thaw it (SIGCONT) some time after the other one leads."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    pair.leader.freeze()
    await pair.change_over(since, led)
    await asyncio.sleep(seconds)
    await revived(pair, pair.standby.thaw)


async def cut_off(pair: Pair, seconds: float) -> None:
    """Cut the leader off from the database, until some time after the other one leads."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    pair.leader.cable.cut()
    await pair.change_over(since, led)
    await asyncio.sleep(seconds)
    await revived(pair, pair.standby.cable.mend)


async def revived(pair: Pair, revive: Callable[[], None]) -> None:
    """Revive the old leader under traffic, and wait until it stands by."""
    deposed, stood_by = pair.standby.count(DEPOSED), pair.standby.count("standing by")
    revive()
    await pair.standby.says(DEPOSED, before=deposed)
    await pair.standby.says("standing by", before=stood_by)


async def replaced(pair: Pair, _: float) -> None:
    """Stop the leader while the new one stands by: a rolling restart."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    await pair.leader.stop()
    await pair.change_over(since, led)
    await pair.standby.start()


@pytest.mark.parametrize(
    ("meets", "gap"),
    [
        pytest.param(killed, GAP, id="killed"),
        pytest.param(replaced, GAP, id="replaced"),
        pytest.param(frozen, SILENCE_SECONDS + GAP, id="frozen"),
        pytest.param(cut_off, SILENCE_SECONDS + GAP, id="cut off from the database"),
    ],
)
async def test_another_takes_over_and_nothing_is_lost_misdirected_or_said_twice_unannounced(
    pair: Pair,
    postgres_url: str,
    rounds: int,
    freeze: float,
    meets: Callable[[Pair, float], Awaitable[None]],
    gap: float,
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    await pair.scene.telegram.latency(*LATENCY)
    traffic = Traffic(pair.scene, seed)
    await pair.start()

    async with asyncio.TaskGroup() as group:
        kate = await traffic.flow(group)
        await traffic.reaches(SEEN)
        for _ in range(rounds):
            await meets(pair, freeze)
            await traffic.reaches(SEEN)
        await traffic.finish()
        kate.cancel()
    findings = await traffic.overview.findings(postgres_url)
    await pair.stop()

    result = await traffic.tally()
    stored = await read_stored(postgres_url)
    again = later_cards(stored, pair.sent_anew())
    result.compare(announced_tokens(stored, pair.announced()), again, traffic.lines.same())
    gaps = ", ".join(f"{one:.2f}" for one in pair.gaps)
    counts = " · ".join(f"{name} {number}" for name, number in traffic.counts().items())
    seen = f"{result} · {pair.conflicts()} × 409 · gap {gaps} s · {counts}"
    sys.stdout.write(f"\n{meets.__name__} {rounds} times, seed {seed}: {seen}\n")
    assert result.broken + findings + traffic.regrouping.refused == []
    assert stored.misplaced(traffic.lines) + await wrong_rows(postgres_url) == []
    assert result.seen == result.sent > SEEN
    assert list(stored.numbers().values()) == [list(range(1, len(traffic.users) + 1))]
    assert max(pair.gaps) < gap
