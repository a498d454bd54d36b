import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.config import PROJECT
from sandbox import Sandbox, Telegram
from sandbox.client import ControlError
from sandbox.playing import play
from tests.sandbox.conftest import Api

Json = dict[str, Any]


@asynccontextmanager
async def echo(api: Api, greeting: str = "You said") -> AsyncIterator[None]:
    """Run a bot that repeats what it is told, with a button that thanks."""
    keyboard = {"inline_keyboard": [[{"text": "Thanks", "callback_data": "thanks"}]]}

    async def live() -> None:
        while True:
            for update in await api.confirmed(timeout=5):
                if "message" in update:
                    message = update["message"]
                    text = f"{greeting}: {message.get('text', 'a picture')}"
                    await api(
                        "sendMessage",
                        chat_id=message["chat"]["id"],
                        text=text,
                        reply_markup=keyboard,
                    )
                if "callback_query" in update:
                    pressed = update["callback_query"]["message"]
                    await api("sendMessage", chat_id=pressed["chat"]["id"], text="You are welcome")

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(live())
        yield
        running.cancel()


async def recorded(telegram: Telegram) -> Json:
    """Have a conversation, and return its scenario."""
    alice = await telegram.user("Alice", user_id=77)
    await telegram.call("record", on=True)
    hello = await alice.writes("hello")
    answer = await alice.sees("You said: hello")
    await alice.presses(answer, "Thanks")
    await alice.sees("You are welcome")
    await alice.sends_photo()
    await alice.sees("a picture")
    await alice.replies(hello, "again 7")
    await alice.sees("again 7")
    return dict(await telegram.call("record", on=False))


async def test_a_conversation_is_recorded_in_order(telegram: Telegram, api: Api) -> None:
    async with echo(api):
        scenario = await recorded(telegram)

    steps = [step.get("do") or step["bot"]["text"] for step in scenario["steps"]]
    assert steps == [
        "write",
        "You said: hello",
        "press",
        "You are welcome",
        "send",
        "You said: a picture",
        "write",
        "You said: again 7",
    ]
    assert scenario["cast"]["users"] == [{"id": 77, "first_name": "Alice"}]
    with pytest.raises(ControlError, match="nothing is being recorded"):
        await telegram.call("record", on=False)


async def again(scenario: Json, greeting: str) -> tuple[int, list[str]]:
    """Play it on another sandbox, where ids are others, with a bot that greets so."""
    lines: list[str] = []
    async with Sandbox() as other, other.client() as telegram, aiohttp.ClientSession() as session:
        first = await telegram.user("Somebody", user_id=1)
        await first.writes("this moves all ids")
        bot = Api(other, session)
        await bot.confirmed()
        async with echo(bot, greeting):
            code = await play(telegram, scenario, lines.append, 5)
    return code, lines


async def test_it_is_played_again_where_ids_are_others(telegram: Telegram, api: Api) -> None:
    async with echo(api):
        scenario = await recorded(telegram)

    code, lines = await again(scenario, "You said")

    assert (code, lines[-1]) == (0, "The bot said the same.")


async def test_a_bot_that_says_something_else_is_told_from_one_that_does_not(
    telegram: Telegram, api: Api
) -> None:
    async with echo(api):
        scenario = await recorded(telegram)

    code, lines = await again(scenario, "I heard")

    assert (code, lines[-1]) == (1, "3 differences.")
    assert "≠ bot 'I heard: hello'; it said 'You said: hello'" in lines


async def test_the_command_plays_a_file(
    telegram: Telegram, sandbox: Sandbox, api: Api, tmp_path: Path
) -> None:
    async with echo(api):
        file = tmp_path / "scenario.json"
        file.write_text(json.dumps(await recorded(telegram)), encoding="utf-8")
        arguments = ["--secret", sandbox.secret, "play", str(file)]
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sandbox",
            *arguments,
            "--control",
            sandbox.control_url,
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await program.communicate()

    assert said.decode("utf-8").splitlines()[-1] == "The bot said the same."
    assert program.returncode == 0
