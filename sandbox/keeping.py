"""A world kept in a file, so that a conversation outlives the process.

The file is JSON; the bytes of uploads lie beside it, in `FILE.files`, each written once. A change
is written within a second of the next thing that people or the bot do, and everything at the end;
each time the file is replaced as a whole. The log of calls, faults and limits are not kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.files import StoredFile
from sandbox.model import Chat, Json, Member, Message, Person, Topic
from sandbox.world import Callback

if TYPE_CHECKING:
    from sandbox.world import World

VERSION = 1
BETWEEN_WRITES = 1.0  # seconds
LONGEST_QUIET = 3600.0


class OtherState(Exception):
    """The file holds no state of this bot's sandbox: choose another file, or remove it."""


def describe(world: World) -> Json:
    """Everything there is, as JSON; of files, everything but their bytes."""
    return {
        "version": VERSION,
        "bot": world.bot.id,
        "privacy_mode": world.privacy_mode,
        "added_seconds": world.clock.added,
        "seq": world.feed.last,
        "random": world.rng.getstate(),
        "counters": world.counters(),
        "people": [asdict(one) for one in world.people.values() if one is not world.bot],
        "chats": [_chat(chat) for chat in world.chats.values()],
        "commands": [[*key, listed] for key, listed in world.commands.items()],
        "callbacks": [asdict(callback) for callback in world.callbacks.values()],
        "updates": world.updates.state(),
        "files": [_plain(file, "content") for file in world.files],
    }


def _plain(thing: Any, *without: str) -> Json:
    """The fields of a dataclass that are JSON themselves."""
    names = (field.name for field in fields(thing))
    return {name: getattr(thing, name) for name in names if name not in without}


def _chat(chat: Chat) -> Json:
    return _plain(chat, "person", "members", "messages", "topics") | {
        "person": chat.person.id if chat.person else None,
        "members": [_plain(one, "person") | {"person": key} for key, one in chat.members.items()],
        "messages": [_plain(message, "chat") for message in chat.messages.values()],
        "topics": [asdict(topic) for topic in chat.topics.values()],
    }


def rebuild(world: World, state: Json, folder: Path) -> None:
    """Make everything there is in a new world; `folder` has the bytes of files."""
    if (state.get("version"), state.get("bot")) != (VERSION, world.bot.id):
        raise OtherState(OtherState.__doc__)
    world.privacy_mode = state["privacy_mode"]
    world.clock.added = state["added_seconds"]
    world.feed.last = state["seq"]  # a page that was open goes on reading
    version, numbers, spare = state["random"]
    world.rng.setstate((version, tuple(numbers), spare))
    world.count_from(state["counters"])
    world.people |= {one["id"]: Person(**one) for one in state["people"]}
    world.chats = {one["id"]: _made_chat(world, dict(one)) for one in state["chats"]}
    world.commands = {(scope, language): listed for scope, language, listed in state["commands"]}
    world.callbacks = {one["id"]: Callback(**one) for one in state["callbacks"]}
    world.updates.restore(state["updates"])
    for one in state["files"]:
        content = (folder / one["unique_id"]).read_bytes()
        world.files.put(StoredFile(**one, content=content))


def _made_chat(world: World, raw: Json) -> Chat:
    members, messages, topics = raw.pop("members"), raw.pop("messages"), raw.pop("topics")
    chat = Chat(**raw | {"person": world.people.get(raw["person"])})
    for one in members:
        chat.members[one["person"]] = Member(**one | {"person": world.people[one["person"]]})
    for one in messages:
        reactions = {int(person): chosen for person, chosen in one["reactions"].items()}
        chat.messages[one["id"]] = Message(chat, **one | {"reactions": reactions})
    chat.topics = {one["id"]: Topic(**one) for one in topics}
    return chat


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.files")


def _write(file: Path, content: bytes) -> None:
    """Write all or nothing, whenever the process ends."""
    new = file.with_name(f"{file.name}.new")
    new.write_bytes(content)
    new.replace(file)


def save(world: World, file: Path) -> None:
    """Write everything down, the bytes of new files first."""
    folder = _beside(file)
    folder.mkdir(parents=True, exist_ok=True)
    for stored in world.files:
        if not (folder / stored.unique_id).exists():
            _write(folder / stored.unique_id, stored.content)
    _write(file, json.dumps(describe(world), separators=(",", ":")).encode())


def load(world: World, file: Path) -> bool:
    """Read what was kept into a new world; whether there was anything."""
    if not file.exists():
        return False
    try:
        state = dict(json.loads(file.read_bytes()))
    except (TypeError, ValueError):
        raise OtherState(OtherState.__doc__) from None
    rebuild(world, state, _beside(file))
    return True


@contextlib.asynccontextmanager
async def kept(world: World, file: Path, seconds: float = BETWEEN_WRITES) -> AsyncIterator[None]:
    """Write changes down, at most once in so many seconds, and everything at the end."""
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(_write_changes(world, file, seconds))
        try:
            yield
        finally:
            writing.cancel()
            save(world, file)


async def _write_changes(world: World, file: Path, seconds: float) -> None:
    while True:
        known = world.feed.last
        save(world, file)
        await world.feed.wait(known, LONGEST_QUIET)
        await asyncio.sleep(seconds)
