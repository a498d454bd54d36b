"""Ids, privacy mode, membership, migration: what a bot is told of a chat."""

import pytest

from sandbox import Telegram
from sandbox.client import ControlError, User
from tests.sandbox.conftest import Api


async def test_private_chats_and_basic_groups_share_one_counter(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    forum = await telegram.group("Forum", members=[kate], supergroup=True)

    ids = [(await api("sendMessage", chat_id=group.id, text="1"))["message_id"]]
    ids.append((await alice.writes("2")).id)
    ids.append((await kate.writes("3")).id)
    ids.append((await api("sendMessage", chat_id=group.id, text="4"))["message_id"])
    own = [(await api("sendMessage", chat_id=forum.id, text="a"))["message_id"]]
    own.append((await kate.writes("b", to=forum)).id)

    assert ids == list(range(ids[0], ids[0] + 4))
    assert own == [2, 3]  # 1 says that the bot was added


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("hi team", False),
        ("@sandbox_bot hi", False),
        ("/close", False),
        ("/close@sandbox_bot", True),
        ("/close@other_bot", False),
    ],
)
async def test_with_privacy_mode_a_bot_gets_only_what_is_meant_for_it(
    api: Api, telegram: Telegram, kate: User, text: str, *, seen: bool
) -> None:
    group = await telegram.group("Support", members=[kate])
    await api.confirmed()

    await kate.writes(text, to=group)

    assert await api.texts() == ([text] if seen else [])


async def test_bare_commands_come_once_the_bot_wrote_last(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await api("sendMessage", chat_id=group.id, text="I am here")
    await api.confirmed()

    await kate.writes("/close", to=group)

    assert await api.texts() == ["/close"]


async def test_replies_to_the_bot_come_and_replies_to_others_do_not(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    card = await api("sendMessage", chat_id=group.id, text="card")
    await api.confirmed()

    seen = await kate.replies(await kate.sees("card", in_=group), "answer")
    await kate.replies(seen, "to myself")
    updates = await api("getUpdates")

    assert [update["message"]["text"] for update in updates] == ["answer"]
    assert updates[0]["message"]["reply_to_message"]["message_id"] == card["message_id"]


@pytest.mark.parametrize("how", ["administrator", "privacy off"])
async def test_administrators_and_bots_without_privacy_see_everything(
    api: Api, telegram: Telegram, kate: User, how: str
) -> None:
    bot = "administrator" if how == "administrator" else "member"
    group = await telegram.group("Support", members=[kate], bot=bot)
    await telegram.bot(privacy=how != "privacy off")
    await api.confirmed()

    await kate.writes("hi team", to=group)

    assert await api.texts() == ["hi team"]


async def test_an_anonymous_administrator_writes_in_the_groups_name(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], supergroup=True, bot="administrator")
    await api.confirmed()

    await kate.writes("from all of us", to=group, anonymous=True)

    message = (await api("getUpdates"))[0]["message"]
    assert message["sender_chat"]["id"] == group.id
    assert message["from"]["username"] == "GroupAnonymousBot"


async def test_blocking_and_coming_back_is_told(api: Api, alice: User) -> None:
    await alice.writes("hello")
    await api.confirmed()

    await alice.blocks_bot()
    refused = await api.refused("sendMessage", chat_id=alice.id, text="?")
    await alice.unblocks_bot()
    await api("sendMessage", chat_id=alice.id, text="welcome back")

    changes = [update["my_chat_member"] for update in await api("getUpdates")]
    assert refused == (403, "Forbidden: bot was blocked by the user")
    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]


async def test_who_never_wrote_cannot_be_written_to(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    await telegram.group("Support", members=[kate])

    assert await api.refused("sendMessage", chat_id=kate.id, text="hi") == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )
    assert await api.refused("sendMessage", chat_id=alice.id, text="hi") == (
        400,
        "Bad Request: chat not found",
    )


async def test_a_deleted_account_is_told_as_such(api: Api, alice: User) -> None:
    await alice.writes("bye")
    await alice.deactivates()

    assert await api.refused("sendMessage", chat_id=alice.id, text="?") == (
        403,
        "Forbidden: user is deactivated",
    )


@pytest.mark.parametrize(
    ("supergroup", "status", "code", "description"),
    [
        (False, "kicked", 403, "Forbidden: bot was kicked from the group chat"),
        (True, "kicked", 403, "Forbidden: bot was kicked from the supergroup chat"),
        (True, "left", 403, "Forbidden: bot is not a member of the supergroup chat"),
        (
            False,
            "restricted",
            400,
            "Bad Request: not enough rights to send text messages to the chat",
        ),
    ],
)
async def test_a_bot_that_may_not_write_is_told_why(
    api: Api,
    telegram: Telegram,
    kate: User,
    status: str,
    code: int,
    description: str,
    *,
    supergroup: bool,
) -> None:
    group = await telegram.group("Support", members=[kate], supergroup=supergroup)
    await group.bot_becomes(status)

    assert await api.refused("sendMessage", chat_id=group.id, text="?") == (code, description)


async def test_a_group_becomes_a_supergroup_and_counts_from_one(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    old = [await api("sendMessage", chat_id=group.id, text=text) for text in ("1", "2", "3")]
    await api.confirmed()

    new = await group.becomes_supergroup()
    answer = await api.call("sendMessage", chat_id=group.id, text="?")
    updates = [update["message"] for update in await api("getUpdates")]
    first = await api("sendMessage", chat_id=new.id, text="first")

    assert (answer["error_code"], answer["parameters"]) == (400, {"migrate_to_chat_id": new.id})
    assert answer["description"] == ("Bad Request: group chat was upgraded to a supergroup chat")
    assert updates[0]["migrate_to_chat_id"] == new.id
    assert (updates[1]["migrate_from_chat_id"], updates[1]["message_id"]) == (group.id, 1)
    assert first["message_id"] == 2
    assert await api.refused(
        "sendMessage",
        chat_id=new.id,
        text="?",
        reply_parameters={"message_id": old[-1]["message_id"]},
    ) == (400, "Bad Request: message to be replied not found")


async def test_rights_and_settings_move_with_a_group(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await group.bot_becomes("administrator", without=["can_delete_messages"])
    await group.mutes_members()
    await group.protects_content()

    new = await group.becomes_supergroup()

    me = await api("getChatMember", chat_id=new.id, user_id=api.sandbox.world.bot.id)
    hers = await kate.writes("secret", to=new)
    refused = await api.refused("deleteMessage", chat_id=new.id, message_id=hers.id)
    chat = await api("getChat", chat_id=new.id)
    assert (me["status"], me["can_delete_messages"]) == ("administrator", False)
    assert refused == (400, "Bad Request: message can't be deleted for everyone")
    assert chat["permissions"]["can_send_messages"] is False
    assert chat["has_protected_content"] is True


async def test_nobody_edits_after_leaving(api: Api, telegram: Telegram, kate: User) -> None:
    bob = await telegram.user("Bob")
    group = await telegram.group("Support", members=[kate, bob], bot="administrator")
    hers, his = await kate.writes("hers", to=group), await bob.writes("his", to=group)
    await bob.leaves(group)
    with pytest.raises(ControlError, match="Bob is not a member"):
        await bob.edits(his, "after he left")

    new = await group.becomes_supergroup()
    await api.confirmed()

    with pytest.raises(ControlError, match=f"the group is a supergroup now: {new.id}"):
        await kate.edits(hers, "after it moved")
    assert await api.confirmed() == []


async def test_messages_in_the_old_group_can_still_be_read_but_not_changed(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    card = await api("sendMessage", chat_id=group.id, text="card")
    await alice.writes("/start")
    new = await group.becomes_supergroup()

    where = {"chat_id": group.id, "message_id": card["message_id"]}
    copied = await api(
        "copyMessage", chat_id=alice.id, from_chat_id=group.id, message_id=card["message_id"]
    )
    refused = await api.call("editMessageText", **where, text="x")

    assert (await alice.sees("card")).id == copied["message_id"]
    assert refused["parameters"] == {"migrate_to_chat_id": new.id}


async def test_in_a_muted_group_only_administrators_write(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await group.mutes_members()

    chat = await api("getChat", chat_id=group.id)
    refused = await api.refused("sendMessage", chat_id=group.id, text="x")
    await group.bot_becomes("administrator")

    assert chat["permissions"]["can_send_messages"] is False
    assert refused[1] == "Bad Request: not enough rights to send text messages to the chat"
    assert await api("sendMessage", chat_id=group.id, text="x")


async def test_commands_are_kept_by_scope_and_language(api: Api, alice: User) -> None:
    await alice.writes("/start")
    everyone = [{"command": "help", "description": "What I can do"}]
    hers = [{"command": "close", "description": "Close it"}]
    scope = {"type": "chat", "chat_id": alice.id}

    await api("setMyCommands", commands=everyone)
    await api("setMyCommands", commands=hers, scope=scope, language_code="en")

    assert await api("getMyCommands") == everyone
    assert await api("getMyCommands", scope=scope, language_code="en") == hers
    assert await api("getMyCommands", scope=scope) == []
    await api("deleteMyCommands")
    assert await api("getMyCommands") == []
    assert await api.refused("setMyCommands", commands=[{"command": "No", "description": "x"}]) == (
        400,
        "Bad Request: BOT_COMMAND_INVALID",
    )


async def test_members_are_shown_as_they_are(api: Api, telegram: Telegram, kate: User) -> None:
    group = await telegram.group("Support", members=[kate], bot="administrator")
    stranger = await telegram.user("Stranger")

    admins = await api("getChatAdministrators", chat_id=group.id)
    assert [admin["status"] for admin in admins] == ["creator", "administrator"]
    member = await api("getChatMember", chat_id=group.id, user_id=stranger.id)
    assert member["status"] == "left"
    assert await api("getChatMemberCount", chat_id=group.id) == 2
    assert (await api("getChat", chat_id=group.id))["title"] == "Support"
    await api("leaveChat", chat_id=group.id)
    assert (await api.refused("getChat", chat_id=group.id))[0] == 403
