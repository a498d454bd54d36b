"""Killed again and again while people write to each other over a slow network."""

import asyncio
import random
import sys

import pytest

from sandbox.client import User
from tests.proofs.crash import forum
from tests.proofs.crash.forms import Form, in_suite
from tests.proofs.crash.mishaps import looks_at_boards_often
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.stored import read_stored, wrong_rows
from tests.proofs.crash.tally import announced_tokens, later_cards
from tests.proofs.crash.traffic import USERS, Traffic

# How long a call to Telegram takes, in seconds.
LATENCY = (0.05, 0.15)
# How soon after its start a bot is killed, in seconds.
LIFE = (0.2, 2.5)


@pytest.fixture
def form(request: pytest.FixtureRequest) -> Form:
    return in_suite(request.node.name)


@pytest.mark.timeout(600)
async def test_kills_under_traffic_lose_nothing_misdirect_nothing_and_announce_each_duplicate(
    scene: Scene, form: Form, database_url: str, kills: int
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    await scene.telegram.latency(*LATENCY)
    traffic = Traffic(scene, seed)
    scene.hooks = [looks_at_boards_often]

    async with asyncio.TaskGroup() as group:
        kate = await traffic.flow(group)
        await kill_at_random(traffic, kills, random.Random(seed))
        await scene.start()
        await traffic.finish()
        kate.cancel()
    if form is Form.FORUM:
        await forum.settles(scene)
    findings = await traffic.overview.findings(database_url)
    await scene.stop()

    result = await traffic.tally()
    stored = await read_stored(database_url)
    again = later_cards(stored, scene.sent_anew())
    announced = announced_tokens(stored, scene.announced(), threads=form is Form.FORUM)
    result.compare(announced, again, traffic.lines.same())
    if form is Form.FORUM:
        findings += forum.Findings(scene, stored, traffic.most_at_once(), announced)
    counts = " · ".join(f"{name} {number}" for name, number in traffic.counts().items())
    sys.stdout.write(f"\n{kills} kills, form {form}, seed {seed}: {result} · {counts}\n")
    assert result.broken + findings + traffic.regrouping.refused == []
    assert await wrong_rows(database_url) == []
    assert result.seen == result.sent > kills * USERS
    assert traffic.regrouping.done.total() >= kills // 4
    assert stored.misplaced(traffic.lines) == []
    assert list(stored.numbers().values()) == [list(range(1, len(traffic.users) + 1))]


async def test_who_joins_while_staff_split_a_ticket_has_a_number_of_their_own(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    traffic, make = Traffic(scene, 1), scene.telegram.user
    alice = await traffic.joins(writes=False)
    await traffic.writes(alice)
    await traffic.writes(alice)

    async def user(name: str) -> User:
        traffic.goes_on_from(traffic.questions[alice][1])
        return await make(name)

    monkeypatch.setattr(scene.telegram, "user", user)
    monkeypatch.setattr(traffic, "does", lambda work: work.close())  # nobody writes any more
    bob = await traffic.joins(writes=False)

    assert (traffic.people(), bob) == ([[0, 1], [2]], 2)


async def kill_at_random(traffic: Traffic, kills: int, rng: random.Random) -> None:
    """Kill the bot soon after its start, or soon after it was told to merge or split."""
    for number in range(kills):
        await traffic.scene.start()
        if number % 4 == 3:
            await traffic.regrouping.is_given()
            await asyncio.sleep(rng.uniform(0, 2 * LATENCY[1]))
        else:
            await asyncio.sleep(rng.uniform(*LIFE))
        await traffic.scene.kill()
