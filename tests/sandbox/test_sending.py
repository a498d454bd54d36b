from typing import Any

import pytest

from sandbox import Telegram
from sandbox.client import ControlError, Message, User
from tests.sandbox.conftest import Api, Json

TEXTS = [
    ({"text": ""}, "message text is empty"),
    ({"text": " \n "}, "text must be non-empty"),
    ({"text": "x" * 4097}, "message is too long"),
    ({"text": "😀" * 2049}, "message is too long"),
    ({"text": "a\ud800"}, "strings must be encoded in UTF-8"),
    ({"text": "x", "parse_mode": "RTF"}, "unsupported parse_mode"),
    ({"text": "x", "reply_parameters": {"message_id": 999}}, "message to be replied not found"),
    ({"text": "x", "message_thread_id": 999}, "message thread not found"),
    ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
]


def keyboard(**button: Any) -> Json:
    return {"inline_keyboard": [[{"text": "Press"} | button]]}


@pytest.mark.parametrize(("params", "reason"), TEXTS)
async def test_a_bad_text_is_refused(api: Api, alice: User, params: Json, reason: str) -> None:
    await alice.writes("/start")

    refused = await api.refused("sendMessage", chat_id=alice.id, **params)

    assert refused == (400, f"Bad Request: {reason}")


@pytest.mark.parametrize("text", ["x" * 4096, "😀" * 2048, "<b>" + "x" * 4096 + "</b>"])
async def test_lengths_are_counted_in_utf16_after_parsing(api: Api, alice: User, text: str) -> None:
    await alice.writes("/start")

    assert await api("sendMessage", chat_id=alice.id, text=text, parse_mode="HTML")


async def test_captions_are_shorter(api: Api, alice: User) -> None:
    photo = (await alice.sends_photo()).raw["photo"][-1]["file_id"]

    assert await api("sendPhoto", chat_id=alice.id, photo=photo, caption="x" * 1024)
    assert await api.refused("sendPhoto", chat_id=alice.id, photo=photo, caption="x" * 1025) == (
        400,
        "Bad Request: message caption is too long",
    )


@pytest.mark.parametrize("chat_id", ["12345", "@nobody", "rubbish", "-100123"])
async def test_unknown_chats_are_not_found(api: Api, chat_id: str) -> None:
    assert await api.refused("sendMessage", chat_id=chat_id, text="x") == (
        400,
        "Bad Request: chat not found",
    )


async def test_a_chat_must_be_named(api: Api) -> None:
    assert await api.refused("sendMessage", text="x") == (400, "Bad Request: chat_id is empty")


@pytest.mark.parametrize("data", ["", "x" * 65, "é" * 33])
async def test_callback_data_has_1_to_64_bytes(api: Api, alice: User, data: str) -> None:
    await alice.writes("/start")

    refused = await api.refused(
        "sendMessage", chat_id=alice.id, text="x", reply_markup=keyboard(callback_data=data)
    )

    assert refused == (400, "Bad Request: BUTTON_DATA_INVALID")


async def test_a_button_must_do_something(api: Api, alice: User) -> None:
    await alice.writes("/start")

    _, reason = await api.refused(
        "sendMessage", chat_id=alice.id, text="x", reply_markup=keyboard()
    )

    assert reason == (
        "Bad Request: can't parse inline keyboard button: "
        "Text buttons are unallowed in the inline keyboard"
    )


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"style": "pink"}, "can't parse inline keyboard button: invalid button style specified"),
        ({"copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"copy_text": {"text": "x" * 257}}, "BUTTON_COPY_TEXT_INVALID"),
        (
            {"icon_custom_emoji_id": "5"},
            "the sandbox does not model icon_custom_emoji_id of a button",
        ),
    ],
)
async def test_a_button_that_telegram_or_the_sandbox_does_not_know_is_refused(
    api: Api, alice: User, button: Json, reason: str
) -> None:
    await alice.writes("/start")
    more = {"callback_data": "x"} if "copy_text" not in button else {}

    _, refused = await api.refused(
        "sendMessage", chat_id=alice.id, text="x", reply_markup=keyboard(**button, **more)
    )

    assert refused == f"Bad Request: {reason}"


async def test_what_a_keyboard_can_do_beyond_its_buttons_is_refused_by_name(
    api: Api, alice: User
) -> None:
    await alice.writes("/start")
    markup = keyboard(callback_data="x") | {"force_reply": True}

    _, refused = await api.refused("sendMessage", chat_id=alice.id, text="x", reply_markup=markup)

    assert refused == "Bad Request: the sandbox does not model force_reply of an inline keyboard"


async def test_a_disabled_button_cannot_be_pressed(api: Api, alice: User) -> None:
    await alice.writes("/start")
    buttons = keyboard(disabled={}, style="danger")
    sent = await api("sendMessage", chat_id=alice.id, text="x", reply_markup=buttons)

    with pytest.raises(ControlError, match="is disabled"):
        await alice.presses(Message(sent), sent["reply_markup"]["inline_keyboard"][0][0]["text"])


async def test_a_reply_carries_one_level_of_what_it_answers(api: Api, alice: User) -> None:
    first = await alice.writes("first")
    second = await alice.replies(first, "second")

    sent = await api(
        "sendMessage",
        chat_id=alice.id,
        text="third",
        reply_parameters={"message_id": second.id},
    )

    assert sent["reply_to_message"]["text"] == "second"
    assert "reply_to_message" not in sent["reply_to_message"]


async def test_a_reply_to_nothing_may_be_sent_without_it(api: Api, alice: User) -> None:
    message = await alice.writes("gone soon")
    await alice.deletes(message)

    reply = {"message_id": message.id, "allow_sending_without_reply": True}
    sent = await api("sendMessage", chat_id=alice.id, text="x", reply_parameters=reply)

    assert "reply_to_message" not in sent


async def test_buttons_are_pressed_and_answered(api: Api, telegram: Telegram, alice: User) -> None:
    await alice.writes("/start")
    await api.confirmed()
    await api(
        "sendMessage", chat_id=alice.id, text="card", reply_markup=keyboard(callback_data="take:1")
    )
    card = await alice.sees("card")
    assert card.buttons == ["Press"]

    press = await alice.presses(card, "Press")
    query = (await api.confirmed())[0]["callback_query"]
    assert (query["data"], query["message"]["message_id"]) == ("take:1", card.id)
    assert await api("answerCallbackQuery", callback_query_id=query["id"], text="Taken")
    assert await press.answer() == "Taken"

    late = await alice.presses(card, data="forged")
    await telegram.advance(3600)
    assert await api.refused("answerCallbackQuery", callback_query_id=late.id) == (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("sendLocation", {"latitude": 1.5, "longitude": 2}, "location"),
        ("sendVenue", {"latitude": 1, "longitude": 2, "title": "T", "address": "A"}, "venue"),
        ("sendContact", {"phone_number": "+1", "first_name": "Bob"}, "contact"),
        ("sendDice", {"emoji": "🎯"}, "dice"),
        ("sendPoll", {"question": "Q?", "options": [{"text": "a"}, {"text": "b"}]}, "poll"),
    ],
)
async def test_other_kinds_arrive(
    api: Api, alice: User, method: str, params: Json, kind: str
) -> None:
    await alice.writes("/start")

    sent = await api(method, chat_id=alice.id, **params)

    assert kind in sent
    assert (await alice.sees(kind=kind)).id == sent["message_id"]


async def test_reactions_are_checked_and_shown(api: Api, telegram: Telegram, kate: User) -> None:
    group = await telegram.group("Support", members=[kate], bot="administrator")
    message = await kate.writes("well done", to=group)
    thumb = [{"type": "emoji", "emoji": "👍"}]

    assert await api("setMessageReaction", chat_id=group.id, message_id=message.id, reaction=thumb)
    assert (await kate.sees_reaction(message, "👍")).reactions == {"👍": 1}

    await group.allows_reactions(["🔥"])
    refused = await api.refused(
        "setMessageReaction", chat_id=group.id, message_id=message.id, reaction=thumb
    )
    assert refused == (400, "Bad Request: REACTION_INVALID")


async def test_chat_actions_are_checked(api: Api, alice: User) -> None:
    await alice.writes("/start")

    assert await api("sendChatAction", chat_id=alice.id, action="typing")
    assert (await api.refused("sendChatAction", chat_id=alice.id, action="dancing"))[0] == 400
