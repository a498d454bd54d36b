"""What the bot said: its messages, edits and reactions, as scenarios write them down.

    {"kind": "message", "chat": 700000001, "message": 2, "text": "Good morning", "buttons": []}
    {"kind": "edit", "chat": 700000001, "message": 2, "text": "Good evening", "buttons": ["Thanks"]}
    {"kind": "reaction", "chat": 700000001, "message": 1, "emoji": ["👍"]}

What it says in a forum names the `thread` as well (null: General), and what it does to a topic is
its text: `forum_topic_closed`, say. That it pinned something is nothing it says.

`told` makes this of a change of the feed; recording and playing both use it.
"""

from __future__ import annotations

import re

from sandbox.client.message import Json, Message

# The fields that are compared.
WHAT = ("text", "buttons", "emoji")


def told(change: Json, bot_id: int) -> Json | None:
    """What the bot said with a change of the feed; None if the bot did not make the change."""
    if change["kind"] not in {"message", "edit", "reaction"}:
        return None
    message = Message(change["message"])
    said = {"kind": change["kind"], "chat": message.chat_id, "message": message.id}
    if change["kind"] == "reaction":
        chosen = message.raw["reacted"].get(str(bot_id), [])
        return said | {"emoji": chosen} if change["by"] == bot_id else None
    if message.from_id != bot_id or message.event == "pinned_message":
        return None
    if message.raw["chat"].get("is_forum"):
        said["thread"] = message.thread
    return said | {"text": message.text or _deed(message), "buttons": message.buttons}


def _deed(message: Message) -> str:
    """What the bot did to a topic; “” if it did something else."""
    if "forum_topic" not in message.event:
        return ""
    named = message.raw[message.event].get("name", "")
    return f"{message.event} {named}".rstrip()


def same(now: Json, then: Json) -> bool:
    """Whether both say the same; fields that were not recorded are not compared."""
    return all(essence(now[name]) == essence(then[name]) for name in WHAT if name in then)


def essence(said: object) -> str:
    """A text without its numbers: times, dates and tickets are new each time."""
    return re.sub(r"\d+", "0", str(said))


def line(said: Json) -> str:
    """One line about it."""
    if said["kind"] == "reaction":
        return f"reacts {' '.join(said['emoji']) or 'no more'}"
    buttons = said.get("buttons")
    parts = [*(["edits"] if said["kind"] == "edit" else []), short(said["text"])]
    return " ".join([*parts, *([f"<{' | '.join(buttons)}>"] if buttons else [])])


def short(text: str) -> str:
    """A text on a part of a line."""
    words = " ".join(text.split())
    return repr(words if len(words) <= 60 else f"{words[:59]}…")  # noqa: PLR2004 - a line's length
