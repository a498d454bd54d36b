"""Limits and faults."""

import asyncio

import aiohttp
import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import User
from sandbox.errors import ApiError
from sandbox.limits import Limits
from tests.sandbox.conftest import NOON, Api, polled


def allowed(limits: Limits, now: float, chat_id: int, count: int = 1) -> bool:
    try:
        limits.check(now, chat_id, count)
    except ApiError:
        return False
    limits.charge(now, chat_id, count)
    return True


def test_a_burst_of_three_and_then_one_a_second_never_meets_the_limit() -> None:
    limits = Limits(enabled=True)
    times = [0.0, 0.0, 0.0, *(float(second) for second in range(1, 300))]
    late = [at + (0.9 if number % 2 else 0.0) for number, at in enumerate(times)]

    assert all(allowed(limits, NOON + at, 1) for at in sorted(late))


def test_ten_at_once_in_a_private_chat_are_too_many() -> None:
    limits = Limits(enabled=True)

    assert [allowed(limits, NOON, 1) for _ in range(10)].count(True) == 4


def test_twenty_a_minute_in_a_group() -> None:
    limits = Limits(enabled=True)

    assert [allowed(limits, NOON, -1) for _ in range(21)].count(True) == 20
    assert not allowed(limits, NOON + 58, -1)
    assert allowed(limits, NOON + 60, -1)


def test_thirty_a_second_over_all_chats() -> None:
    limits = Limits(enabled=True)

    assert [allowed(limits, NOON, chat) for chat in range(1, 41)].count(True) == 30
    assert allowed(limits, NOON + 1, 41)


def test_an_album_counts_its_items() -> None:
    limits = Limits(enabled=True)

    assert [allowed(limits, NOON, -1, 10) for _ in range(3)] == [True, True, False]


async def test_the_twenty_first_message_to_a_group_is_answered_429(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await telegram.limits(enabled=True)
    cards = [await api("sendMessage", chat_id=group.id, text=str(n)) for n in range(20)]

    answer = await api.call("sendMessage", chat_id=group.id, text="21")
    assert answer == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 59",
        "parameters": {"retry_after": 59},
    }
    where = {"chat_id": group.id, "message_id": cards[0]["message_id"]}
    assert (await api.refused("editMessageText", **where, text="x"))[0] == 429
    assert await api("setMessageReaction", **where, reaction=[{"type": "emoji", "emoji": "👍"}])

    await telegram.advance(60)
    assert await api("sendMessage", chat_id=group.id, text="21")


async def test_an_error_strikes_as_often_as_it_was_told(
    api: Api, telegram: Telegram, alice: User
) -> None:
    await alice.writes("/start")
    how = {"status": 429, "description": "Too Many Requests: retry after 5"}
    await telegram.breaks(
        "error", method="sendMessage", times=2, parameters={"retry_after": 5}, **how
    )

    assert await api("getMe")
    for _ in range(2):
        answer = await api.call("sendMessage", chat_id=alice.id, text="x")
        assert (answer["error_code"], answer["parameters"]) == (429, {"retry_after": 5})
    assert await api("sendMessage", chat_id=alice.id, text="x")


async def test_a_fault_may_concern_one_chat_until_it_is_mended(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    await alice.writes("/start")
    await kate.writes("/start")
    fault = await telegram.breaks(
        "error", chat_id=alice.id, times=None, status=500, description="Internal Server Error"
    )

    assert await api("sendMessage", chat_id=kate.id, text="x")
    assert (await api.refused("sendMessage", chat_id=alice.id, text="x"))[0] == 500
    await telegram.mends(fault)
    assert await api("sendMessage", chat_id=alice.id, text="x")


@pytest.mark.parametrize(
    ("kind", "arrived"), [("html", 0), ("html_after", 1), ("cut_before", 0), ("cut_after", 1)]
)
async def test_answers_get_lost_before_or_after_the_work(
    api: Api, telegram: Telegram, alice: User, kind: str, arrived: int
) -> None:
    await alice.writes("/start")
    await telegram.breaks(kind)
    url = f"{api.sandbox.url}/bot{api.sandbox.token}/sendMessage"

    try:
        async with api.session.post(url, json={"chat_id": alice.id, "text": "x"}) as response:
            assert (response.status, response.content_type) == (502, "text/html")
            assert kind.startswith("html")
    except aiohttp.ServerDisconnectedError:
        assert kind.startswith("cut")

    assert len([m for m in await alice.chat.messages() if m.text == "x"]) == arrived
    assert (await telegram.calls("sendMessage"))[-1]["fault"] == kind


async def test_a_result_may_be_unreadable_although_all_went_well(
    api: Api, telegram: Telegram, alice: User
) -> None:
    await alice.writes("/start")
    await telegram.breaks("garbage", method="sendMessage")

    result = await api("sendMessage", chat_id=alice.id, text="x")

    assert result["message_id"] == (await alice.sees("x")).id
    assert "chat" not in result


async def test_an_outage_of_getupdates_ends_the_request_that_waits(
    sandbox: Sandbox, api: Api, telegram: Telegram, alice: User
) -> None:
    url = f"{sandbox.url}/bot{sandbox.token}/getUpdates"

    async def statuses() -> int:
        async with api.session.post(url, json={"timeout": 50}) as response:
            return response.status

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(statuses())
        await polled(sandbox)
        await telegram.breaks("html", method="getUpdates", times=None)
        assert await waiting == 502
    assert await statuses() == 502

    await telegram.mends()
    await alice.writes("nothing is lost")
    assert await api.texts() == ["nothing is lost"]


async def test_probability_and_latency_are_drawn_from_the_seed() -> None:
    drawn = []
    for _ in range(2):
        sandbox = Sandbox(seed=7)
        sandbox.faults.latency = (0.05, 0.15)
        drawn.append([sandbox.faults.delay() for _ in range(5)])

    assert drawn[0] == drawn[1]
    assert all(0.025 <= delay <= 0.075 for delay in drawn[0])


async def test_a_fault_of_every_method_spares_the_one_that_is_named(
    api: Api, telegram: Telegram
) -> None:
    await telegram.call("fault", kind="error", status=500, spares="getUpdates", times=1)

    assert await api("getUpdates") == []
    assert (await api.refused("getMe"))[0] == 500
    assert await api("getMe")
