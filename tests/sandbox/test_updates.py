import asyncio

import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import User
from sandbox.updates import KEPT_SECONDS, OTHER_POLLER, QUIET_WEEK
from tests.sandbox.conftest import Api, polled


async def test_updates_come_again_until_an_offset_above_them_confirms_them(
    api: Api, alice: User
) -> None:
    for text in ("one", "two", "three"):
        await alice.writes(text)

    first = await api("getUpdates")
    assert await api("getUpdates") == first
    assert await api("getUpdates", offset=first[0]["update_id"]) == first
    assert await api("getUpdates", offset=first[2]["update_id"]) == first[2:]
    assert await api("getUpdates", offset=0) == first[2:]
    assert await api("getUpdates", offset=first[2]["update_id"] + 1) == []


async def test_a_negative_offset_counts_from_the_end_and_forgets_the_rest(
    api: Api, alice: User
) -> None:
    for text in ("one", "two", "three"):
        await alice.writes(text)

    assert await api.texts(offset=-2) == ["two", "three"]
    assert await api.texts() == ["two", "three"]


async def test_an_offset_far_in_the_future_is_no_offset(api: Api, alice: User) -> None:
    await alice.writes("still here")

    assert await api.texts(offset=2**31 - 1) == ["still here"]


async def test_limit_is_forced_between_1_and_100(api: Api, alice: User) -> None:
    for number in range(102):
        await alice.writes(str(number))

    assert len(await api("getUpdates", limit=0)) == 1
    assert len(await api("getUpdates", limit=5000)) == 100


async def test_a_long_poll_wakes_when_something_comes(
    api: Api, alice: User, sandbox: Sandbox
) -> None:
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(api.texts(timeout=50))
        await polled(sandbox)
        await alice.writes("wake up")

    assert poll.result() == ["wake up"]


async def test_a_second_poller_ends_the_first(api: Api, sandbox: Sandbox, alice: User) -> None:
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(api.refused("getUpdates", timeout=50))
        await polled(sandbox)
        second = tasks.create_task(api.texts(timeout=50))
        assert await first == (
            409,
            f"Conflict: {OTHER_POLLER}",
        )
        await alice.writes("to the second")

    assert second.result() == ["to the second"]


async def test_a_webhook_forbids_polling_until_it_is_deleted(api: Api, alice: User) -> None:
    await alice.writes("waits")
    await api("setWebhook", url="https://example.org/hook")

    code, description = await api.refused("getUpdates")
    assert (code, description.split(";")[0]) == (
        409,
        "Conflict: can't use getUpdates method while webhook is active",
    )
    assert (await api("getWebhookInfo"))["url"] == "https://example.org/hook"

    await api("deleteWebhook", drop_pending_updates=False)
    assert await api.texts() == ["waits"]
    await api("deleteWebhook", drop_pending_updates=True)
    assert await api.texts() == []
    assert (await api("getWebhookInfo"))["pending_update_count"] == 0


async def test_a_bot_that_was_removed_is_told_of_no_edits(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], bot="administrator")
    message = await kate.writes("seen", to=group)
    await group.bot_becomes("left")
    await api.confirmed()

    await kate.edits(message, "unseen")

    assert await api("getUpdates") == []


async def test_updates_older_than_a_day_are_gone(api: Api, alice: User, telegram: Telegram) -> None:
    await alice.writes("old")
    await telegram.advance(KEPT_SECONDS / 2)
    await alice.writes("young")
    await telegram.advance(KEPT_SECONDS / 2 + 1)

    assert await api.texts() == ["young"]


async def test_after_a_quiet_week_ids_start_somewhere_else(
    api: Api, alice: User, telegram: Telegram
) -> None:
    await alice.writes("before")
    before = (await api.confirmed())[-1]["update_id"]
    await telegram.advance(QUIET_WEEK)
    await alice.writes("after")

    updates = await api("getUpdates", offset=before + 1)
    assert [update["message"]["text"] for update in updates] == ["after"]
    assert updates[0]["update_id"] != before + 1


async def test_allowed_updates_are_remembered_and_leave_reactions_out_by_default(
    api: Api, alice: User
) -> None:
    message = await alice.writes("hello")
    await alice.reacts(message, "👍")
    assert [list(update)[1] for update in await api.confirmed()] == ["message"]

    await api("getUpdates", allowed_updates=["message_reaction"])
    await alice.writes("not asked for")
    await alice.reacts(message, "🔥")
    updates = await api("getUpdates")

    assert [list(update)[1] for update in updates] == ["message_reaction"]
    reaction = updates[0]["message_reaction"]
    assert reaction["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    assert reaction["new_reaction"] == [{"type": "emoji", "emoji": "🔥"}]

    await api("getUpdates", allowed_updates=[])
    await alice.writes("asked for again")
    assert await api.texts() == ["asked for again"]


@pytest.mark.parametrize(
    ("token", "code", "description"),
    [
        ("1000000001:wrong", 401, "Unauthorized"),
        ("nonsense", 404, "Not Found"),
    ],
)
async def test_a_wrong_token_is_refused(api: Api, token: str, code: int, description: str) -> None:
    async with api.session.get(f"{api.sandbox.url}/bot{token}/getMe") as response:
        answer = await response.json()

    assert (response.status, answer["description"]) == (code, description)


async def test_method_names_do_not_mind_their_case_but_must_exist(api: Api) -> None:
    assert (await api("GETME"))["username"] == "sandbox_bot"
    assert await api.refused("sendNothing") == (404, "Not Found: method not found")


async def test_raw_updates_go_in_as_they_are(api: Api, telegram: Telegram) -> None:
    await telegram.update({"a_later_kind": {"text": "\x00 \ud800"}})

    assert (await api("getUpdates"))[0]["a_later_kind"] == {"text": "\x00 \ud800"}
