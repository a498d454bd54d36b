"""A bot that takes people out of groups, or their word."""

import pytest

from sandbox import Telegram
from sandbox.client import Chat, ControlError, User
from sandbox.members import PERMISSIONS
from tests.sandbox.conftest import Api, Json

ALL = dict.fromkeys(PERMISSIONS, True)


@pytest.fixture
async def group(telegram: Telegram, kate: User, alice: User) -> Chat:
    """A supergroup of Kate's, with Alice in it; the bot is an administrator."""
    return await telegram.group(
        "Support", members=[kate, alice], supergroup=True, bot="administrator"
    )


async def status(api: Api, group: Chat, user: User) -> str:
    return str((await api("getChatMember", chat_id=group.id, user_id=user.id))["status"])


async def test_a_banned_member_is_out_until_unbanned(api: Api, group: Chat, alice: User) -> None:
    who = {"chat_id": group.id, "user_id": alice.id}
    await api.confirmed(allowed_updates=["chat_member"])
    rude = await alice.writes("something rude", to=group)

    await api("banChatMember", **who)

    (update,) = await api.confirmed()
    assert update["chat_member"]["new_chat_member"]["status"] == "kicked"
    assert await status(api, group, alice) == "kicked"
    assert await group.message(rude.id) is not None
    with pytest.raises(ControlError, match="Alice is not a member"):
        await alice.writes("and more", to=group)
    await api("unbanChatMember", **who, only_if_banned=True)
    assert await status(api, group, alice) == "left"


async def test_unbanning_a_member_removes_them_unless_they_must_be_banned(
    api: Api, group: Chat, alice: User
) -> None:
    who = {"chat_id": group.id, "user_id": alice.id}

    await api("unbanChatMember", **who, only_if_banned=True)
    assert await status(api, group, alice) == "member"
    await api("unbanChatMember", **who)
    assert await status(api, group, alice) == "left"
    assert await api("unbanChatMember", **who)


async def test_who_is_restricted_may_not_write_until_it_is_lifted(
    api: Api, group: Chat, alice: User
) -> None:
    who = {"chat_id": group.id, "user_id": alice.id}

    await api("restrictChatMember", **who, permissions={"can_send_messages": False})

    member = await api("getChatMember", **who)
    assert (member["status"], member["can_send_messages"]) == ("restricted", False)
    with pytest.raises(ControlError, match="Alice may not write in this group now"):
        await alice.writes("hm", to=group)
    await api("restrictChatMember", **who, permissions=ALL)
    assert await status(api, group, alice) == "member"
    await alice.writes("thank you", to=group)


async def test_the_owner_administrators_and_the_bot_itself_are_safe(
    api: Api, group: Chat, kate: User, alice: User
) -> None:
    await alice.becomes("administrator", group)

    for user_id, reason in (
        (kate.id, "can't remove chat owner"),
        (alice.id, "user is an administrator of the chat"),
        (api.sandbox.world.bot.id, "can't restrict self"),
        (5, "invalid user_id specified"),
    ):
        refused = await api.refused("banChatMember", chat_id=group.id, user_id=user_id)
        assert refused == (400, f"Bad Request: {reason}")


async def test_it_takes_an_administrator_and_a_group_that_knows_it(
    api: Api, telegram: Telegram, group: Chat, kate: User, alice: User
) -> None:
    basic = await telegram.group("Basic", members=[kate, alice], bot="administrator")
    await alice.writes("/start")
    await group.bot_becomes("member")
    none: Json = {"permissions": {}}

    for method, chat_id, more, reason in (
        ("banChatMember", group.id, {}, "not enough rights to restrict/unrestrict chat member"),
        ("banChatMember", alice.id, {}, "chat member status can't be changed in private chats"),
        (
            "unbanChatMember",
            basic.id,
            {},
            "method is available for supergroup and channel chats only",
        ),
        ("restrictChatMember", basic.id, none, "method is available only for supergroups"),
    ):
        refused = await api.refused(method, chat_id=chat_id, user_id=alice.id, **more)
        assert refused == (400, f"Bad Request: {reason}")
    assert await api("banChatMember", chat_id=basic.id, user_id=alice.id)


async def test_in_a_muted_group_people_who_are_no_administrators_are_silent(
    group: Chat, kate: User, alice: User
) -> None:
    await group.mutes_members()

    with pytest.raises(ControlError, match="Alice may not write in this group now"):
        await alice.writes("hm", to=group)
    await kate.writes("only I", to=group)
