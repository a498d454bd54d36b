"""Recorded walks: what people did on the page, what the bot said to it, and what was read at last.

A walk is a scenario (`sandbox/recording.py`) and the chats as they stood at its end. With
WALKS=write, `tests/browser/test_walks.py` writes both again.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from sandbox.client import Chat, Telegram

FOLDER = Path(__file__).parent
STAFF_CHAT = -4_000_000_001
USERS = {"Alice": 700000001, "Bob": 700000002, "Carla": 700000003}
CAST: dict[str, Any] = {
    "users": [
        *({"id": id_, "first_name": name, "language_code": "en"} for name, id_ in USERS.items()),
        {"id": 700000004, "first_name": "Kate", "language_code": "en"},
        {"id": 700000005, "first_name": "Max", "language_code": "en"},
    ],
    "groups": [{"id": STAFF_CHAT, "title": "Support", "members": [700000004, 700000005]}],
}

# More seconds than a user waits to hear of a close.
CLOSE_IS_TOLD = 70

_ID = re.compile(r"^ *-?\d+ (?=[A-Z][\w ]*( \(only for \d+\))?( \(to -?\d+\))?:)", re.MULTILINE)
_REPLY = re.compile(r" \(to -?\d+\)(?=:)")
_TIME = re.compile(r"\d\d:\d\d")


async def transcript(telegram: Telegram) -> str:
    """Write down what stands in all chats, without ids and times, which are new each time."""
    chats = [(name, Chat(telegram, id_, name)) for name, id_ in USERS.items()]
    parts = []
    for _name, chat in [*chats, ("Support", Chat(telegram, STAFF_CHAT, "Support"))]:
        said = _TIME.sub("--:--", await chat.transcript())
        parts.append(_REPLY.sub(" (reply)", _ID.sub("", said)).strip())
    return "\n\n".join(parts) + "\n"


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
