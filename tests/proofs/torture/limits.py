"""Telegram's limits, with far more to send than they allow."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from statistics import median

from sandbox.calls import Call
from services.notices import AnswerPosted, Notice, TicketOpened
from tests.proofs.crash.forms import Form
from tests.proofs.crash.scene import OFF, Scene
from tests.proofs.crash.stored import Stored
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture.run import Run

FOLLOW_UPS = 5
# How many messages a group takes in a minute; the bound for a bot that merges none.
A_MINUTE = 20
# After this many seconds, earlier sends no longer count against any limit.
FORGOTTEN = 120
# How often Kate answers a ticket, and how long her answer may take, in seconds.
ANSWERS_EVERY = 15
AT_ONCE = 10

# These do not count as messages; core.telegram.org/bots/faq and tdlib/telegram-bot-api#648.
FREE = {"setMessageReaction", "getChatMember", "setMyCommands", "getMyCommands"}
FREE |= {"deleteMessage", "editForumTopic", "reopenForumTopic"}


async def limits(run: Run) -> None:
    """Have all users write at once on open tickets; kill the bot in the middle."""
    # In a forum a new ticket costs two sends, and what is shown by icons many more.
    short = (20, 4) if run.form is Form.PLAIN else (10, 2)
    tickets, new = run.choose(long=(200, 40), short=short)
    async with run.scene(limits=True) as scene:
        async with run.traffic(scene, users=0, answered=0, stalled=60, pause=(5, 20)) as traffic:
            await _open(run, scene, traffic, tickets)
            before = scene.sandbox.calls[-1].number
            seen = len(traffic.waited)
            started = scene.sandbox.clock.now()
            await scene.start()
            wrote = await _all_write(scene, traffic, tickets, new)
            await _confirmed(scene)
            answering = await _kate_answers(traffic)
            await traffic.has_reached(seen + new + (tickets * FOLLOW_UPS + new) // 2)
            await asyncio.sleep(run.rng.uniform(0, 60))
            await scene.kill()
            await scene.start()
            await _all_seen(traffic)
            seconds = scene.sandbox.clock.now() - started
            answering.set()
        _, stored = await run.judge(scene, traffic)
        calls = [call for call in scene.sandbox.calls if call.number > before]
        _compare(run, _sends(calls, scene), tickets * FOLLOW_UPS + new, seconds)
        run.remarks.append(f"all written within {wrote:.0f} s")
        run.expect(not [call for call in calls if call.status == 429], "provoked a 429")
        _at_once(run, stored, TicketOpened, "confirmation")
        _at_once(run, stored, AnswerPosted, "answer")


async def _open(run: Run, scene: Scene, traffic: Traffic, tickets: int) -> None:
    """Open this many tickets without limits, long before."""
    assert run.clock is not None
    kept = dict(scene.variables)
    scene.variables.update({name.upper(): str(value) for name, value in OFF.items()})
    await scene.telegram.limits(enabled=False)
    await scene.start()
    for _ in range(tickets):
        await traffic.writes(await traffic.joins(writes=False))
    await _all_seen(traffic)
    await scene.stop()
    scene.variables.update(kept)
    await scene.telegram.limits(enabled=True)
    await scene.telegram.advance(FORGOTTEN)
    run.clock.set_by(FORGOTTEN)


async def _all_write(scene: Scene, traffic: Traffic, tickets: int, new: int) -> float:
    """Have everybody write, newcomers too; return how many seconds that took."""
    started = scene.sandbox.clock.now()
    for turn in range(FOLLOW_UPS):
        for number in range(tickets):
            await traffic.writes(number)
            if (turn * tickets + number) % (tickets * FOLLOW_UPS // new) == 0:
                await traffic.writes(await traffic.joins(writes=False))
    return scene.sandbox.clock.now() - started


async def _confirmed(scene: Scene) -> None:
    """Wait until the bot has confirmed every update."""
    known = 0
    while (await scene.telegram.status())["pending_updates"]:
        known = (await scene.telegram.call("changes", since=known, timeout=30))["seq"]


async def _kate_answers(traffic: Traffic) -> asyncio.Event:
    """Have Kate answer now and then until the event is set."""
    enough = asyncio.Event()

    async def answer() -> None:
        while not enough.is_set():
            await traffic.kate.answers_one()
            try:
                async with asyncio.timeout(ANSWERS_EVERY):
                    await enough.wait()
            except TimeoutError:
                continue

    traffic.does(answer())
    return enough


async def _all_seen(traffic: Traffic) -> None:
    """Wait until everything written so far is visible."""
    await traffic.sees_all(traffic.missing())


def _sends(calls: Iterable[Call], scene: Scene) -> list[Call]:
    """List the calls that count against the group's limit."""
    return [
        call
        for call in calls
        if call.chat_id == scene.support.id and call.processed and call.method not in FREE
    ]


def _compare(run: Run, sends: list[Call], messages: int, seconds: float) -> None:
    """Compare how long it took with how long a bot would take that merges nothing."""
    bound = messages / A_MINUTE * 60
    run.expect(seconds < bound, "slower than a bot that merges nothing")
    run.remarks += [
        f"{messages} messages visible within {seconds:.0f} s by {len(sends)} sends",
        f"{seconds / bound:.2f} of the {bound:.0f} s of a bot without merging",
    ]


def _at_once(run: Run, stored: Stored, notice: type[Notice], name: str) -> None:
    """Check how long deliveries to users waited in the outbox."""
    waited = [
        (delivery.sent_at - delivery.created_at) / timedelta(seconds=1)
        for delivery in stored.deliveries.values()
        if delivery.kind == notice.kind and delivery.sent_at is not None
    ]
    run.expect(waited and median(waited) < AT_ONCE, f"each {name} had to wait: {median(waited)} s")
    run.remarks.append(f"{len(waited)} × {name}, median {median(waited):.1f} s")
