"""Playing a recorded scenario again, against any bot.

People do what they did, in the same order, as soon as the bot has said what it had said before
that. A bot that says something else is not interrupted: the difference is printed and counted.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from sandbox.client import ControlError, Telegram
from sandbox.model import Json

Say = Callable[[str], object]
# After so many seconds of silence another sentence counts as the answer.
QUIET_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`play FILE [--control URL] [--patience SECONDS]`."""
    parser.add_argument("file", type=Path, help="a scenario that the page has saved")
    parser.add_argument("--control", metavar="URL", help="control_url of a sandbox that runs")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds the bot may take")


class Player:
    """One performance. What was recorded under an id may have another one now."""

    def __init__(self, telegram: Telegram, say: Say, patience: float) -> None:
        """Play on `telegram`; `say` gets a line a step."""
        self.telegram, self.say, self.patience = telegram, say, patience
        self.differences = 0
        self._bot = 0
        self._chats: dict[int, int] = {}
        self._messages: dict[tuple[int, int], int] = {}
        self._taken: set[tuple[int, int]] = set()

    async def play(self, scenario: Json) -> int:
        """The whole scenario; how many times the bot said something else, or nothing."""
        await self._gather(scenario["cast"])
        for step in scenario["steps"]:
            if "bot" in step:
                await self._listen(step["bot"])
            else:
                await self._do(step["do"], dict(step["with"]), step.get("made", []))
        return self.differences

    async def _gather(self, cast: Json) -> None:
        """Make whoever is not there yet; what was said before the play does not count."""
        now = await self.telegram.call("overview")
        self._bot = now["bot"]["id"]
        there = {chat["id"] for chat in now["chats"]}
        for action, listed in (("user", cast["users"]), ("group", cast["groups"])):
            for one in listed:
                if one["id"] not in there:
                    await self.telegram.call(action, **one)
        for chat_id in there:
            self._taken |= {(chat_id, m["message_id"]) for m in await self._all(chat_id)}

    async def _all(self, chat_id: int) -> list[Json]:
        found = await self.telegram.call("messages", chat=chat_id)
        return [m for m in found["messages"] if m["from"]["id"] == self._bot]

    def _translate(self, body: Json) -> Json:
        """The same deed with the ids of today."""
        recorded = _place(body)
        for name in ("chat", "user"):
            if name in body:
                body[name] = self._now(body[name])
        if "members" in body:
            body["members"] = [self._now(member) for member in body["members"]]
        for name in ("message", "reply_to", "thread"):
            if body.get(name) is not None:
                body[name] = self._messages.get((recorded, int(body[name])), body[name])
        return body

    def _now(self, chat_id: int) -> int:
        """The id of today of a chat or a person."""
        return self._chats.get(chat_id, chat_id)

    async def _do(self, action: str, given: Json, made: list[int]) -> None:
        recorded = _place(given)
        body = self._translate(given)
        if action == "press":
            await self._wait_for_button(body)
        try:
            result = await self.telegram.call(action, **body)
        except ControlError as error:
            self._differs(f"✗ {action}: {error}")
            return
        if action in {"user", "group", "upgrade"}:
            self._chats |= dict.fromkeys(made, result["id"])
        elif made:
            new = result if isinstance(result, list) else [result]
            names = ("message_id", "message_thread_id")
            for old, message in zip(made, new, strict=True):
                now = next(message[name] for name in names if name in message)
                self._messages[recorded, old] = now
        what = body.get("text") or body.get("button") or body.get("kind") or ""
        self.say(f"✓ {body.get('user', '')} {action} {_short(what)}".rstrip())

    async def _wait_for_button(self, body: Json) -> None:
        """A button may come by an edit."""

        def shown(message: Json) -> bool:
            rows = (message.get("keyboard") or {}).get("inline_keyboard") or []
            labels = [button["text"] for row in rows for button in row]
            return message["message_id"] == body["message"] and body.get("button") in labels

        seq = await self.telegram.call("seq")
        if body.get("button") and not any(map(shown, await self._all(body["chat"]))):
            await self.telegram.watch(
                body["chat"],
                lambda change: "message" in change and shown(change["message"]),
                seq,
                self.patience,
            )

    async def _listen(self, said: Json) -> None:
        """Until the bot says this, or has said something else and is quiet, or is silent."""
        chat_id = self._now(said["chat"])
        found = await self._heard(chat_id, said["text"])
        if found is None:
            self._differs(f"✗ the bot is silent; it said {_short(said['text'])}")
            return
        self._taken.add((chat_id, found["message_id"]))
        self._messages[said["chat"], said["message"]] = found["message_id"]
        text = _text(found)
        if _essence(text) == _essence(said["text"]):
            self.say(f"✓ bot {_short(text)}")
        else:
            self._differs(f"≠ bot {_short(text)}; it said {_short(said['text'])}")

    async def _heard(self, chat_id: int, text: str) -> Json | None:
        """The message with this text, or the first one that nobody has listened to yet."""
        waited = 0.0
        while True:
            seq = await self.telegram.call("seq")
            new = [m for m in await self._all(chat_id) if self._is_new(chat_id, m)]
            same = [m for m in new if _essence(_text(m)) == _essence(text)]
            if same or waited >= self.patience:
                return next(iter(same or new), None)
            seconds = QUIET_SECONDS if new else self.patience - waited
            if await self.telegram.watch(chat_id, _is_message, seq, seconds) is None:
                if new:
                    return new[0]
                waited += seconds

    def _is_new(self, chat_id: int, message: Json) -> bool:
        return (chat_id, message["message_id"]) not in self._taken

    def _differs(self, line: str) -> None:
        self.differences += 1
        self.say(line)


def _place(body: Json) -> int:
    """The chat in which something is done: one's own, where none is named."""
    place = body.get("chat") or body.get("user") or 0
    return int(place)


def _is_message(change: Json) -> bool:
    return bool(change["kind"] == "message")


def _text(message: Json) -> str:
    return str(message.get("text") or message.get("caption") or "")


def _essence(text: str) -> str:
    """A text without its numbers: times, dates and tickets are new each time."""
    return re.sub(r"\d+", "0", text)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else f"{line[:59]}…")  # noqa: PLR2004 - a line's length


async def play(telegram: Telegram, scenario: Json, say: Say, patience: float) -> int:
    """Play, and say how it went; 0 if the bot said the same."""
    differences = await Player(telegram, say, patience).play(scenario)
    say("The bot said the same." if not differences else f"{differences} differences.")
    return 1 if differences else 0
