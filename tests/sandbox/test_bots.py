"""Messages of other bots: https://core.telegram.org/api/bots/bot-to-bot."""

import pytest

from sandbox import Telegram
from sandbox.client import User
from tests.sandbox.conftest import Api


@pytest.mark.parametrize(
    ("ours", "theirs", "heard"),
    [
        (False, False, []),
        (False, True, ["/close@sandbox_bot", "a reply"]),
        (True, False, ["/close@sandbox_bot", "a reply"]),
    ],
)
async def test_one_mode_of_two_lets_a_bot_hear_what_is_meant_for_it(
    api: Api, telegram: Telegram, kate: User, *, ours: bool, theirs: bool, heard: list[str]
) -> None:
    other = await telegram.user("Helper", is_bot=True, talks_to_bots=theirs)
    group = await telegram.group("Support", members=[kate, other])
    await telegram.bot(talks_to_bots=ours)
    await api("sendMessage", chat_id=group.id, text="card")
    await api.confirmed()

    for text in ("hi", "/close", "/close@sandbox_bot"):
        await other.writes(text, to=group)
    await other.replies(await kate.sees("card", in_=group), "a reply")

    assert await api.texts() == heard


@pytest.mark.parametrize(("ours", "heard"), [(True, ["hi"]), (False, [])])
async def test_a_bot_that_sees_whole_groups_hears_bots_only_with_its_own_mode(
    api: Api, telegram: Telegram, kate: User, *, ours: bool, heard: list[str]
) -> None:
    other = await telegram.user("Helper", is_bot=True, talks_to_bots=True)
    group = await telegram.group("Support", members=[kate, other], bot="administrator")
    await telegram.bot(talks_to_bots=ours)
    await api.confirmed()

    await other.writes("hi", to=group)

    assert await api.texts() == heard


async def test_bots_write_to_each_other_in_private(api: Api, telegram: Telegram) -> None:
    silent = await telegram.user("Silent", is_bot=True)
    other = await telegram.user("Helper", is_bot=True, talks_to_bots=True)

    await silent.writes("nobody hears me")
    await other.writes("hello")

    (update,) = await api("getUpdates")
    assert update["message"]["text"] == "hello"
    assert update["message"]["from"]["is_bot"]
