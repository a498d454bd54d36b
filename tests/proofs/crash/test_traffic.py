"""Killed again and again while people write to each other over a slow network."""

import asyncio
import random
import sys

import pytest

from tests.proofs.crash.scene import Scene
from tests.proofs.crash.stored import read_stored
from tests.proofs.crash.tally import announced_tokens, shown_by_new_cards
from tests.proofs.crash.traffic import USERS, Traffic, tally_of

# How long a call to Telegram takes, in seconds.
LATENCY = (0.05, 0.15)
# How soon after its start a bot is killed, in seconds.
LIFE = (0.2, 2.5)


@pytest.mark.timeout(600)
async def test_kills_under_traffic_lose_nothing_misdirect_nothing_and_announce_each_duplicate(
    scene: Scene, database_url: str, kills: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    await scene.telegram.latency(*LATENCY)
    traffic = Traffic(scene, seed)

    async with asyncio.TaskGroup() as group:
        kate = await traffic.flow(group)
        await kill_at_random(scene, kills, random.Random(seed))
        await scene.start()
        await traffic.finish()
        kate.cancel()
    await scene.stop()

    result = await tally_of(traffic)
    stored = await read_stored(database_url)
    result.compare(announced_tokens(stored, scene.announced()), shown_by_new_cards(stored))
    asked = f"asked which ticket {len(traffic.refused)}"
    sys.stdout.write(f"\n{kills} kills, seed {seed}: {result} · {asked}\n")
    assert result.broken == []
    assert result.seen == result.sent > kills * USERS
    assert stored.misplaced() == []
    assert list(stored.numbers().values()) == [list(range(1, len(traffic.users) + 1))]


async def kill_at_random(scene: Scene, kills: int, rng: random.Random) -> None:
    for _ in range(kills):
        await scene.start()
        await asyncio.sleep(rng.uniform(*LIFE))
        await scene.kill()
