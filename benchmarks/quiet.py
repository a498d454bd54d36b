"""`make quiet`: what the staff chat sees of one ticket, beside the bot that we compare with."""

import asyncio
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import databases, telegram
from benchmarks.subjects import Subject, ours, running
from benchmarks.telegram import Telegram
from core.config import PROJECT, Settings
from sandbox.client import Chat, Message, User

# How many messages the user writes in each burst, and how many seconds apart.
BURSTS = (4, 3, 3)
APART = 0.5
# After this many seconds a burst is over, and all of it has been passed on.
PAUSE = 5.0
# The bot has found out within this time whether its group is a forum.
READY_WITHIN = 1.0
# Longer than a user waits to hear of a close.
CLOSED_WITHIN = 15.0

OURS = ours("ours", "")
GATHERS = Settings.model_fields["staff_batch_seconds"].default.total_seconds()

# What the group may see: a card and two messages a burst; an edit a change of status, of which
# there are taking, three answers, two questions after an answer, and the close.
MOST_MESSAGES = 1 + 2 * len(BURSTS)
MOST_EDITS = 7


@dataclass(frozen=True)
class Seen:
    """What the group saw of the bot's; `service_messages` are those that were left there."""

    messages: int
    service_messages: int
    edits: int
    sounds: int

    @property
    def is_quiet(self) -> bool:
        few = self.messages <= MOST_MESSAGES and self.edits <= MOST_EDITS
        return few and not self.service_messages and self.sounds <= len(BURSTS)

    def written(self) -> str:
        """Write it as in the table of the README."""
        return (
            f"{self.messages} messages, {self.service_messages} service messages, "
            f"{self.edits} edits, {self.sounds} sounds"
        )


async def measure() -> dict[str, Seen]:
    """Let the conversation happen with each bot; ours with and without gathering."""
    seen = {
        "by default": await _conversation(replace(OURS, gathers=GATHERS)),
        "with STAFF_BATCH_SECONDS=0": await _conversation(OURS),
        "by default, in a forum": await _conversation(replace(OURS, gathers=GATHERS), forum=True),
    }
    with spine() as folder:
        if folder is not None:
            seen["the version that we compare with"] = await _conversation(
                replace(OURS, folder=folder)
            )
    return seen


@contextmanager
def spine() -> Iterator[Path | None]:
    """Unpack the version that we compare with; None if this copy of the project has no history."""
    commit = (PROJECT / "benchmarks" / "SPINE").read_text("ascii").strip()
    packed = subprocess.run(  # noqa: S603 - our own history
        ["git", "archive", commit],  # noqa: S607 - whichever git there is
        cwd=PROJECT,
        capture_output=True,
        check=False,
    )
    if packed.returncode:
        yield None
        return
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(name, filter="data")
        yield Path(name)


async def _conversation(bot: Subject, *, forum: bool = False) -> Seen:
    """Have one ticket with three bursts, three answers, a take, a note and a close."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(databases.sqlite_of(bot.folder))
        place = await stack.enter_async_context(telegram.opened())
        if forum:
            place.become_forum()
        await stack.enter_async_context(running(replace(bot, database=url), place))
        await asyncio.sleep(READY_WITHIN)
        client = place.sandbox.client()
        kate, alice = await client.user("Kate"), await client.user("Alice", language="en")
        group = Chat(client, place.group.id, "Support")
        await kate.joins(group)
        card = await _burst(alice, kate, group, BURSTS[0])
        await (await kate.presses(card, "Take")).answer()
        for number, length in enumerate((*BURSTS[1:], 0), 1):
            await kate.replies(card, f"Answer {number}")
            await alice.sees(f"Answer {number}")
            if length:
                await _burst(alice, kate, group, length)
        note = await kate.replies(card, "// A note")
        await kate.sees_reaction(note, "✍")
        await (await kate.presses(card, "Close")).answer()
        await alice.sees("is closed", timeout=CLOSED_WITHIN)
        await asyncio.sleep(1)
        return _seen(place)


async def _burst(alice: User, kate: User, group: Chat, length: int) -> Message:
    """Write several messages, and wait until the group has them all; return the newest card."""
    for number in range(1, length + 1):
        await alice.writes(f"Message {number} of {length}")
        await asyncio.sleep(APART)
    await kate.sees(f"Message {length} of {length}", in_=group)
    await asyncio.sleep(PAUSE)
    return await kate.sees("Alice", in_=group)


def _seen(place: Telegram) -> Seen:
    """Count what the bot did in the group."""
    world = place.sandbox.world
    known = [
        change
        for change in world.feed.since(0)
        if change["chat_id"] == place.group.id
        and change.get("message", {}).get("from", {}).get("id") == world.bot.id
    ]
    new = [change["message"] for change in known if change["kind"] == "message"]
    new = [one for one in new if "new_chat_members" not in one]  # its own coming, before it began
    service = [one for one in new if "text" not in one]
    left = [one for one in service if one["message_id"] in place.group.messages]
    return Seen(
        messages=len(new) - len(service),
        service_messages=len(left),
        edits=sum(change["kind"] == "edit" for change in known),
        sounds=sum(not one["silent"] for one in new),
    )


def main() -> int:
    """Print what was seen; 1 if ours is not quiet."""
    seen = asyncio.run(measure())
    for name, one in seen.items():
        print(f"{name}: {one.written()}")
    return 0 if seen["by default"].is_quiet else 1


if __name__ == "__main__":
    raise SystemExit(main())
