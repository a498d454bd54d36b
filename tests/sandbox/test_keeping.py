import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from core.config import PROJECT
from sandbox import Sandbox, Telegram, keeping
from sandbox.client import Chat, Message, User
from tests.sandbox.conftest import NOON, Api

PICTURE = b"a picture of a cat"
TAKE = {"inline_keyboard": [[{"text": "Take", "callback_data": "take"}]]}
KINDS = ("document", "video", "animation", "audio", "voice", "video_note", "sticker", "dice")


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[tuple[Api, Telegram]]:
    """Run a sandbox that goes on from `file`."""
    async with Sandbox(clock=lambda: NOON) as sandbox, aiohttp.ClientSession() as session:
        keeping.load(sandbox.stage, file)
        yield Api(sandbox, session), sandbox.client()


@pytest.fixture
async def file(tmp_path: Path, api: Api, telegram: Telegram, alice: User, kate: User) -> Path:
    """A sandbox's state after a bit of everything."""
    group = await telegram.group("Support", members=[kate], bot="administrator")
    forum = await telegram.group("Forum", members=[kate, alice], forum=True, bot="administrator")
    topic = await api("createForumTopic", chat_id=forum.id, name="Alice")
    await kate.writes("in it", to=forum, thread=topic["message_thread_id"])
    card = Message(await api("sendMessage", chat_id=group.id, text="card", reply_markup=TAKE))
    await kate.reacts(card, "👍")
    await kate.presses(card, "Take")
    await group.becomes_supergroup()
    await telegram.advance(60)
    for kind in KINDS:
        await alice.sends(kind)
    await alice.sends_album(["photo", "video"])
    await alice.sends("poll", question="Q?", options=["a", "b"])
    await alice.edits(await alice.writes("hello /start"), "hallo \U0001f600")
    await api("hideGeneralForumTopic", chat_id=forum.id)
    await api("pinChatMessage", chat_id=forum.id, message_id=topic["message_thread_id"] + 1)
    poll = await api("sendPoll", chat_id=alice.id, question="?", options=[{"text": "a"}])
    await alice.votes(Message(poll), 0)
    await telegram.update({"a_later_kind": {"text": "\x00 \ud800"}})
    await alice.sends_photo("cat", data=PICTURE)
    await api("setMyName", name="Help")
    await api("setChatMenuButton", chat_id=alice.id, menu_button={"type": "commands"})
    await api("setMyCommands", commands=[{"command": "help", "description": "Help"}])
    await telegram.bot(privacy=False)
    await kate.blocks_bot()
    keeping.save(api.sandbox.stage, tmp_path / "state.json")
    return tmp_path / "state.json"


async def test_what_was_kept_is_what_there_was(file: Path, api: Api, alice: User) -> None:
    kept = json.loads(json.dumps(keeping.describe(api.sandbox.world)))

    async with opened(file) as (later, _):
        assert json.loads(json.dumps(keeping.describe(later.sandbox.world))) == kept
        assert await later("getUpdates") == await api("getUpdates")
        assert await later("getMe") == await api("getMe")
        assert await later("getMyCommands") == await api("getMyCommands")
        assert await later("getChatMenuButton", chat_id=alice.id) == {"type": "commands"}


async def test_the_conversation_goes_on(file: Path, alice: User, kate: User) -> None:
    async with opened(file) as (api, telegram):
        *_, cat, blocked = await api.confirmed()
        same_alice = User(telegram, alice.id, alice.name)
        hello = await same_alice.writes("still here")
        moved = next(chat for chat in await telegram.call("chats") if chat["migrated_to"])

        (update,) = await api("getUpdates")
        assert update["update_id"] == blocked["update_id"] + 1
        assert hello.id == cat["message"]["message_id"] + 1
        assert update["message"]["date"] == NOON + 60
        assert (await telegram.user("Bob")).id == kate.id + 1
        assert (await api.refused("sendMessage", chat_id=moved["id"], text="x"))[0] == 400
        assert (await api.refused("sendMessage", chat_id=kate.id, text="x"))[0] == 403


async def test_buttons_of_before_can_be_pressed_and_answered(file: Path, kate: User) -> None:
    async with opened(file) as (api, telegram):
        updates = await api("getUpdates")
        query = next(one["callback_query"] for one in updates if "callback_query" in one)
        assert await api.call("answerCallbackQuery", callback_query_id=query["id"], text="Yours")
        group = Chat(telegram, query["message"]["chat"]["id"], "Support")
        same_kate = User(telegram, kate.id, kate.name)
        assert (await same_kate.sees("card", in_=group)).buttons == ["Take"]


async def test_uploads_lie_beside_and_can_be_downloaded(file: Path) -> None:
    contents = [one.read_bytes() for one in file.with_name("state.json.files").iterdir()]
    assert contents.count(PICTURE) == 1
    async with opened(file) as (api, _):
        updates = await api("getUpdates")
        cat = next(one for one in updates if one.get("message", {}).get("caption") == "cat")
        path = (await api("getFile", file_id=cat["message"]["photo"][-1]["file_id"]))["file_path"]
        url = f"{api.sandbox.url}/file/bot{api.sandbox.token}/{path}"
        async with api.session.get(url) as response:
            assert await response.read() == PICTURE


async def test_a_file_whose_bytes_are_gone_is_temporarily_unavailable(file: Path) -> None:
    for one in file.with_name("state.json.files").iterdir():
        one.unlink()

    async with opened(file) as (api, telegram):
        cat = (await api.confirmed())[-2]["message"]
        file_id = cat["photo"][-1]["file_id"]
        path = f"photos/{cat['photo'][-1]['file_unique_id']}_photo.png"
        for url in (
            f"{api.sandbox.url}/file/bot{api.sandbox.token}/{path}",
            f"{api.sandbox.control_url}/file/{file_id}",
        ):
            headers = {"X-Sandbox-Secret": api.sandbox.secret}
            async with api.session.get(url, headers=headers) as response:
                assert response.status == 404
        again = await api("sendPhoto", chat_id=cat["chat"]["id"], photo=file_id)

        assert again["photo"][-1]["file_id"] == file_id
        assert await api.refused("getFile", file_id=file_id) == (
            400,
            "Bad Request: wrong file_id or the file is temporarily unavailable",
        )
        await telegram.user("Bob")
        keeping.save(api.sandbox.stage, file)  # what is gone does not hinder it


async def test_trouble_goes_on_too(file: Path, api: Api, telegram: Telegram) -> None:
    await telegram.limits(enabled=True)
    await telegram.latency(0.0, 0.001)
    await telegram.breaks("html", method="sendPhoto")
    kept = await telegram.breaks("error", method="getMe", times=None, parameters={"retry_after": 9})
    await api.refused("getMe")
    keeping.save(api.sandbox.stage, file)
    before = await telegram.status()

    async with opened(file) as (later, same):
        assert (await same.call("overview"))["trouble"] == api.sandbox.stage.trouble()
        assert (await later.call("getMe"))["parameters"] == {"retry_after": 9}
        assert await same.breaks("html") == kept + 1
        await same.mends()
        assert await later("getMe")
    assert (before["limits"], before["latency"]) == (True, [0.0, 0.001])


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{", '{"version": 3, "bot": 5}', '{"bot": 1}'),
        '{"version": 3, "bot": 1000000001}',
    ],
)
async def test_what_is_no_state_of_this_bot_is_refused(
    tmp_path: Path, sandbox: Sandbox, content: str
) -> None:
    (tmp_path / "state.json").write_text(content)

    with pytest.raises(keeping.OtherState, match="choose another file"):
        keeping.load(sandbox.stage, tmp_path / "state.json")


async def test_a_change_is_written_down_and_so_is_the_end(
    tmp_path: Path, sandbox: Sandbox, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, saved, save = tmp_path / "state.json", asyncio.Event(), keeping.save

    def tell(*what: Any) -> None:
        save(*what)
        saved.set()

    monkeypatch.setattr(keeping, "save", tell)
    async with keeping.kept(sandbox.stage, file, seconds=0):
        await saved.wait()
        saved.clear()
        await alice.writes("a change")
        await saved.wait()
        assert "a change" in file.read_text()
        await alice.writes("the end")
    assert "the end" in file.read_text()


Work = Callable[[Telegram], Awaitable[None]]


async def program(file: Path, work: Work, *options: str) -> None:
    """Do something with `python -m sandbox --state FILE`, then end it politely."""
    scene = PROJECT / "sandbox" / "scenes" / "office.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--state", str(file), "--scene", str(scene)),
        *options,
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    try:
        async with Telegram(ready["control_url"], ready["secret"]) as telegram:
            await work(telegram)
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_the_program_goes_on_where_it_ended(tmp_path: Path) -> None:
    tokens = []

    async def writes(telegram: Telegram) -> None:
        tokens.append((await telegram.bot())["token"])
        bob = await telegram.user("Bob", user_id=77)
        await bob.writes("before the night")

    async def reads(telegram: Telegram) -> None:
        assert [(await telegram.bot())["token"]] == tokens
        there = await telegram.call("messages", chat=77)
        assert [one["text"] for one in there["messages"]] == ["before the night"]
        assert (await telegram.status())["pending_updates"] == 3

    await program(tmp_path / "state.json", writes)
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600
    await program(tmp_path / "state.json", reads)


async def test_what_an_option_says_counts_more_than_what_was_kept(tmp_path: Path) -> None:
    async def is_unlimited(telegram: Telegram) -> None:
        assert not (await telegram.status())["limits"]
        assert (await telegram.bot())["privacy"]

    async def is_limited(telegram: Telegram) -> None:
        assert (await telegram.status())["limits"]
        assert (await telegram.bot())["token"] == "1000000001:new"
        assert not (await telegram.bot())["privacy"]

    await program(tmp_path / "state.json", is_unlimited)
    options = ("--limits", "--no-privacy", "--token", "1000000001:new")
    await program(tmp_path / "state.json", is_limited, *options)
    await program(tmp_path / "state.json", is_limited)


async def test_a_file_that_is_no_state_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("[]")

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--state", str(tmp_path / "state.json")),
        cwd=PROJECT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()

    assert said.decode().splitlines() == [f"{tmp_path / 'state.json'}: {keeping.OtherState()}"]
    assert process.returncode == 2
