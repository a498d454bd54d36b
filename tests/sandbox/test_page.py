import json
import re
from pathlib import Path

import aiohttp
import pytest

from sandbox import Sandbox, Telegram
from sandbox.client import ControlError, User
from sandbox.site import FOLDER
from tests.sandbox.conftest import Api

SECRET = "X-Sandbox-Secret"


async def fetch(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Return status, body and headers of a page."""
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.text(errors="replace"), dict(response.headers)


async def test_the_page_and_everything_it_names_are_served_from_here(sandbox: Sandbox) -> None:
    status, page, headers = await fetch(f"{sandbox.url}/")

    assert status == 200
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert sandbox.secret not in page
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (await fetch(sandbox.url + path))[0] == 200, path


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.js")), ids=lambda file: file.name)
def test_a_module_imports_only_what_is_there_and_makes_no_html_of_text(file: Path) -> None:
    text = file.read_text("utf-8")

    for name in re.findall(r'from "([^"]+)"', text):
        assert (file.parent / name).is_file(), name
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


@pytest.mark.parametrize(
    "path", ["../site.py", "%2e%2e/site.py", "js", "js/none.js", "/etc/passwd"]
)
async def test_nothing_else_is_served(sandbox: Sandbox, path: str) -> None:
    assert (await fetch(f"{sandbox.url}/page/{path}"))[0] == 404


async def test_a_file_is_given_to_whoever_has_the_secret_and_never_as_a_page(
    sandbox: Sandbox, alice: User
) -> None:
    sent = await alice.sends_document(name="evil.html", data=b"<script>alert(1)</script>")
    url = f"{sandbox.control_url}/file/{sent.raw['document']['file_id']}"

    status, body, headers = await fetch(url, **{SECRET: sandbox.secret})

    assert (status, body) == (200, "<script>alert(1)</script>")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await fetch(url))[0] == 403
    assert (await fetch(url, **{SECRET: sandbox.secret, "Origin": "http://a.example"}))[0] == 403
    assert (await fetch(f"{sandbox.control_url}/file/none", **{SECRET: sandbox.secret}))[0] == 404


async def test_the_overview_tells_who_there_is(
    telegram: Telegram, api: Api, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    topic = await api("createForumTopic", chat_id=group.id, name="Orders")
    await alice.writes("hello")

    seen = await telegram.call("overview")

    assert [person["first_name"] for person in seen["people"]] == ["Alice", "Kate"]
    chats = {chat["id"]: chat for chat in seen["chats"]}
    assert chats[alice.id]["last"]["text"] == "hello"
    listed = [(one["id"], one["name"]) for one in chats[group.id]["topics"]]
    assert listed == [(1, "General"), (topic["message_thread_id"], "Orders")]
    assert "forum_topic_created" in chats[group.id]["topics"][1]["last"]
    statuses = {one["name"]: one["status"] for one in chats[group.id]["members"]}
    assert statuses == {"Kate": "creator", "Sandbox Bot": "administrator"}
    assert seen["process"] is None


async def test_commands_are_offered_by_scope_and_language(
    telegram: Telegram, api: Api, kate: User
) -> None:
    boris = await telegram.user("Boris", language="ru")
    group = await telegram.group("Support", members=[kate, boris])

    async def sets(name: str, language: str = "", **scope: object) -> None:
        command = {"command": name, "description": name}
        scope = scope or {"type": "default"}
        await api("setMyCommands", commands=[command], scope=scope, language_code=language)

    async def offered(user: User, chat: int) -> str:
        found = await telegram.call("commands", user=user.id, chat=chat)
        return str(found[0]["command"])

    await sets("default")
    await sets("private", type="all_private_chats")
    await sets("private_ru", "ru", type="all_private_chats")
    await sets("admins", type="all_chat_administrators")

    assert await offered(kate, kate.id) == "private"
    assert await offered(boris, boris.id) == "private_ru"
    assert await offered(kate, group.id) == "admins"
    assert await offered(boris, group.id) == "default"
    await sets("here", type="chat", chat_id=group.id)
    await sets("boris", type="chat_member", chat_id=group.id, user_id=boris.id)
    assert await offered(kate, group.id) == "here"
    assert await offered(boris, group.id) == "boris"


async def test_a_message_tells_whether_the_bot_has_it(
    telegram: Telegram, api: Api, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await api.confirmed()
    await alice.writes("for the bot")
    hidden = await kate.writes("not for the bot", to=group)

    [first] = await alice.chat.messages()
    assert first.raw["delivery"] == "waiting"
    await api.confirmed()
    [first] = await alice.chat.messages()
    assert first.raw["delivery"] == "taken"
    assert hidden.raw["delivery"] == "hidden"


async def test_the_log_shows_an_unknown_method(telegram: Telegram, api: Api) -> None:
    await api.call("danceMe", fast="yes")

    [call] = await telegram.calls("danceMe")

    assert not call["known"]
    whole = await telegram.call("call", number=call["number"])
    assert whole["params"] == {"fast": "yes"}
    with pytest.raises(ControlError, match="no call 99"):
        await telegram.call("call", number=99)


async def test_older_messages_are_given_in_pieces(telegram: Telegram, alice: User) -> None:
    for number in range(5):
        await alice.writes(f"message {number}")

    found = await telegram.call("messages", chat=alice.id, limit=2, before=4)

    assert [message["message_id"] for message in found["messages"]] == [2, 3]


async def test_a_scene_has_the_ids_it_names() -> None:
    path = FOLDER.parent / "scenes" / "office.json"
    scene = json.loads(path.read_text("utf-8"))

    assert [group["id"] for group in scene["groups"]] == [-4_000_000_001]
    assert {user["language_code"] for user in scene["users"]} == {"en", "ru", "ar"}
