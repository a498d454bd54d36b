"""Plays a recorded scenario against any bot.

People do what they did, in the same order, as soon as the bot has said what it had said before
that; its edits and reactions are things it says. A bot that says something else is not
interrupted: the difference is printed and counted.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from sandbox import saying, scene
from sandbox.client import ControlError, Telegram
from sandbox.hearing import Listener
from sandbox.model import GENERAL, Json

Say = Callable[[str], object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`play FILE [--control URL] [--patience SECONDS]`."""
    parser.add_argument("file", type=Path, help="a scenario that the page has saved")
    parser.add_argument("--control", metavar="URL", help="control_url of a sandbox that runs")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds the bot may take")


class Player:
    """Plays one scenario; translates recorded ids into the ids of today."""

    def __init__(self, telegram: Telegram, say: Say, patience: float) -> None:
        """Play on `telegram`; `say` gets a line a step."""
        self.telegram, self.say, self.patience = telegram, say, patience
        self.differences = 0
        self._chats: dict[int, int] = {}
        self._messages: dict[tuple[int, int], int] = {}

    async def play(self, scenario: Json) -> int:
        """Play the whole scenario; count how often the bot said something else, or nothing."""
        async with self._under(scenario.get("conditions", {})) as now:
            self._listener = Listener(self.telegram, now["bot"]["id"], now["seq"])
            await self._gather(scenario["cast"], {chat["id"] for chat in now["chats"]})
            for step in scenario["steps"]:
                if "bot" in step:
                    await self._hear({"kind": "message"} | step["bot"])
                else:
                    await self._do(step["do"], dict(step["with"]), step.get("made", []))
        return self.differences

    @contextlib.asynccontextmanager
    async def _under(self, conditions: Json) -> AsyncIterator[Json]:
        """Set the switches as they were at the recording, and put them back at the end."""
        now: Json = await self.telegram.call("overview")
        before = {"privacy": now["bot"]["privacy"], "limits": now["trouble"]["limits"]}
        await self._switch(before | conditions)
        try:
            yield now
        finally:
            await self._switch(before)

    async def _switch(self, to: Json) -> None:
        await self.telegram.bot(privacy=to["privacy"])
        await self.telegram.limits(enabled=to["limits"])

    async def _gather(self, cast: Json, there: set[int]) -> None:
        """Create the people and groups that don't exist yet."""
        for action, listed in (("user", cast["users"]), ("group", cast["groups"])):
            for one in listed:
                if one["id"] not in there:
                    await self.telegram.call(action, **one)
                    await self._open_topics(one)

    async def _open_topics(self, group: Json) -> None:
        for topic in group.get("topics", ()):
            made = await self.telegram.call("topic", **scene.opening(group, topic))
            self._messages[group["id"], topic["id"]] = made["message_thread_id"]

    def _translate(self, body: Json) -> Json:
        """The same deed with the ids of today."""
        recorded = _place(body)
        for name in ("chat", "user"):
            if name in body:
                body[name] = self._now(body[name])
        if "members" in body:
            body["members"] = [self._now(member) for member in body["members"]]
        for name in ("message", "reply_to", "thread"):
            is_general = name == "thread" and body.get(name) == GENERAL
            if body.get(name) is not None and not is_general:
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
        self.say(f"✓ {body.get('user', '')} {action} {saying.short(what)}".rstrip())

    async def _wait_for_button(self, body: Json) -> None:
        """Wait for a button from an edit that was not recorded (scenarios of version 1)."""

        def shown(message: Json) -> bool:
            rows = (message.get("keyboard") or {}).get("inline_keyboard") or []
            labels = [button["text"] for row in rows for button in row]
            return message["message_id"] == body["message"] and body.get("button") in labels

        found = await self.telegram.call("messages", chat=body["chat"])
        if body.get("button") and not any(map(shown, found["messages"])):
            await self.telegram.watch(
                body["chat"],
                lambda change: "message" in change and shown(change["message"]),
                found["seq"],
                self.patience,
            )

    async def _hear(self, then: Json) -> None:
        """Wait until the bot says this, says something else instead, or stays silent."""
        chat_id, message_id = self._now(then["chat"]), self._message(then)

        thread = self._messages.get((then["chat"], then.get("thread") or 0), then.get("thread"))
        if then.get("text", "").startswith("forum_topic_created"):
            then = {key: value for key, value in then.items() if key != "thread"}

        def fits(said: Json) -> bool:
            there = (said["kind"], said["chat"]) == (then["kind"], chat_id)
            there = there and ("thread" not in then or said.get("thread") == thread)
            return there and bool(said["kind"] == "message" or said["message"] == message_id)

        said = await self._listener.hear(fits, then, self.patience)
        if said is None:
            self._differs(f"✗ the bot is silent; it said {saying.line(then)}")
            return
        self._messages[then["chat"], then["message"]] = said["message"]
        if saying.same(said, then):
            self.say(f"✓ bot {saying.line(said)}")
        else:
            self._differs(f"≠ bot {saying.line(said)}; it said {saying.line(then)}")

    def _message(self, then: Json) -> int:
        """The id of today of a message."""
        return self._messages.get((then["chat"], then["message"]), int(then["message"]))

    def _differs(self, line: str) -> None:
        self.differences += 1
        self.say(line)


def _place(body: Json) -> int:
    """The chat in which something is done; by default the person's own."""
    place = body.get("chat") or body.get("user") or 0
    return int(place)


async def play(telegram: Telegram, scenario: Json, say: Say, patience: float) -> int:
    """Play, and say how it went; 0 if the bot said the same."""
    differences = await Player(telegram, say, patience).play(scenario)
    several = "difference" if differences == 1 else "differences"
    say("The bot said the same." if not differences else f"{differences} {several}.")
    return 1 if differences else 0
