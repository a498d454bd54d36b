"""A world kept in a file, so that a conversation outlives the process.

The file is JSON, readable by its owner alone; the bytes of uploads are beside it, in `FILE.files`,
each written once. A change is written within a second of the next thing that people or the bot do,
and everything at the end; each time the file is replaced as a whole. The bot's token, faults,
latency and the switch of the limits are kept; the log of calls, what was sent in the last minute
(for the limits) and a recording are not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sandbox.files import StoredFile
from sandbox.model import Callback, Chat, Json, Member, Message, Person, Topic
from sandbox.stage import Stage
from sandbox.world import World

VERSION = 4
BETWEEN_WRITES = 1.0  # seconds
LONGEST_QUIET = 3600.0


class OtherState(Exception):
    """The file holds no state of this bot in this version: choose another file, or remove it."""

    def __init__(self) -> None:
        """Say the sentence above."""
        super().__init__(self.__doc__)


def describe(world: World) -> Json:
    """The whole world as JSON; of files, everything except their bytes."""
    return {
        "version": VERSION,
        "bot": world.bot.id,
        "privacy_mode": world.privacy_mode,
        "talks_to_bots": world.bot.talks_to_bots,
        "added_seconds": world.clock.added,
        "seq": world.feed.last,
        "random": world.rng.getstate(),
        "counters": world.counters(),
        "people": [asdict(one) for one in world.people.values() if one is not world.bot],
        "chats": [_chat(chat) for chat in world.chats.values()],
        "commands": [[*key, listed] for key, listed in world.commands.items()],
        "profile": [[*key, text] for key, text in world.profile.items()],
        "menu_buttons": list(world.menu_buttons.items()),
        "callbacks": [asdict(callback) for callback in world.callbacks.values()],
        "updates": world.updates.state(),
        "files": [_plain(file, "content") for file in world.files],
    }


def _plain(thing: Any, *without: str) -> Json:
    """The fields of a dataclass that are JSON themselves."""
    names = (field.name for field in fields(thing))
    return {name: getattr(thing, name) for name in names if name not in without}


def _chat(chat: Chat) -> Json:
    return _plain(chat, "person", "members", "messages", "topics", "general") | {
        "person": chat.person.id if chat.person else None,
        "members": [_plain(one, "person") | {"person": key} for key, one in chat.members.items()],
        "messages": [_plain(message, "chat") for message in chat.messages.values()],
        "topics": [asdict(topic) for topic in chat.topics.values()],
        "general": asdict(chat.general),
    }


def rebuild(world: World, state: Json, folder: Path) -> None:
    """Rebuild everything in a new world; `folder` has the bytes of files."""
    if (state.get("version"), state.get("bot")) != (VERSION, world.bot.id):
        raise OtherState
    world.privacy_mode = state["privacy_mode"]
    world.bot.talks_to_bots = state["talks_to_bots"]
    world.clock.added = state["added_seconds"]
    world.feed.last = state["seq"]  # an open page keeps reading
    version, numbers, spare = state["random"]
    world.rng.setstate((version, tuple(numbers), spare))
    world.count_from(state["counters"])
    world.people |= {one["id"]: Person(**one) for one in state["people"]}
    world.chats = {one["id"]: _made_chat(world, dict(one)) for one in state["chats"]}
    world.commands = {(scope, language): listed for scope, language, listed in state["commands"]}
    world.profile = {(what, language): text for what, language, text in state["profile"]}
    world.bot.first_name = world.profile.get(("name", ""), world.bot.first_name)
    world.menu_buttons = dict(state["menu_buttons"])
    world.callbacks = {one["id"]: Callback(**one) for one in state["callbacks"]}
    world.updates.restore(state["updates"])
    for one in state["files"]:
        beside = folder / one["unique_id"]
        content = beside.read_bytes() if beside.exists() else None
        world.files.put(StoredFile(**one, content=content))


def _made_chat(world: World, raw: Json) -> Chat:
    members, messages, topics = raw.pop("members"), raw.pop("messages"), raw.pop("topics")
    raw |= {"person": world.people.get(raw["person"]), "general": Topic(**raw["general"])}
    chat = Chat(**raw)
    for one in members:
        chat.members[one["person"]] = Member(**one | {"person": world.people[one["person"]]})
    for one in messages:
        for name in ("reactions", "votes"):
            one[name] = {int(person): chosen for person, chosen in one[name].items()}
        chat.messages[one["id"]] = Message(chat, **one)
    chat.topics = {one["id"]: Topic(**one) for one in topics}
    return chat


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.files")


def _write(file: Path, content: bytes) -> None:
    """Write all or nothing, even if the process is killed."""
    new = file.with_name(f"{file.name}.new")
    new.touch(mode=0o600)
    new.write_bytes(content)
    new.replace(file)


def save(stage: Stage, file: Path) -> None:
    """Save everything, the bytes of new files first."""
    folder = _beside(file)
    folder.mkdir(parents=True, exist_ok=True)
    for stored in stage.world.files:
        if stored.content is not None and not (folder / stored.unique_id).exists():
            _write(folder / stored.unique_id, stored.content)
    state = describe(stage.world) | {"trouble": stage.trouble(), "token": stage.token}
    _write(file, json.dumps(state, separators=(",", ":")).encode())


def load(stage: Stage, file: Path) -> bool:
    """Load a saved state into a new sandbox; False if there is none."""
    if not file.exists():
        return False
    try:
        state = dict(json.loads(file.read_bytes()))
        rebuild(stage.world, state, _beside(file))
        stage.set_trouble(state["trouble"])
        stage.token = str(state["token"])
    except (KeyError, TypeError, ValueError):
        raise OtherState from None
    return True


@contextlib.asynccontextmanager
async def kept(stage: Stage, file: Path, seconds: float = BETWEEN_WRITES) -> AsyncIterator[None]:
    """Save changes, at most once every `seconds`, and everything at the end."""
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(_write_changes(stage, file, seconds))
        try:
            yield
        finally:
            writing.cancel()
            save(stage, file)


async def _write_changes(stage: Stage, file: Path, seconds: float) -> None:
    while True:
        known = stage.world.feed.last
        save(stage, file)
        await stage.world.feed.wait(known, LONGEST_QUIET)
        await asyncio.sleep(seconds)
