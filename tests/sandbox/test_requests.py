"""How a call may be passed, and what is wrong with it in Telegram's words."""

import json
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import User
from tests.sandbox.conftest import Api, Json

REFUSALS: list[tuple[str, Json, str]] = [
    ("sendMessage", {"text": "x", "entities": "{"}, "can't parse entities JSON object"),
    (
        "sendMessage",
        {"text": "x", "entities": {}},
        "can't parse entities: expected an Array of MessageEntity",
    ),
    (
        "sendMessage",
        {"text": "x", "entities": [{"type": "shiny", "offset": 0, "length": 1}]},
        "can't parse entities: unsupported type of MessageEntity specified",
    ),
    (
        "sendMessage",
        {"text": "x", "entities": [{"type": "bold", "offset": 5, "length": 1}]},
        "entity begins after the end of the text at UTF-16 offset 1",
    ),
    ("sendMessage", {"text": "x", "reply_markup": "[]"}, "object expected as reply markup"),
    (
        "sendMessage",
        {"text": "x", "reply_parameters": {}},
        "can't parse ReplyParameters: Object expected",
    ),
    ("sendLocation", {"latitude": "north", "longitude": 0}, "latitude is empty"),
    ("sendLocation", {"latitude": 91, "longitude": 0}, "wrong location specified"),
    (
        "sendVenue",
        {"latitude": 1, "longitude": 1, "title": "T"},
        "venue title and address must be non-empty",
    ),
    ("sendContact", {"first_name": "Bob"}, "phone_number must be non-empty"),
    ("sendDice", {"emoji": "🙂"}, "invalid dice emoji specified"),
    (
        "sendPoll",
        {"question": "", "options": ["a"]},
        "poll question must be non-empty and not too long",
    ),
    (
        "sendPoll",
        {"question": "Q", "options": []},
        "poll must have at most 12 options and at least 1",
    ),
    (
        "sendPoll",
        {"question": "Q", "options": [""]},
        "poll options must be non-empty and not too long",
    ),
    ("sendMediaGroup", {"media": "x"}, "can't parse media JSON object"),
    ("copyMessages", {"from_chat_id": 1, "message_ids": "x"}, "can't parse message identifiers"),
    ("copyMessage", {"message_id": 1}, "from_chat_id is empty"),
    ("editMessageMedia", {"message_id": 1, "media": "1"}, "can't parse InputMedia"),
    ("editMessageText", {"message_id": 0, "text": "x"}, "message identifier is not specified"),
    ("editMessageCaption", {"message_id": 1, "caption": "x"}, "message can't be edited"),
    ("deleteMessages", {"message_ids": []}, "message identifiers are not specified"),
    ("setMessageReaction", {"message_id": 99}, "message to react not found"),
    (
        "setMessageReaction",
        {"message_id": 1, "reaction": [{"type": "paid"}]},
        "can't parse ReactionType: unsupported type specified",
    ),
    (
        "setMessageReaction",
        {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "x"}]},
        "REACTION_INVALID",
    ),
    (
        "setMessageReaction",
        {"message_id": 1, "reaction": [{"type": "emoji", "emoji": "👍"}] * 2},
        "REACTIONS_TOO_MANY",
    ),
    ("pinChatMessage", {"message_id": 99}, "message to pin not found"),
    ("leaveChat", {}, "chat member status can't be changed in private chats"),
    ("getChatAdministrators", {}, "there are no administrators in the private chat"),
    ("getChatMember", {"user_id": 1}, "invalid user_id specified"),
    ("setMyCommands", {"commands": "x"}, "can't parse commands JSON object"),
    (
        "setMyCommands",
        {"commands": [{"command": "a", "description": ""}]},
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    ("getMyCommands", {"scope": {"type": "moon"}}, "can't parse BotCommandScope"),
    ("getMyCommands", {"scope": {"type": "chat", "chat_id": 1}}, "chat not found"),
    ("getMyCommands", {"language_code": "english"}, "invalid language code specified"),
    ("setWebhook", {"url": "http://x.y"}, "bad webhook: An HTTPS URL must be provided"),
    ("getUpdates", {"allowed_updates": "1"}, "can't parse allowed updates: Array expected"),
]


@pytest.mark.parametrize(("method", "params", "reason"), REFUSALS)
async def test_what_is_wrong_is_said(
    api: Api, alice: User, method: str, params: Json, reason: str
) -> None:
    await alice.writes("/start")

    code, description = await api.refused(method, chat_id=alice.id, **params)

    assert code == 400
    assert description.startswith(f"Bad Request: {reason}")


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ("x", "can't parse inline keyboard button: expected an Object"),
        ({"url": "https://x.y"}, 'can\'t parse inline keyboard button: field "text"'),
        ({"text": "x", "url": "nowhere"}, "inline keyboard button URL 'nowhere' is invalid"),
    ],
)
async def test_buttons_are_checked(api: Api, alice: User, button: Any, reason: str) -> None:
    await alice.writes("/start")

    _, description = await api.refused(
        "sendMessage",
        chat_id=alice.id,
        text="x",
        reply_markup={"inline_keyboard": [[button]]},
    )

    assert description.startswith(f"Bad Request: {reason}")


def multipart(params: Json) -> aiohttp.MultipartWriter:
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in params.items():
        writer.append(value).set_content_disposition("form-data", name=name)
    return writer


@pytest.mark.parametrize("way", ["query", "form", "json", "multipart"])
async def test_parameters_come_in_four_ways(
    sandbox: Sandbox, api: Api, alice: User, way: str
) -> None:
    await alice.writes("/start")
    url = f"{sandbox.url}/bot{sandbox.token}/sendMessage"
    reply = {"message_id": 1}
    params: Json = {"chat_id": str(alice.id), "text": "x", "reply_parameters": json.dumps(reply)}
    ways: dict[str, Json] = {
        "query": {"params": params},
        "form": {"data": params},
        "json": {"json": {**params, "chat_id": alice.id, "reply_parameters": reply}},
        "multipart": {"data": multipart(params)},
    }
    async with api.session.request("GET" if way == "query" else "POST", url, **ways[way]) as sent:
        answer = await sent.json()

    assert answer["result"]["reply_to_message"]["text"] == "/start"


async def test_a_body_that_is_no_json_is_refused(sandbox: Sandbox, api: Api) -> None:
    url = f"{sandbox.url}/bot{sandbox.token}/getMe"
    for body in ("{", "[]"):
        headers = {"Content-Type": "application/json"}
        async with api.session.post(url, data=body, headers=headers) as response:
            assert response.status == 400


async def test_links_to_people_whom_the_bot_knows_become_mentions(
    api: Api, alice: User, kate: User
) -> None:
    await alice.writes("/start")
    text = f'<a href="tg://user?id={kate.id}">Kate</a> <a href="tg://user?id=5">Nobody</a>'

    sent = await api("sendMessage", chat_id=alice.id, text=text, parse_mode="HTML")

    assert [(e["type"], e["user"]["id"]) for e in sent["entities"]] == [("text_mention", kate.id)]


async def test_custom_emoji_are_dropped_in_silence(api: Api, alice: User) -> None:
    await alice.writes("/start")
    text = '<tg-emoji emoji-id="5">🙂</tg-emoji>'

    assert "entities" not in await api(
        "sendMessage", chat_id=alice.id, text=text, parse_mode="HTML"
    )


async def test_a_public_group_is_found_by_its_name(
    api: Api, telegram: Telegram, kate: User
) -> None:
    group = await telegram.call(
        "group", title="Open", members=[kate.id], supergroup=True, username="open_group"
    )

    sent = await api("sendMessage", chat_id="@Open_Group", text="x")

    assert sent["chat"]["id"] == group["id"]
