"""How the bot presents itself."""

import pytest

from sandbox import Telegram
from sandbox.client import User
from tests.sandbox.conftest import Api


async def test_the_name_is_changed_for_all_or_for_a_language(api: Api, alice: User) -> None:
    assert await api("getMyName") == {"name": "Sandbox Bot"}
    await api("setMyName", name="Help")
    await api("setMyName", name="Hilfe", language_code="de")

    assert await api("getMyName", language_code="de") == {"name": "Hilfe"}
    assert await api("getMyName", language_code="fr") == {"name": "Help"}
    assert (await api("getMe"))["first_name"] == "Help"
    await alice.writes("/start")
    sent = await api("sendMessage", chat_id=alice.id, text="x")
    assert sent["from"]["first_name"] == "Help"
    await api("setMyName", name="", language_code="de")
    assert await api("getMyName", language_code="de") == {"name": "Help"}


@pytest.mark.parametrize(
    ("method", "field", "longest"),
    [("MyDescription", "description", 512), ("MyShortDescription", "short_description", 120)],
)
async def test_descriptions_are_kept_by_language(
    api: Api, method: str, field: str, longest: int
) -> None:
    assert await api(f"get{method}") == {field: ""}
    await api(f"set{method}", **{field: "x" * longest})
    await api(f"set{method}", **{field: "Wir helfen"}, language_code="de")

    assert await api(f"get{method}") == {field: "x" * longest}
    assert await api(f"get{method}", language_code="de") == {field: "Wir helfen"}
    assert (await api.refused(f"set{method}", **{field: "x" * (longest + 1)}))[0] == 400
    assert (await api.refused(f"get{method}", language_code="german"))[0] == 400


async def test_a_menu_button_is_set_for_all_or_for_one_chat(
    api: Api, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await alice.writes("/start")
    app = {"type": "web_app", "text": "Open", "web_app": {"url": "https://example.org"}}

    assert await api("getChatMenuButton") == {"type": "default"}
    await api("setChatMenuButton", menu_button={"type": "commands"})
    await api("setChatMenuButton", chat_id=alice.id, menu_button=app)

    assert await api("getChatMenuButton") == {"type": "commands"}
    assert await api("getChatMenuButton", chat_id=alice.id) == app
    assert await api("getChatMenuButton", chat_id=kate.id) == {"type": "default"}
    for body in ({"menu_button": {"type": "moon"}}, {"menu_button": {"type": "web_app"}}):
        assert (await api.refused("setChatMenuButton", **body))[0] == 400
    assert await api.refused("getChatMenuButton", chat_id=group.id) == (
        400,
        "Bad Request: invalid chat_id specified",
    )


async def test_nobody_has_profile_photos(api: Api, alice: User) -> None:
    assert await api("getUserProfilePhotos", user_id=alice.id) == {"total_count": 0, "photos": []}
    assert await api.refused("getUserProfilePhotos", user_id=5) == (
        400,
        "Bad Request: invalid user_id specified",
    )
