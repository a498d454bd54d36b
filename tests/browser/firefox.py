"""A stock Firefox, driven by WebDriver BiDi: https://w3c.github.io/webdriver-bidi.

Playwright drives only a Firefox of its own, Selenium wants geckodriver beside it. Firefox itself
speaks BiDi, JSON over a WebSocket, and a person on a page needs few of its commands.
"""

import asyncio
import base64
import itertools
import json
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

# Firefox talks to nobody but the page.
PREFERENCES = {
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "data:,",
}
LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
ENTER = "\ue007"
SECONDS = 20

# The newest element that is visible and says so, as soon as there is one.
FIND = """(selector, text) => new Promise((found) => {
    const watch = new MutationObserver(look);
    const all = {attributes: true, characterData: true, childList: true, subtree: true};
    watch.observe(document, all);
    function look() {
        const fits = (one) => one.checkVisibility() && one.textContent.includes(text);
        const element = [...document.querySelectorAll(selector)].findLast(fits);
        if (!element) return;
        watch.disconnect();
        element.scrollIntoView({block: "nearest"});
        found(element);
    }
    look();
})"""


class BidiError(Exception):
    """Firefox refused a command, or a script of the page failed."""


class Tab:
    """A page as a person has it: what is seen, clicks, keys, pictures."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.errors: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._context: dict[str, Any] = {}

    async def listen(self) -> None:
        """Hand out answers and keep the page's complaints, until Firefox goes."""
        async for received in self._socket:
            said = received.json()
            if said["type"] != "event":
                self._waiting.pop(said["id"]).set_result(said)
            elif said["params"]["level"] == "error":
                self.errors.append(said["params"]["text"])

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        said = await asyncio.wait_for(asyncio.shield(answer), SECONDS)
        if said["type"] == "error":
            raise BidiError(f"{method}: {said['message']}")
        return dict(said["result"])

    async def open(self, url: str, width: int, height: int) -> None:
        await self.command("session.new", capabilities={})
        await self.command("session.subscribe", events=["log.entryAdded"])
        tree = await self.command("browsingContext.getTree")
        self._context = {"context": tree["contexts"][0]["context"]}
        await self.resize(width, height)
        await self.command("browsingContext.navigate", url=url, wait="complete", **self._context)

    async def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        await self.command("browsingContext.setViewport", viewport=size, **self._context)

    async def evaluate(self, function: str, *arguments: str) -> dict[str, Any]:
        """Call a function of the page with texts; its result as BiDi tells it."""
        said = await self.command(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": one} for one in arguments],
            target=self._context,
            awaitPromise=True,
        )
        if said["type"] == "exception":
            raise BidiError(said["exceptionDetails"]["text"])
        return dict(said["result"])

    async def sees(self, selector: str, text: str = "") -> dict[str, Any]:
        """Wait for the newest element that is visible and says `text`."""
        try:
            found = await self.evaluate(FIND, selector, text)
        except TimeoutError:
            shown = await self.evaluate("() => document.body.innerText")
            raise AssertionError(f"no {selector} with {text!r} in\n{shown['value']}") from None
        return {"sharedId": found["sharedId"]}

    async def clicks(self, selector: str, text: str = "") -> None:
        try:
            await self._click(await self.sees(selector, text))
        except BidiError:  # the page has drawn it again meanwhile
            await self._click(await self.sees(selector, text))

    async def _click(self, element: dict[str, Any]) -> None:
        origin = {"type": "element", "element": element}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        await self._acts(type="pointer", id="mouse", actions=[move, *press])

    async def types(self, text: str) -> None:
        """Press a key for each letter."""
        keys = [{"type": do, "value": key} for key in text for do in ("keyDown", "keyUp")]
        await self._acts(type="key", id="keyboard", actions=keys)

    async def _acts(self, **source: Any) -> None:
        await self.command("input.performActions", actions=[source], **self._context)

    async def picture(self) -> bytes:
        shot = await self.command("browsingContext.captureScreenshot", **self._context)
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def open_firefox(path: str, profile: Path, **preferences: Any) -> AsyncIterator[Tab]:
    """Start Firefox on a fresh profile; at the end it is gone."""
    wanted = (PREFERENCES | preferences).items()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted]
    (profile / "user.js").write_text("\n".join(lines), "utf-8")
    flags = ("--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile))
    process = await asyncio.create_subprocess_exec(path, *flags, stdout=DEVNULL, stderr=PIPE)
    assert process.stderr is not None
    try:
        said = b""
        while not (found := LISTENING.search(said)):
            line = await process.stderr.readline()
            assert line, f"Firefox ended: {said.decode()}"
            said += line
        address = f"{found[1].decode()}/session"
        async with (
            ClientSession() as session,
            session.ws_connect(address, max_msg_size=0) as socket,
            asyncio.TaskGroup() as tasks,
        ):
            tab = Tab(socket)
            tasks.create_task(_read_out(process.stderr))
            tasks.create_task(tab.listen())
            yield tab
            await tab.command("browser.close")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _read_out(stream: asyncio.StreamReader) -> None:
    """Firefox would stop at a full pipe."""
    while await stream.readline():
        pass
