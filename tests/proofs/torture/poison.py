"""Updates that can't be handled, among those that can."""

import asyncio
import re
from functools import partial

from sandbox.client import User
from sandbox.client.message import Json
from services.helpdesk.set_aside_news import TOLD_EVERY
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.stored import Stored, read_stored
from tests.proofs.torture import child
from tests.proofs.torture.run import Run

WORD = "arsenic"
MEGABYTE = 10**6
TOLD_STAFF = "could not be handled"
TOLD_UP_TO = "{}. Operator:"
NUMBERS = re.compile(r"no\. (\d+)(?: to (\d+))?")
TOLD_USER = "Something went wrong on our side."
SET_ASIDE_WITHIN = 30


async def poison(run: Run) -> None:
    """Check that each is set aside and reported, and that `replay` handles one after a fix."""
    assert run.clock is not None
    async with run.scene() as scene:
        await scene.start(partial(child.chokes_on, WORD))
        victim = await scene.telegram.user("Victoria")
        async with run.traffic(scene) as traffic:
            await traffic.reaches(3)
            await victim.writes(f"{WORD} 1")
            for update in (hostile := _hostile(victim)):
                await scene.telegram.update(update)
            await traffic.reaches(3)
            await victim.sees(TOLD_USER)
            # One set aside after the clock is set would be reported later again.
            last = await _are_set_aside(scene, len(hostile) + 1)
            # Staff are told about the first at once, and about the others together, later.
            await scene.kate.sees(TOLD_STAFF, in_=scene.support)
            await traffic.reaches(3)
            run.clock.set_by(TOLD_EVERY.total_seconds())
            await scene.kate.sees(TOLD_UP_TO.format(last), in_=scene.support)
            await traffic.reaches(3)
        _, stored = await run.judge(scene, traffic)
        await _keeps_all(run, scene, stored)
        await _replays(run, scene, victim)


def _hostile(victim: User) -> list[Json]:
    """Make updates that no library expects."""
    person = {"id": victim.id, "is_bot": False, "first_name": victim.name}
    chat = {"id": victim.id, "type": "private", "first_name": victim.name}
    message = {"message_id": 900_001, "from": person, "date": 1, "chat": chat}
    return [
        {"message": message | {"text": "x" * MEGABYTE}},
        {"thought_reading": {"from": person, "thought": "?"}},
        {"message": {"message_id": "nine", "chat": []}},
        {"message": [message]},
        {"message": None},
        {"callback_query": 7},
        {"message": message | {"message_id": 900_002, "text": {"deep": [[[]]]}}},
        {},
    ]


async def _are_set_aside(scene: Scene, count: int) -> int:
    """Wait until this many are set aside; return the number of the last."""
    known = 0
    async with asyncio.timeout(scene.within(SET_ASIDE_WITHIN)):
        while len(dead := (await read_stored(scene.variables["DATABASE_URL"])).dead) < count:
            news = await scene.telegram.call("changes", since=known, timeout=1)
            known = news["seq"]
    return dead[-1].id


async def _keeps_all(run: Run, scene: Scene, stored: Stored) -> None:
    """Check that each is kept whole, and that staff are told."""
    expected = len(_hostile(scene.kate)) + 1
    run.expect(len(stored.dead) == expected, f"{len(stored.dead)} of {expected} set aside")
    texts = [m.text for m in await scene.support.messages() if TOLD_STAFF in m.text]
    found = [match.groups() for text in texts if (match := NUMBERS.search(text))]
    told = {number for a, b in found for number in range(int(a), int(b or a) + 1)}
    kept = {dead.id for dead in stored.dead}
    run.expect(kept <= told, f"staff were told about {sorted(told)}, set aside are {sorted(kept)}")
    longest = max(len(dead.raw) for dead in stored.dead)
    run.expect(longest > MEGABYTE, "the megabyte was not kept whole")
    run.remarks.append(f"{len(stored.dead)} set aside")


async def _replays(run: Run, scene: Scene, victim: User) -> None:
    """Start the bot without the fault; then replay beside it, as an operator does."""
    await scene.start()
    code = await scene.command("replay")
    run.expect(code == 1, f"replay exited with {code}, though some can never be handled")
    await scene.kate.sees(WORD, in_=scene.support)
    await victim.sees("is open.")
    await scene.stop()
    stored = await read_stored(scene.variables["DATABASE_URL"])
    replayed = [dead for dead in stored.dead if dead.replayed_at]
    run.expect([WORD in dead.raw for dead in replayed] == [True], "replayed another one")
    run.remarks.append(f"{len(replayed)} replayed after a fix")
