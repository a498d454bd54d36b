import asyncio
import json
import sys

import aiohttp
import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import ControlError, Message, User
from tests.sandbox.conftest import Api


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Sandbox-Secret": "guess"},
    ],
)
async def test_nobody_without_the_secret_gets_in(headers: dict[str, str]) -> None:
    async with Sandbox(secret="right") as sandbox, aiohttp.ClientSession() as session:
        url = f"{sandbox.control_url}/status"
        async with session.post(url, json={}, headers=headers) as response:
            assert response.status == 403
        own = {"X-Sandbox-Secret": "right", "Origin": sandbox.url}
        async with session.post(url, json={}, headers=own) as response:
            assert response.status == 200


@pytest.mark.parametrize(
    ("action", "body", "reason"),
    [
        ("dance", {}, "no such action"),
        ("write", {"user": 1, "text": "x"}, "there is no user 1"),
        ("user", {}, "first_name is missing"),
        ("fault", {"kind": "fire"}, "a fault is one of"),
        ("member", {"chat": 5, "status": "member"}, "there is no chat 5"),
    ],
)
async def test_what_cannot_be_done_is_said(
    telegram: Telegram, action: str, body: dict[str, object], reason: str
) -> None:
    with pytest.raises(ControlError, match=reason):
        await telegram.call(action, **body)


async def test_people_act_only_where_they_are(telegram: Telegram, alice: User, kate: User) -> None:
    group = await telegram.group("Support", members=[kate])

    with pytest.raises(ControlError, match="Alice is not a member"):
        await alice.writes("let me in", to=group)
    await alice.joins(group)
    await alice.writes("thank you", to=group)
    await alice.writes("hi")
    await alice.blocks_bot()
    with pytest.raises(ControlError, match="unblock it first"):
        await alice.writes("again")


async def test_only_the_author_edits_and_only_real_buttons_are_pressed(
    alice: User, kate: User
) -> None:
    message = await alice.writes("mine")

    with pytest.raises(ControlError, match="only the author"):
        await kate.edits(message, "hers")
    with pytest.raises(ControlError, match="no button 'Close'"):
        await alice.presses(message, "Close")


async def test_waiting_ends_as_soon_as_the_message_comes(api: Api, alice: User) -> None:
    await alice.writes("/start")
    async with asyncio.TaskGroup() as tasks:
        seen = tasks.create_task(alice.sees("Ticket #7"))
        await api("sendMessage", chat_id=alice.id, text="Ticket #7 is open")

    assert seen.result().text == "Ticket #7 is open"


async def test_waiting_in_vain_prints_the_whole_chat(api: Api, alice: User) -> None:
    hello = await alice.writes("hello")
    keyboard = {"inline_keyboard": [[{"text": "Close", "callback_data": "x"}]]}
    await api(
        "sendMessage",
        chat_id=alice.id,
        text="hi",
        reply_markup=keyboard,
        reply_parameters={"message_id": hello.id},
    )

    with pytest.raises(AssertionError) as failed:
        await alice.sees("never", timeout=0)

    assert str(failed.value).splitlines() == [
        "'never' did not come within 0 s",
        f"--- Alice ({alice.id})",
        "   1 Alice: hello",
        "   2 Sandbox Bot (to 1): hi <Close>",
    ]


async def test_a_test_can_wait_for_a_call(api: Api, telegram: Telegram) -> None:
    async with asyncio.TaskGroup() as tasks:
        called = tasks.create_task(telegram.called("getMe", status=200))
        await api("getMe")

    assert called.result()["answer"]["result"]["username"] == "sandbox_bot"


async def test_every_call_is_written_down(api: Api, sandbox: Sandbox, alice: User) -> None:
    await alice.writes("/start")
    await api("sendMessage", chat_id=alice.id, text="x", allow_paid_broadcast=True, colour="red")
    await api.call("sendMessage", chat_id=alice.id)

    good, bad = sandbox.calls[-2], sandbox.calls[-1]
    assert (good.method, good.chat_id, good.status, good.ok) == ("sendMessage", alice.id, 200, True)
    assert (good.ignored, good.unknown) == (["allow_paid_broadcast"], ["colour"])
    assert (bad.status, bad.ok, bad.number) == (400, False, good.number + 1)


async def test_the_program_prints_one_line_and_serves_until_it_is_ended() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--token", "42:abc", stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    ready = json.loads(await program.stdout.readline())

    async with await Telegram.connect(ready["control_url"], ready["secret"]) as telegram:
        assert (await telegram.bot())["id"] == 42
        async with aiohttp.ClientSession() as session:
            url = f"{ready['url']}/bot{ready['token']}/getMe"
            async with session.get(url) as response:
                assert (await response.json())["result"]["id"] == 42

    program.terminate()
    assert await program.wait() == 0


async def test_people_delete_their_own_messages_and_administrators_with_the_right_delete_all(
    telegram: Telegram, alice: User, kate: User, api: Api
) -> None:
    max_ = await telegram.user("Max")
    group = await telegram.group("Support", members=[kate, alice, max_])
    said = [await alice.writes(text, to=group) for text in ("mine", "for Kate", "for Max")]
    await alice.writes("/start")
    answer = Message(await api("sendMessage", chat_id=alice.id, text="privately"))

    await alice.deletes(said[0])
    await kate.deletes(said[1])
    with pytest.raises(ControlError, match="Max may not delete what others wrote"):
        await max_.deletes(said[2])
    place = {"chat": group.id, "user": max_.id, "status": "administrator"}
    await telegram.call("member", **place, without=["can_delete_messages"])
    with pytest.raises(ControlError, match="Max may not delete what others wrote"):
        await max_.deletes(said[2])
    await telegram.call("member", **place, without=[])
    await max_.deletes(said[2])
    with pytest.raises(ControlError, match="Max is not a member"):
        await max_.deletes(answer)
    await alice.deletes(answer)

    assert [await group.message(one.id) for one in said] == [None, None, None]
    assert await alice.chat.message(answer.id) is None
