"""Administrators' rights one by one, and what is pinned by the bot and by people."""

from typing import Any

import pytest

from sandbox import Telegram
from sandbox.client import Chat, ControlError, Message, User
from sandbox.model import RIGHTS
from tests.sandbox.conftest import Api


@pytest.fixture
async def forum(telegram: Telegram, kate: User, alice: User) -> Chat:
    """A forum of Kate's, with Alice in it; the bot is an administrator."""
    return await telegram.group("Support", members=[kate, alice], forum=True, bot="administrator")


async def calls_for(api: Api, forum: Chat, alice: User) -> dict[str, tuple[str, dict[str, Any]]]:
    """For each right, a call that needs it."""
    hers = await alice.writes("hello", to=forum)
    card = await api("sendMessage", chat_id=forum.id, text="card")
    return {
        "can_delete_messages": ("deleteMessage", {"message_id": hers.id}),
        "can_restrict_members": ("banChatMember", {"user_id": alice.id}),
        "can_pin_messages": ("pinChatMessage", {"message_id": card["message_id"]}),
        "can_manage_topics": ("createForumTopic", {"name": "Returns"}),
    }


@pytest.mark.parametrize("right", RIGHTS)
async def test_without_one_right_only_what_needs_it_is_refused(
    api: Api, forum: Chat, alice: User, right: str
) -> None:
    calls = await calls_for(api, forum, alice)

    await forum.bot_becomes("administrator", without=[right])

    me = await api("getChatMember", chat_id=forum.id, user_id=api.sandbox.world.bot.id)
    assert {one: me[one] for one in RIGHTS} == {one: one != right for one in RIGHTS}
    method, params = calls.pop(right)
    assert (await api.refused(method, chat_id=forum.id, **params))[0] == 400
    for method, params in calls.values():
        assert await api(method, chat_id=forum.id, **params)


async def test_a_right_on_which_nothing_here_depends_is_refused_by_name(forum: Chat) -> None:
    with pytest.raises(ControlError, match="does not model can_invite_users, only can_delete"):
        await forum.bot_becomes("administrator", without=["can_invite_users"])


async def test_the_bot_hears_of_pins_also_of_its_own_and_of_no_unpinning(
    api: Api, forum: Chat, kate: User
) -> None:
    asked = await kate.writes("What now?", to=forum)
    card = await kate.replies(asked, "card")
    await api.confirmed()

    await api("pinChatMessage", chat_id=forum.id, message_id=card.id)
    await kate.pins(asked)
    await kate.unpins(asked)

    told = [update["message"] for update in await api.confirmed()]
    assert [one["pinned_message"]["message_id"] for one in told] == [card.id, asked.id]
    assert [one["from"]["is_bot"] for one in told] == [True, False]
    assert "reply_to_message" not in told[0]["pinned_message"]
    assert await api("deleteMessage", chat_id=forum.id, message_id=told[0]["message_id"])


async def test_a_pin_makes_a_sound_unless_it_is_told_not_to(api: Api, forum: Chat) -> None:
    card = await api("sendMessage", chat_id=forum.id, text="card")
    where = {"chat_id": forum.id, "message_id": card["message_id"]}

    await api("pinChatMessage", **where)
    await api("pinChatMessage", **where, disable_notification=True)

    assert [one.raw["silent"] for one in (await forum.messages())[-2:]] == [False, True]


async def test_a_pinned_message_that_is_deleted_is_pinned_no_more(
    api: Api, forum: Chat, kate: User
) -> None:
    first, second = [await kate.writes(text, to=forum) for text in ("first", "second")]
    for message in (first, second):
        await kate.pins(message)

    await kate.deletes(second)

    assert (await api("getChat", chat_id=forum.id))["pinned_message"]["text"] == "first"


async def test_members_pin_where_members_write(forum: Chat, kate: User, alice: User) -> None:
    hers = await alice.writes("hello", to=forum)
    assert (await alice.pins(hers)).raw["pinned_message"]["message_id"] == hers.id

    await forum.mutes_members()

    with pytest.raises(ControlError, match="Alice may not pin messages here"):
        await alice.unpins(hers)
    await kate.unpins(hers)


async def test_what_happened_cannot_be_pinned(forum: Chat, kate: User) -> None:
    said: Message = await kate.pins(await kate.writes("hello", to=forum))

    with pytest.raises(ControlError, match="message can't be pinned"):
        await kate.pins(said)
