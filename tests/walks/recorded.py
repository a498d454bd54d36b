"""Recorded walks: what people did on the page, what the bot said to it, and what was read at last.

A walk is a scenario (`sandbox/recording.py`) and the chats as they stood at its end. With
WALKS=write, `tests/browser/test_walks.py` writes both again.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from sandbox.client import Chat, Message, Telegram
from sandbox.client.message import GENERAL

FOLDER = Path(__file__).parent
USERS = {"Alice": 700000001, "Bob": 700000002, "Carla": 700000003}
_STAFF = {"Kate": 700000004, "Max": 700000005}


def cast(**group: Any) -> dict[str, Any]:
    """Have three users, and a staff chat of two; `group` says what is special about it."""
    people = (USERS | _STAFF).items()
    support = {"id": -4_000_000_001, "title": "Support", "members": [*_STAFF.values()]}
    return {
        "users": [{"id": id_, "first_name": name, "language_code": "en"} for name, id_ in people],
        "groups": [support | group],
    }


CAST = cast()
FORUM = cast(id=-1_001_000_000_001, forum=True, bot="administrator")

# More seconds than a user waits to hear of a close, and than the icon of a topic stays as it is.
CLOSE_IS_TOLD = ICON_FOLLOWS = 70

_ID = re.compile(r"^ *-?\d+ (?=[A-Z][\w ]*( \(only for \d+\))?( \(to -?\d+\))?:)", re.MULTILINE)
_REPLY = re.compile(r" \(to -?\d+\)(?=:)")
_TIME = re.compile(r"\d\d:\d\d")


def staff_chat_of(scenario: dict[str, Any]) -> int:
    """Name the staff chat of a cast, or of a scenario's."""
    return int(scenario.get("cast", scenario)["groups"][0]["id"])


async def transcript(telegram: Telegram, staff_chat: int) -> str:
    """Write down what stands in all chats, without ids and times, which are new each time."""
    chats = [Chat(telegram, id_, name) for name, id_ in USERS.items()]
    written = [await chat.transcript() for chat in chats]
    written += await _of_topics(telegram, Chat(telegram, staff_chat, "Support"))
    return "\n\n".join(map(_lasting, written)) + "\n"


async def _of_topics(telegram: Telegram, chat: Chat) -> list[str]:
    """Write down a forum topic by topic, each under its name and icon."""
    chats = (await telegram.call("overview"))["chats"]
    (here,) = [one for one in chats if one["id"] == chat.id]
    if not here.get("is_forum"):
        return [await chat.transcript()]
    messages, written = await chat.messages(), []
    for topic in here["topics"]:
        thread = None if topic["id"] == GENERAL else topic["id"]
        lines = [one.line() for one in messages if one.thread == thread and not _goes(one)]
        closed = " (closed)" if topic["closed"] else ""
        head = " ".join(["---", chat.title, "›", topic.get("emoji") or "#", topic["name"]])
        written.append("\n".join([head + closed, *lines]))
    return written


def _goes(message: Message) -> bool:
    """Whether it is a line about what the bot did, which the bot removes in its own time."""
    of_bot = message.raw["from"]["is_bot"]
    return of_bot and message.event not in {"", "forum_topic_created"}


def _lasting(said: str) -> str:
    without_times = _TIME.sub("--:--", said)
    return _REPLY.sub(" (reply)", _ID.sub("", without_times)).strip()


def is_written() -> bool:
    """Whether what a walk leads to is to be written, not compared."""
    return os.environ.get("WALKS") == "write"


def write(name: str, scenario: dict[str, Any], said: str) -> None:
    """Store a walk."""
    recorded = json.dumps(scenario, ensure_ascii=False, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(recorded, "utf-8")
    (FOLDER / f"{name}.txt").write_text(said, "utf-8")


def read(file: Path) -> dict[str, Any]:
    """Read a scenario."""
    return dict(json.loads(file.read_text("utf-8")))


def scenario_of(name: str) -> dict[str, Any]:
    """Read a walk's scenario."""
    return read(FOLDER / f"{name}.json")


def transcript_of(name: str) -> str:
    """Read what stood in the chats at the end of a walk."""
    return (FOLDER / f"{name}.txt").read_text("utf-8")


def deeds(scenario: dict[str, Any]) -> list[tuple[str, str]]:
    """List what people did, in order, with what they wrote or pressed."""
    done = [step for step in scenario["steps"] if "do" in step]
    return [(one["do"], str(one["with"].get("text") or one["with"].get("button"))) for one in done]
