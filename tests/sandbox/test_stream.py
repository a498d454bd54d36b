import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from core.config import PROJECT
from sandbox import Sandbox, Telegram
from sandbox.client import ControlError, User
from sandbox.runner import Runner
from tests.sandbox.conftest import NOON, Api

# A bot that asks for updates until it is told to stop.
BOT = """
import json, os, urllib.request
url = f"{os.environ['TELEGRAM_API_URL']}/bot{os.environ['BOT_TOKEN']}/getUpdates"
while True:
    urllib.request.urlopen(url + "?timeout=5").read()
"""


class Reader:
    """Reads changes as the page does."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self, kind: str) -> dict[str, Any]:
        async for line in self.response.content:
            if line.startswith(b"data: "):
                change = json.loads(line[6:])
                if change["kind"] == kind:
                    return dict(change)
        raise AssertionError(f"the stream ended without {kind}")


@asynccontextmanager
async def stream(sandbox: Sandbox, since: int = 0, **headers: str) -> AsyncIterator[Reader]:
    url = f"{sandbox.control_url}/stream?since={since}"
    sent = {"X-Sandbox-Secret": sandbox.secret} | headers
    async with aiohttp.ClientSession() as session, session.get(url, headers=sent) as response:
        yield Reader(response)


async def test_a_message_comes_by_itself(sandbox: Sandbox, api: Api, alice: User) -> None:
    await alice.writes("\u202e right to left, and \ud83d\ude42")
    async with stream(sandbox) as reader:
        assert (await reader.next("message"))["message"]["text"].startswith("\u202e")
        await api("sendMessage", chat_id=alice.id, text="hello")
        assert (await reader.next("message"))["message"]["text"] == "hello"


async def test_a_call_comes_with_its_line_of_the_log(sandbox: Sandbox, api: Api) -> None:
    async with stream(sandbox) as reader:
        await api.call("danceMe")
        call = (await reader.next("call"))["call"]

    assert (call["method"], call["status"], call["known"]) == ("danceMe", 404, False)


async def test_time_that_passes_is_told(sandbox: Sandbox, telegram: Telegram) -> None:
    async with stream(sandbox) as reader:
        await telegram.advance(86_400)
        assert (await reader.next("time"))["now"] == NOON + 86_400


async def test_trouble_and_its_end_are_told(sandbox: Sandbox, telegram: Telegram, api: Api) -> None:
    async with stream(sandbox) as reader:
        await telegram.breaks("error", status=500, description="Internal Server Error")
        assert (await reader.next("trouble"))["trouble"]["faults"][0]["status"] == 500
        assert (await api.refused("getMe"))[0] == 500
        assert (await reader.next("trouble"))["trouble"]["faults"] == []
        await telegram.limits(enabled=True)
        assert (await reader.next("trouble"))["trouble"]["limits"]


@pytest.mark.parametrize(
    "headers", [{"X-Sandbox-Secret": "guess"}, {"Origin": "http://elsewhere.example"}]
)
async def test_nobody_else_may_listen(sandbox: Sandbox, headers: dict[str, str]) -> None:
    async with stream(sandbox, 0, **headers) as reader:
        assert reader.response.status == 403


async def test_the_stream_goes_on_where_it_was_cut(
    sandbox: Sandbox, telegram: Telegram, alice: User
) -> None:
    await alice.writes("one")
    known = await telegram.call("seq")
    await alice.writes("two")

    async with stream(sandbox, since=known) as reader:
        assert (await reader.next("message"))["message"]["text"] == "two"


async def test_a_stream_ends_with_the_sandbox() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        headers = {"X-Sandbox-Secret": sandbox.secret}
        response = await session.get(f"{sandbox.control_url}/stream", headers=headers)
        await sandbox.stop()
        async with asyncio.timeout(5):
            await response.read()


async def test_a_bot_is_killed_and_started_again(sandbox: Sandbox, telegram: Telegram) -> None:
    with pytest.raises(ControlError, match="--run"):
        await telegram.call("process", do="kill")
    where = {"TELEGRAM_API_URL": sandbox.url, "BOT_TOKEN": sandbox.token}
    command = f'"{sys.executable}" -c "import os; exec(os.environ[\'BOT\'])"'
    runner = Runner(command, where | {"BOT": BOT}, sandbox.stage.tell_process)
    sandbox.stage.runner = runner
    async with asyncio.TaskGroup() as tasks, stream(sandbox) as reader:
        tasks.create_task(runner.run())
        assert (await reader.next("process"))["process"]["running"]
        await sandbox.world.updates.polled.wait()
        await telegram.call("process", do="kill")
        assert not (await reader.next("process"))["process"]["running"]
        await telegram.call("process", do="start")
        again = (await reader.next("process"))["process"]
        assert (again["running"], again["starts"]) == (True, 2)
        with pytest.raises(ControlError, match="do is one of"):
            await telegram.call("process", do="dance")
        await runner.close()


async def test_a_command_that_is_none_leaves_the_sandbox_running(
    sandbox: Sandbox, telegram: Telegram
) -> None:
    runner = Runner("no-such-bot --at-all", {}, sandbox.stage.tell_process)
    sandbox.stage.runner = runner
    async with asyncio.TaskGroup() as tasks, stream(sandbox) as reader:
        tasks.create_task(runner.run())
        told = (await reader.next("process"))["process"]
        assert told == {"running": False, "starts": 0, "exit_code": 127}
        await telegram.call("process", do="kill")
        await runner.close()


async def test_the_program_sets_a_scene_and_runs_a_bot_until_it_ends() -> None:
    async with Sandbox() as neighbour:
        port = neighbour.url.rpartition(":")[2]
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "sandbox", "--port", port, "--next-port"),
            *("--scene", str(PROJECT / "sandbox" / "scenes" / "office.json")),
            *("--run", f'"{sys.executable}" -c "import os; exec(os.environ[\'BOT\'])"'),
            env=os.environ | {"BOT": BOT},
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        ready = json.loads(await program.stdout.readline())

        assert ready["url"] != neighbour.url
        assert ready["page_url"] == f"{ready['url']}/#secret={ready['secret']}"
        async with Telegram(ready["control_url"], ready["secret"]) as telegram:
            await telegram.called("getUpdates", status=200, timeout=20)
            seen = await telegram.call("overview")
            assert seen["process"]["running"]
            assert [chat["id"] for chat in seen["chats"] if chat["type"] == "group"] == [
                -4000000001
            ]
        program.terminate()
        assert await program.wait() == 0
