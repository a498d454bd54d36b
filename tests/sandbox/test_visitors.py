"""No website that a developer happens to visit reads or steers the sandbox."""

import pytest
from aiohttp import ClientSession

from sandbox import Sandbox

EVIL = "http://evil.example"
FOREIGN = [
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "10.0.0.1:8081"},
    {"Host": "[::1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},  # another port of loopback
]


@pytest.fixture
async def letter(sandbox: Sandbox) -> str:
    """An update that waits for the bot."""
    await (await sandbox.client().user("Alice")).writes("private")
    return "private"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_site_neither_reads_nor_confirms_updates(
    sandbox: Sandbox, letter: str, headers: dict[str, str]
) -> None:
    address = f"{sandbox.url}/bot{sandbox.token}/getUpdates?offset=-1"
    async with ClientSession() as browser, browser.get(address, headers=headers) as answer:
        said = await answer.text()

    assert (answer.status, letter in said) == (403, False)
    assert (await sandbox.client().status())["pending_updates"] == 1


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["control/chats", "control/stream", "file/bot{token}/x"])
async def test_another_site_gets_nowhere_even_with_the_secret(
    sandbox: Sandbox, headers: dict[str, str], path: str
) -> None:
    address = f"{sandbox.url}/{path.format(token=sandbox.token)}"
    method = "POST" if path.endswith("chats") else "GET"
    known = headers | {"X-Sandbox-Secret": sandbox.secret}
    async with (
        ClientSession() as browser,
        browser.request(method, address, headers=known, json={}) as answer,
    ):
        assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "127.1.2.3:80", "[::1]:8081"])
async def test_this_machine_is_known_by_each_of_its_names(sandbox: Sandbox, host: str) -> None:
    address = f"{sandbox.url}/bot{sandbox.token}/getMe"
    own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    async with ClientSession() as program, program.get(address, headers=own) as answer:
        assert answer.status == 200


async def test_a_link_from_anywhere_opens_the_page_which_tells_nothing(sandbox: Sandbox) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    async with ClientSession() as browser, browser.get(sandbox.url, headers=headers) as answer:
        said = await answer.text()

    assert answer.status == 200
    assert not {sandbox.secret, sandbox.token} & set(said.split('"'))
    assert sandbox.token not in said


async def test_the_token_is_another_each_time() -> None:
    assert Sandbox().token != Sandbox().token
    assert Sandbox(token="42:abc").token == "42:abc"
