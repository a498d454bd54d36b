"""The client reads like people: what they do, what they see, how long they wait."""

import asyncio

import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import User
from tests.sandbox.conftest import Api


async def test_a_person_waits_for_a_deletion_and_a_reaction(api: Api, alice: User) -> None:
    message = await alice.writes("delete me")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(alice.sees_gone(message))
        await api("deleteMessage", chat_id=alice.id, message_id=message.id)
    await alice.sees_gone(message)

    other = await alice.writes("praise me")
    async with asyncio.TaskGroup() as tasks:
        praised = tasks.create_task(alice.sees_reaction(other, "👏"))
        clap = [{"type": "emoji", "emoji": "👏"}]
        await api("setMessageReaction", chat_id=alice.id, message_id=other.id, reaction=clap)
    assert praised.result().line().endswith("praise me 👏 1")


async def test_waiting_in_vain_fails_whatever_is_waited_for(
    telegram: Telegram, alice: User
) -> None:
    message = await alice.writes("/start")
    press = await alice.presses(message, data="x")

    for waiting in (
        alice.sees_gone(message, timeout=0),
        alice.sees_edit(message, timeout=0),
        alice.sees_reaction(message, "👍", timeout=0),
        press.answer(timeout=0),
        telegram.called("sendMessage", timeout=0),
    ):
        with pytest.raises(AssertionError):
            await waiting


async def test_only_later_messages_of_others_count(api: Api, alice: User) -> None:
    await alice.writes("ping")
    for _ in range(2):
        await api("sendMessage", chat_id=alice.id, text="pong")
    first, second = (await alice.chat.messages())[1:]

    assert (await alice.sees("pong", after=first)).id == second.id
    with pytest.raises(AssertionError):
        await alice.sees("ping", timeout=0)
    with pytest.raises(AssertionError):
        await alice.sees("pong", after=second, timeout=0)


async def test_a_message_shows_what_people_see(api: Api, telegram: Telegram, kate: User) -> None:
    group = await telegram.group("Support", members=[kate], bot="administrator")
    sent = await kate.sends("document", to=group, name="a.txt", data=b"content", caption="see")
    await kate.writes("in our name", to=group, anonymous=True)
    hello, document, ours = await group.messages()

    assert hello.kind == "service"
    assert (document.kind, document.text, document.author) == ("document", "see", "Kate")
    assert (ours.author, document.thread, document.entities) == ("Support", None, [])
    assert (await api("getFile", file_id=sent.raw["document"]["file_id"]))["file_size"] == 7
    assert "[new_chat_members]" in await group.transcript()


async def test_latency_is_waited_for_by_the_caller_only(
    sandbox: Sandbox, api: Api, telegram: Telegram, alice: User
) -> None:
    await telegram.latency(0.02, 0.02)
    loop = asyncio.get_running_loop()
    began = loop.time()

    await api("getMe")

    assert loop.time() - began >= 0.02
    assert (await telegram.status())["latency"] == [0.02, 0.02]
    await telegram.mends()
    assert sandbox.faults.latency == (0.0, 0.0)
    await alice.writes("never slow")


async def test_a_program_and_a_test_see_the_same_chats(
    telegram: Telegram, alice: User, kate: User
) -> None:
    await telegram.group("Support", members=[kate])
    await telegram.call("rename", user=alice.id, first_name="", language_code="ru")

    chats = {chat["id"]: chat for chat in await telegram.call("chats")}

    assert chats[alice.id]["first_name"] == ""
    statuses = [member["status"] for member in chats[-4_000_000_001]["members"]]
    assert statuses == ["creator", "member"]
