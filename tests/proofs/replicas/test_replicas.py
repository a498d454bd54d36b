"""The leader is killed, frozen, cut off or replaced, and another one goes on, under traffic."""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable

import pytest

from database.session import SILENCE_SECONDS
from tests.proofs.crash import ledger
from tests.proofs.crash.reckoning import announced_tokens, shown_by_new_cards
from tests.proofs.crash.traffic import USERS, Traffic, reckon
from tests.proofs.replicas.replica import Pair

# What a call to Telegram takes, in seconds.
LATENCY = (0.05, 0.15)
# How many messages must arrive before the leader meets its fate, and again under the next one.
SEEN = 12
# How long after a kill Telegram may go without being asked for updates, in seconds.
GAP = 5.0

DEPOSED = "another process leads now and takes over the work in progress"

pytestmark = pytest.mark.timeout(600)


async def killed(pair: Pair, _: float) -> None:
    """SIGKILL; then the killed one is started again and stands by."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    await pair.leader.kill()
    await pair.change_over(since, led)
    await pair.standby.start()


async def frozen(pair: Pair, seconds: float) -> None:
    """SIGSTOP, and SIGCONT some time after the other one leads."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    pair.leader.freeze()
    await pair.change_over(since, led)
    await asyncio.sleep(seconds)
    await comes_to(pair, pair.standby.thaw)


async def cut_off(pair: Pair, seconds: float) -> None:
    """Its connections to the database carry nothing, until some time after the other one leads."""
    since, led = pair.scene.sandbox.clock.now(), pair.standby.count("leading")
    pair.leader.wire.cut()
    await pair.change_over(since, led)
    await asyncio.sleep(seconds)
    await comes_to(pair, pair.standby.wire.mend)


async def comes_to(pair: Pair, revive: Callable[[], None]) -> None:
    """Revive the old leader under traffic, and wait until it knows its place."""
    deposed, stood_by = pair.standby.count(DEPOSED), pair.standby.count("standing by")
    revive()
    await pair.standby.says(DEPOSED, before=deposed)
    await pair.standby.says("standing by", before=stood_by)


async def replaced(pair: Pair, _: float) -> None:
    """SIGTERM while the new one stands by already: a rolling restart."""
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
    await pair.stop()

    result = await reckon(traffic)
    book = await ledger.read(postgres_url)
    result.compare(announced_tokens(book, pair.announced()), shown_by_new_cards(book))
    gaps = ", ".join(f"{one:.2f}" for one in pair.gaps)
    seen = f"{result} · {pair.conflicts()} × 409 · gap {gaps} s"
    sys.stdout.write(f"\n{meets.__name__} {rounds} times, seed {seed}: {seen}\n")
    assert result.broken == []
    assert result.seen == result.sent > SEEN
    assert list(book.numbers().values()) == [list(range(1, USERS + 1))]
    assert max(pair.gaps) < gap
