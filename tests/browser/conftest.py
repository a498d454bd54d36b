"""Real browsers on the sandbox's page, with the real bot behind it."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from core.config import PROJECT
from sandbox import Sandbox, scene
from tests.support.office import (
    Sessions,
    open_telegram,
    running,
    settings_for,
    until_it_works_there,
)

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

STAFF_CHAT = -4_000_000_001
SCENE: dict[str, Any] = {
    "users": [
        {"id": 700000001, "first_name": "Alice", "username": "alice", "language_code": "en"},
        {"id": 700000002, "first_name": "Борис", "username": "boris", "language_code": "ru"},
        {"id": 700000003, "first_name": "ليلى", "username": "layla", "language_code": "ar"},
        {"id": 700000004, "first_name": "Kate", "username": "kate", "language_code": "en"},
        {"id": 700000005, "first_name": "Max", "username": "max", "language_code": "en"},
    ],
    "groups": [{"id": STAFF_CHAT, "title": "Support", "members": [700000004, 700000005]}],
}
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOXES = ("firefox-esr", "firefox")
# --no-sandbox: containers run tests as root; what is opened is our own page.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",  # and may be used
]


def chromium() -> str:
    """Find the browser; without one, say how to get it, and fail where CI is set."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not found:
        do_without("no Chromium: `apt install chromium`, or name one in the variable CHROMIUM")
    if not find_spec("playwright"):
        do_without("no playwright: `make setup` installs it")
    return found


def firefox() -> str:
    """Find the other browser, in the same way."""
    found = os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, FIREFOXES)), None)
    if not found:
        do_without("no Firefox: `apt install firefox-esr`, or name one in the variable FIREFOX")
    return found


def do_without(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def backend() -> str:
    """A page does not care which database the bot has."""
    return "sqlite"


@pytest.fixture
async def browser() -> AsyncIterator["Browser"]:
    path = chromium()
    from playwright.async_api import async_playwright  # noqa: PLC0415 - it may be missing

    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        await running.close()


@dataclass
class Desk:
    """The page with its two panes: Alice on the left, Kate in the staff group on the right."""

    page: "Page"
    sandbox: Sandbox
    errors: list[str]

    @property
    def left(self) -> "Locator":
        return self.page.get_by_role("region", name="Left pane")

    @property
    def right(self) -> "Locator":
        return self.page.get_by_role("region", name="Right pane")

    def message(self, pane: "Locator", text: str) -> "Locator":
        """The newest message of a pane that says this itself, not in a quote."""
        said = self.page.locator(".text", has_text=text)
        return pane.get_by_role("article").filter(has=said).last

    async def writes(self, pane: "Locator", text: str) -> None:
        box = pane.get_by_role("textbox", name="Message")
        await box.fill(text)
        await box.press("Enter")

    async def does(self, pane: "Locator", text: str, what: str) -> None:
        """Choose from the menu of a message."""
        await self.message(pane, text).locator(".bubble").first.click(button="right")
        await self.page.get_by_role("menuitem", name=what, exact=True).click()

    async def pictured(self, name: str, **how: Any) -> None:
        """Save a screenshot where SCREENSHOTS says; the README's pictures are made so."""
        if folder := os.environ.get("SCREENSHOTS"):
            await self.page.locator(".toast").evaluate_all("all => all.map(one => one.remove())")
            await self.page.wait_for_timeout(400)
            await self.page.screenshot(path=Path(folder) / f"{name}.png", **how)


@asynccontextmanager
async def open_desk(browser: "Browser", sandbox: Sandbox, **how: Any) -> AsyncIterator[Desk]:
    """Open the page as a person does, and make sure that no script of it failed."""
    size: dict[str, Any] = {"viewport": {"width": 1360, "height": 820}, "locale": "en-GB"}
    context = await browser.new_context(**(size | how))
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.extend([said.text] if said.type == "error" else []))
    try:
        await page.goto(sandbox.page_url)
        yield Desk(page, sandbox, errors)
        assert errors == []
    finally:
        await context.close()


@asynccontextmanager
async def open_stage(cast: dict[str, Any] = SCENE, **how: Any) -> AsyncIterator[Sandbox]:
    """Open Telegram with three users and a staff group of two."""
    async with AsyncExitStack() as stack:
        sandbox, _telegram = await stack.enter_async_context(open_telegram(**how))
        sandbox.world.bot.first_name = "Support Bot"
        scene.set_up(sandbox.stage, cast)
        yield sandbox


@asynccontextmanager
async def open_business(sessions: Sessions, cast: dict[str, Any] = SCENE) -> AsyncIterator[Sandbox]:
    """Open Telegram, and run the bot in this process."""
    async with open_stage(cast) as sandbox:
        staff_chat = sandbox.world.chats[cast["groups"][0]["id"]]
        settings = settings_for(sandbox, staff_chat)  # type: ignore[arg-type]
        async with running(sandbox, settings, sessions, asyncio.Event()) as app:
            await until_it_works_there(app)
            yield sandbox


def bot_command() -> str:
    """How the bot is started as a process of its own."""
    return f'"{sys.executable}" "{PROJECT / "main.py"}"'
