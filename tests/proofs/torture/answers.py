"""Every kind of answer from Telegram, under traffic."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.client import User
from sandbox.client.message import Message
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.traffic import Traffic
from tests.proofs.torture.databases import BOTH
from tests.proofs.torture.run import Run

# Seconds between two messages of one user; long, because the clock runs fast.
PAUSE = (5, 20)

FAILED = "this did not arrive"
RESEND = "Send again"
BACK = "the user is back"


@dataclass(frozen=True)
class Answer:
    """Telegram's answer to the next calls of `method`; with `group`, only to that chat."""

    says: str
    status: int = 400
    method: str | None = "sendMessage"
    kind: str = "error"
    times: int = 1
    group: bool = False
    parameters: dict[str, int] = field(default_factory=dict)


# After each of these, everything goes on at once.
PASSING: tuple[Answer, ...] = (
    Answer("Bad Request: message is not modified", method="editMessageText"),
    Answer("accepted, but unreadable", kind="garbage", times=2),
    Answer("Too Many Requests: retry after 2", 429, group=True, parameters={"retry_after": 2}),
    Answer("Too Many Requests: retry after 1", 429, times=3, parameters={"retry_after": 1}),
    Answer("Bad Gateway", 502, method=None, times=4),
    Answer("a proxy's page", 502, kind="html", times=2),
    Answer("a proxy's page, but done", 502, kind="html_after"),
    Answer("cut before", kind="cut_before", times=2),
    Answer("cut after", kind="cut_after"),
    Answer("Bad Request: message to be replied not found", group=True),
    Answer("Bad Request: message thread not found", group=True),
    Answer("Bad Request: message to copy not found", method="copyMessage", group=True),
    Answer("Bad Request: can't parse entities: no end", group=True),
    # The last, because then a new message is sent, which the other answers would hit.
    Answer("Bad Request: message to edit not found", method="editMessageText"),
)
# After each of these, the bot waits a minute.
HOLDING: tuple[Answer, ...] = (
    Answer("Unauthorized", 401, times=2),
    Answer("Not Found", 404),
    Answer("Forbidden: bot was kicked from the group chat", 403, group=True),
    Answer("Bad Request: not enough rights to send text messages to the chat", group=True),
    Answer("Bad Request: chat not found", group=True),
)


async def answers(run: Run) -> None:
    """Give each answer under traffic, and see that everything arrives."""
    # Telegram is the same for both databases: in the short form, each gets half of the answers.
    half = slice(BOTH.index(run.database), None, 2)
    given = run.choose(long=PASSING + HOLDING, short=PASSING[half] + HOLDING[half][:1])
    async with run.scene() as scene:
        await scene.start()
        # A merge or a split would edit messages, too, and take the answer for the edit of a card.
        async with run.traffic(scene, stalled=60, pause=PAUSE, regroups=False) as traffic:
            await traffic.reaches(5)
            for answer in given:
                await _gives(scene, traffic, answer)
            await traffic.reaches(5)
            await traffic.finish()
            await _gone_for_good(scene)
            await _refused_for_good(scene)
        _, stored = await run.judge(scene, traffic, failures=True)
        run.expect(scene.starts == 1, "the bot had to be started again")
        run.remarks.append(f"{len(given) + 2} kinds of answers")
        run.broken += [one for one in stored.failed() if not one.startswith("answer_posted")]


async def _gives(scene: Scene, traffic: Traffic, answer: Answer) -> None:
    """Break the next calls, and wait until they are hit and something arrives again in each lane.

    A send that was hit may be repeated at once without a refused part, and the next answer must not
    hit that one.
    """
    how: dict[str, Any] = {"times": answer.times, "status": answer.status}
    how |= {"description": answer.says, "parameters": answer.parameters}
    how |= {"method": answer.method} if answer.method else {}
    how |= {"chat_id": scene.support.id} if answer.group else {}
    fault = await scene.telegram.breaks(answer.kind, **how)
    if answer.method == "editMessageText":
        await traffic.kate.takes_one()
    if answer.method == "copyMessage":
        await traffic.writes(0, photo=True)
    await _mended(scene, fault)
    for number in range(len(traffic.users)):
        await traffic.writes(number)
    await traffic.sees_all(traffic.missing())


async def _mended(scene: Scene, fault: int) -> None:
    """Wait until a fault has hit as often as it should."""
    known = 0
    while fault in (await scene.telegram.status())["faults"]:
        known = (await scene.telegram.call("changes", since=known, timeout=60))["seq"]


async def _gone_for_good(scene: Scene) -> None:
    """A user blocks the bot, is answered, and returns: staff are told, and send it again."""
    bob = await scene.telegram.user("Bob")
    card = await _asks(scene, bob, "Bob's question")
    await bob.blocks_bot()
    await scene.kate.replies(card, "Bob's answer")
    failed = await _staff_see(scene, FAILED, card)
    await bob.unblocks_bot()
    await _staff_see(scene, BACK, card)
    await scene.kate.presses(failed, RESEND)
    await bob.sees("Bob's answer", timeout=scene.within(30))


async def _refused_for_good(scene: Scene) -> None:
    """Telegram refuses an answer for an unknown reason: staff send it again."""
    carol = await scene.telegram.user("Carol")
    card = await _asks(scene, carol, "Carol's question")
    await scene.telegram.breaks(
        "error", chat_id=carol.id, status=400, description="Bad Request: STRANGE_THING"
    )
    await scene.kate.replies(card, "Carol's answer")
    failed = await _staff_see(scene, FAILED, card)
    await scene.kate.presses(failed, RESEND)
    await carol.sees("Carol's answer", timeout=scene.within(30))


async def _asks(scene: Scene, user: User, question: str) -> Message:
    await user.writes(question)
    await user.sees("is open.", timeout=scene.within(30))
    return await _staff_see(scene, question)


async def _staff_see(scene: Scene, text: str, after: Message | None = None) -> Message:
    timeout = scene.within(30)
    return await scene.kate.sees(text, in_=scene.support, after=after, timeout=timeout)
