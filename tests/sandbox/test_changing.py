"""Editing, deleting, copying, forwarding, pinning."""

import pytest

from sandbox import Telegram
from sandbox.client import User
from tests.sandbox.conftest import Api, Json

BUTTON = {"inline_keyboard": [[{"text": "Close", "callback_data": "close:7"}]]}


async def sent(api: Api, user: User, text: str = "card") -> Json:
    await user.writes("/start")
    message: Json = await api("sendMessage", chat_id=user.id, text=text, reply_markup=BUTTON)
    return message


async def test_an_edit_replaces_text_and_keyboard(api: Api, alice: User) -> None:
    card = await sent(api, alice)
    seen = await alice.sees("card")

    edited = await api(
        "editMessageText", chat_id=alice.id, message_id=card["message_id"], text="done"
    )

    assert (edited["text"], "reply_markup" in edited) == ("done", False)
    assert (await alice.sees_edit(seen, "done")).buttons == []


async def test_an_edit_that_changes_nothing_is_refused(api: Api, alice: User) -> None:
    card = await sent(api, alice)
    same = {"chat_id": alice.id, "message_id": card["message_id"], "reply_markup": BUTTON}

    code, reason = await api.refused("editMessageText", text="card", **same)

    assert code == 400
    assert reason.startswith("Bad Request: message is not modified: specified new message content")
    assert (await api.refused("editMessageReplyMarkup", **same))[1] == reason


@pytest.mark.parametrize("method", ["editMessageText", "editMessageReplyMarkup"])
async def test_only_the_bots_own_messages_that_exist_can_be_edited(
    api: Api, alice: User, method: str
) -> None:
    hers = await alice.writes("mine")

    for message_id, reason in (
        (hers.id, "message can't be edited"),
        (99, "message to edit not found"),
    ):
        refused = await api.refused(method, chat_id=alice.id, message_id=message_id, text="x")
        assert refused == (400, f"Bad Request: {reason}")


async def test_captions_and_media_are_edited_apart(api: Api, alice: User) -> None:
    photo = (await alice.sends_photo()).raw["photo"][-1]["file_id"]
    message = await api("sendPhoto", chat_id=alice.id, photo=photo, caption="before")
    where = {"chat_id": alice.id, "message_id": message["message_id"]}

    assert (await api("editMessageCaption", **where, caption="after"))["caption"] == "after"
    assert (await api.refused("editMessageText", **where, text="x"))[1] == (
        "Bad Request: there is no text in the message to edit"
    )
    media = {"type": "photo", "media": photo, "caption": "new"}
    assert (await api("editMessageMedia", **where, media=media))["caption"] == "new"


async def test_a_users_edit_is_told(api: Api, alice: User) -> None:
    message = await alice.writes("Helo")
    await api.confirmed()

    await alice.edits(message, "Hello!")

    edited = (await api("getUpdates"))[0]["edited_message"]
    assert (edited["text"], edited["message_id"]) == ("Hello!", message.id)
    assert edited["edit_date"] >= edited["date"]


async def test_messages_are_deleted_within_48_hours(
    api: Api, telegram: Telegram, alice: User
) -> None:
    young, old = await sent(api, alice), await alice.writes("old")
    assert await api("deleteMessage", chat_id=alice.id, message_id=young["message_id"])
    assert (await api.refused("deleteMessage", chat_id=alice.id, message_id=99))[1] == (
        "Bad Request: message to delete not found"
    )

    await telegram.advance(48 * 3600)

    assert await api.refused("deleteMessage", chat_id=alice.id, message_id=old.id) == (
        400,
        "Bad Request: message can't be deleted for everyone",
    )
    assert await api("deleteMessages", chat_id=alice.id, message_ids=[old.id, 99])
    assert await alice.chat.message(old.id) is not None


async def test_in_groups_only_an_administrator_deletes_what_others_wrote(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], supergroup=True)
    command = await kate.writes("/rude@sandbox_bot", to=group)
    where = {"chat_id": group.id, "message_id": command.id}

    assert (await api.refused("deleteMessage", **where))[0] == 400
    await group.bot_becomes("administrator")
    assert await api("deleteMessage", **where)
    await kate.sees_gone(command)


async def test_a_copy_has_no_origin_and_a_forward_has_one(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    message = await alice.sends_photo("look", reply_to=await alice.writes("first"))
    where = {"chat_id": group.id, "from_chat_id": alice.id, "message_id": message.id}

    await api("copyMessage", **where)
    copy = await kate.sees("look", in_=group)
    await api("copyMessage", **where, caption="#7")
    changed = await kate.sees("#7", in_=group)
    forward = await api("forwardMessage", **where)

    assert copy.kind == changed.kind == "photo"
    assert copy.reply_to is None
    assert "forward_origin" not in copy.raw
    assert forward["forward_origin"]["sender_user"]["id"] == alice.id


async def test_service_protected_and_deleted_messages_are_not_copied(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], bot="administrator")
    service = (await group.messages())[0]
    await group.protects_content()
    secret = await kate.writes("secret", to=group)
    await alice.writes("/start")

    for message_id, reason in (
        (service.id, "message can't be copied"),
        (secret.id, "message can't be copied"),
        (99, "message to copy not found"),
    ):
        refused = await api.refused(
            "copyMessage", chat_id=alice.id, from_chat_id=group.id, message_id=message_id
        )
        assert refused == (400, f"Bad Request: {reason}")


async def test_what_cannot_be_copied_is_skipped_and_albums_stay_albums(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    album = await alice.sends_album(["photo", {"kind": "photo", "caption": "both"}])
    ids = [message.id for message in album]
    where = {"chat_id": group.id, "from_chat_id": alice.id}

    copies = await api("copyMessages", **where, message_ids=[*ids, 99])
    views = (await group.messages())[-2:]

    assert [copy["message_id"] for copy in copies] == [view.id for view in views]
    assert views[0].album == views[1].album != album[0].album
    assert (await api.refused("copyMessages", **where, message_ids=ids[::-1]))[0] == 400
    assert len(await api("forwardMessages", **where, message_ids=ids)) == 2


async def test_dice_roll_again_and_polls_lose_their_votes(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    for message in (
        await alice.sends("dice", emoji="🎰"),
        await alice.sends("poll", question="Q?", options=["a", "b"]),
        await alice.sends("location", latitude=1, longitude=2, live_period=60),
    ):
        await api("copyMessage", chat_id=group.id, from_chat_id=alice.id, message_id=message.id)

    dice, poll, place = (await group.messages())[-3:]
    assert 1 <= dice.raw["dice"]["value"] <= 64
    assert poll.raw["poll"]["total_voter_count"] == 0
    assert "live_period" not in place.raw["location"]


async def test_only_administrators_pin_in_groups(api: Api, telegram: Telegram, kate: User) -> None:
    group = await telegram.group("Support", members=[kate])
    card = await api("sendMessage", chat_id=group.id, text="card")
    where = {"chat_id": group.id, "message_id": card["message_id"]}

    assert (await api.refused("pinChatMessage", **where))[1] == (
        "Bad Request: not enough rights to manage pinned messages in the chat"
    )
    await group.bot_becomes("administrator")
    assert await api("pinChatMessage", **where)
    assert (await api("getChat", chat_id=group.id))["pinned_message"]["text"] == "card"
    assert await api("unpinChatMessage", chat_id=group.id)


async def test_unpinning_takes_the_named_the_newest_or_all(api: Api, alice: User) -> None:
    await alice.writes("/start")
    ids = [(await sent(api, alice, text))["message_id"] for text in ("one", "two", "three")]
    for message_id in (ids[2], ids[0], ids[1]):
        await api("pinChatMessage", chat_id=alice.id, message_id=message_id)

    async def top() -> str | None:
        pinned = (await api("getChat", chat_id=alice.id)).get("pinned_message")
        return pinned["text"] if pinned else None

    assert await top() == "three"
    await api("unpinChatMessage", chat_id=alice.id)
    assert await top() == "two"
    await api("unpinChatMessage", chat_id=alice.id, message_id=ids[0])
    assert await top() == "two"
    await api("unpinAllChatMessages", chat_id=alice.id)
    assert await top() is None
    assert await api.refused("unpinChatMessage", chat_id=alice.id) == (
        400,
        "Bad Request: message to unpin not found",
    )


async def test_a_place_moves_until_it_is_stopped_or_its_time_is_over(
    api: Api, telegram: Telegram, alice: User
) -> None:
    await alice.writes("/start")
    here = {"latitude": 1, "longitude": 2, "live_period": 60, "heading": 90}
    first = await api("sendLocation", chat_id=alice.id, **here)
    second = await api("sendLocation", chat_id=alice.id, **here)
    where = {"chat_id": alice.id, "message_id": first["message_id"]}
    there = {"latitude": 1.5, "longitude": 2.5}

    moved = await api("editMessageLiveLocation", **where, **there, horizontal_accuracy=12.5)
    stopped = await api("stopMessageLiveLocation", **where)

    assert moved["location"] == there | {"live_period": 60, "horizontal_accuracy": 12.5}
    assert stopped["location"] == there | {"horizontal_accuracy": 12.5}
    assert (await api.refused("editMessageLiveLocation", **where, **here))[1] == (
        "Bad Request: there is no live location in the message to edit"
    )
    await telegram.advance(60)
    late = {"chat_id": alice.id, "message_id": second["message_id"]}
    for method in ("editMessageLiveLocation", "stopMessageLiveLocation"):
        assert await api.refused(method, **late, **there) == (
            400,
            "Bad Request: message can't be edited",
        )
