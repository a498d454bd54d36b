"""Updates that can't be handled, among those that can."""

import asyncio
import re
from functools import partial

from sandbox.client import User
from sandbox.client.message import Json
from services.helpdesk.set_aside_news import TOLD_EVERY
from tests.proofs.crash.ledger import Ledger, read
from tests.proofs.crash.scene import Scene
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
    """Have each set aside and told, and what a fix makes possible handled by `replay`."""
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
            # One that comes after the clock was set would be told of a while later again.
            last = await _are_set_aside(scene, len(hostile) + 1)
            # Staff are told of the first at once, and of the rest together, a while later.
            await scene.kate.sees(TOLD_STAFF, in_=scene.support)
            await traffic.reaches(3)
            run.clock.set_by(TOLD_EVERY.total_seconds())
            await scene.kate.sees(TOLD_UP_TO.format(last), in_=scene.support)
            await traffic.reaches(3)
        _, book = await run.judge(scene, traffic)
        await _keeps_all(run, scene, book)
        await _replays(run, scene, victim)


def _hostile(victim: User) -> list[Json]:
    """Make updates of kinds and forms that no library expects."""
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
    """Wait until so many are; the number of the last."""
    known = 0
    async with asyncio.timeout(scene.within(SET_ASIDE_WITHIN)):
        while len(dead := (await read(scene.variables["DATABASE_URL"])).dead) < count:
            news = await scene.telegram.call("changes", since=known, timeout=1)
            known = news["seq"]
    return dead[-1].id


async def _keeps_all(run: Run, scene: Scene, book: Ledger) -> None:
    """Hold that each is kept whole, and told to staff and to who wrote it."""
    expected = len(_hostile(scene.kate)) + 1
    run.expect(len(book.dead) == expected, f"{len(book.dead)} of {expected} set aside")
    texts = [m.text for m in await scene.support.messages() if TOLD_STAFF in m.text]
    found = [match.groups() for text in texts if (match := NUMBERS.search(text))]
    told = {number for a, b in found for number in range(int(a), int(b or a) + 1)}
    kept = {dead.id for dead in book.dead}
    run.expect(kept <= told, f"staff were told of {sorted(told)}, kept are {sorted(kept)}")
    longest = max(len(dead.raw) for dead in book.dead)
    run.expect(longest > MEGABYTE, "the megabyte was not kept whole")
    run.remarks.append(f"{len(book.dead)} set aside")


async def _replays(run: Run, scene: Scene, victim: User) -> None:
    """Start the bot without what made it choke; an operator then replays beside it."""
    await scene.start()
    code = await scene.command("replay")
    run.expect(code == 1, f"replay exited with {code}, though some can never be handled")
    await scene.kate.sees(WORD, in_=scene.support)
    await victim.sees("is open.")
    await scene.stop()
    book = await read(scene.variables["DATABASE_URL"])
    replayed = [dead for dead in book.dead if dead.replayed_at]
    run.expect([WORD in dead.raw for dead in replayed] == [True], "replayed another one")
    run.remarks.append(f"{len(replayed)} replayed after a fix")
