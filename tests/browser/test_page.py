"""The page as a person uses it: a ticket, trouble, and a phone without a mouse."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Sandbox
from sandbox.runner import Runner
from tests.browser.conftest import (
    STAFF_CHAT,
    Desk,
    bot_command,
    open_business,
    open_desk,
    open_stage,
)
from tests.support.office import Sessions
from tests.support.processes import environment

if TYPE_CHECKING:
    from playwright.async_api import Browser, Route

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
# What has the focus is called, as a person would say.
FOCUSED = """() => {
    const at = document.activeElement;
    const label = at.labels?.[0]?.textContent;
    return at === document.body ? "" : at.ariaLabel ?? label ?? at.textContent;
}"""

pytestmark = pytest.mark.filterwarnings("default")


@asynccontextmanager
async def open_for_business(
    browser: "Browser", sessions: Sessions, **how: object
) -> AsyncIterator[Desk]:
    """Run the bot in this process, and open the page."""
    async with (
        open_business(sessions) as sandbox,
        open_desk(browser, sandbox, **how) as desk,
    ):
        yield desk


async def test_an_answer_that_overtakes_its_press_is_shown(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        world, group = sandbox.world, sandbox.world.chats[STAFF_CHAT]
        keyboard = {"inline_keyboard": [[{"text": "Is it so?", "callback_data": "so"}]]}
        world.add_message(group, world.bot, {"text": "A question"}, keyboard=keyboard)

        async def overtaken(route: "Route") -> None:
            pressed = await route.fetch()
            query_id = (await pressed.json())["result"]["id"]
            answer = {"query_id": query_id, "text": "It is so", "show_alert": True}
            world.feed.put("callback_answer", None, **answer)
            world.add_message(group, world.bot, {"text": "later"})
            await desk.message(desk.right, "later").wait_for()
            await route.fulfill(response=pressed)

        await desk.page.route("**/press", overtaken)
        await desk.right.get_by_role("button", name="Is it so?").click()

        await desk.page.get_by_role("dialog").get_by_text("It is so").wait_for()


async def test_a_ticket_from_its_photo_to_the_thanks(
    browser: "Browser", sessions: Sessions
) -> None:
    async with open_for_business(browser, sessions) as desk:
        left, right = desk.left, desk.right
        await left.get_by_role("button", name="Start", exact=True).click()
        await desk.message(left, "Describe your question").wait_for()

        await left.get_by_role("button", name="Attach").click()
        await desk.page.get_by_role("menuitem", name="Sample photo").click()
        await desk.writes(left, "My parcel looks like this.")
        await desk.message(right, "My parcel").get_by_role("img", name="Photo").wait_for()

        await right.get_by_role("button", name="Take").click()
        await desk.message(right, "Kate").wait_for()
        await desk.does(right, "My parcel", "Reply")
        await desk.writes(right, "We are **sorry**! A new one is on its way.")
        await desk.message(left, "A new one is on its way").locator("strong").wait_for()
        await desk.message(right, "A new one").get_by_role("button", name="👍").wait_for()
        await desk.page.mouse.move(640, 30)
        await desk.pictured("page-light")
        await desk.page.emulate_media(color_scheme="dark")
        await desk.pictured("page-dark")

        await desk.does(left, "My parcel", "Edit")
        await desk.writes(left, "My parcel 4712 looks like this.")
        await desk.message(right, "4712").get_by_text("edited").wait_for()

        await right.get_by_role("button", name="Close", exact=True).first.click()
        await desk.message(left, "closed").wait_for()
        await desk.writes(left, "Thank you, <b>that</b> was quick!")
        await desk.message(right, "<b>that</b> was quick!").wait_for()


@asynccontextmanager
async def bot_process(sandbox: Sandbox, database_url: str) -> AsyncIterator[None]:
    """Run the bot as the sandbox's child, which the page can kill."""
    where = {"telegram_api_url": sandbox.url, "bot_token": sandbox.token}
    settings = environment(staff_chat_id=STAFF_CHAT, database_url=database_url, **where)
    runner = sandbox.stage.runner = Runner(bot_command(), settings, sandbox.stage.tell_process)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())
        try:
            yield
        finally:
            await runner.close()


async def test_everything_arrives_while_it_breaks(browser: "Browser", sqlite_url: str) -> None:
    async with (
        open_stage() as sandbox,
        bot_process(sandbox, sqlite_url),
        open_desk(browser, sandbox) as desk,
    ):
        page, left, right = desk.page, desk.left, desk.right
        await page.get_by_role("button", name="Break it").click()
        log = page.get_by_role("region", name="API log")
        panel = page.get_by_role("region", name="Break it")

        async def arrives(text: str) -> None:
            await desk.message(right, text).wait_for(timeout=60_000)

        await left.get_by_role("button", name="Start", exact=True).click()
        await desk.writes(left, "one: all is well")
        await arrives("one: all is well")

        await panel.get_by_role("button", name="502 as HTML").click()
        await desk.writes(left, "two: after a proxy's page")
        await log.get_by_text("html").first.wait_for()
        await arrives("two: after a proxy's page")

        await panel.get_by_label("Method").select_option("sendMessage")
        await panel.get_by_role("button", name="Cut before").click()
        await desk.writes(left, "three: after a cut")
        await log.get_by_text("cut_before").first.wait_for()
        await arrives("three: after a cut")

        await panel.get_by_label("Outage of getUpdates").check()
        await desk.writes(left, "four: after an outage")
        await log.get_by_text("getUpdates").first.wait_for()
        await panel.get_by_label("Outage of getUpdates").uncheck()
        await arrives("four: after an outage")

        await panel.get_by_role("button", name="Kill it").click()
        await panel.get_by_text("Dead, exit code").wait_for()
        await desk.writes(left, "five: to a dead bot")
        await panel.get_by_role("button", name="Start it again").click()
        await arrives("five: to a dead bot")

        await panel.get_by_role("button", name="Make this a supergroup").click()
        await right.locator(".service", has_text="was a group before").wait_for()
        await desk.writes(left, "six: to a supergroup")
        await arrives("six: to a supergroup")


async def test_a_phone_by_keyboard_alone(browser: "Browser", sessions: Sessions) -> None:
    async with open_for_business(browser, sessions, **PHONE) as desk:
        page, left, right = desk.page, desk.left, desk.right

        async def tab_to(name: str, most: int = 40) -> None:
            """Press Tab until the focus is on what is called so."""
            for _ in range(most):
                if name in await page.evaluate(FOCUSED):
                    return
                await page.keyboard.press("Tab")
            raise AssertionError(f"Tab does not reach {name}")

        await left.get_by_role("button", name="Support Bot").wait_for()
        await tab_to("Press Start to begin")
        await page.keyboard.press("Enter")
        await tab_to("Start")
        await page.keyboard.press("Enter")
        await desk.message(left, "Describe your question").wait_for()

        await tab_to("Message")
        await page.keyboard.type("Hello,")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("where is my order?")
        await page.keyboard.press("Enter")
        await desk.message(left, "Ticket #1").wait_for()

        await page.keyboard.press("Escape")
        await left.get_by_role("navigation", name="Chats").wait_for()
        await tab_to("Kate")
        await page.keyboard.press("Enter")
        await tab_to("Support")
        await page.keyboard.press("Enter")
        card = desk.message(right, "where is my order?")
        await card.wait_for()
        await tab_to("Take")
        await page.keyboard.press("Enter")
        await desk.message(right, "Kate").wait_for()

        await card.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("menuitem", name="Reply").wait_for()
        await tab_to("Reply")
        await page.keyboard.press("Enter")
        await page.keyboard.type("It arrives tomorrow.")
        await page.keyboard.press("Enter")
        await (
            desk.message(right, "It arrives tomorrow.").get_by_role("button", name="👍").wait_for()
        )
        await desk.pictured("page-phone")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))


async def test_what_is_written_is_only_text(browser: "Browser") -> None:
    evil = "<script>document.title = 'hacked'</script><img src=x onerror=alert(1)>"
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        left = desk.left
        await left.get_by_role("button", name="Start", exact=True).click()
        await desk.writes(left, evil)
        await desk.writes(left, "w" * 3000)
        await desk.writes(left, "שלום עולם")

        await desk.message(left, "שלום").wait_for()
        assert await desk.message(left, "hacked").locator(".text").text_content() == evil
        assert await desk.page.title() == "Sandbox: a local Telegram"
        assert await left.evaluate("pane => pane.scrollWidth <= pane.clientWidth")


async def test_blocking_deep_links_topics_and_a_recording(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, left, right = desk.page, desk.left, desk.right
        await page.get_by_role("button", name="Record").click()
        await left.get_by_role("button", name="What to do with this chat").click()
        await page.get_by_role("menuitem", name="Open a deep link").click()
        await page.get_by_label("?start=").fill("order-7")
        await page.keyboard.press("Enter")
        await desk.message(left, "/start order-7").wait_for()

        await left.get_by_role("button", name="What to do with this chat").click()
        await page.get_by_role("menuitem", name="Block the bot").click()
        await left.get_by_role("button", name="Unblock the bot").click()
        await left.get_by_role("textbox", name="Message").wait_for()

        kate = sandbox.client()
        await kate.call("group", title="Orders", members=[700000004], forum=True)
        await right.get_by_role("button", name="Orders").click()
        await right.get_by_role("button", name="New topic").click()
        await page.get_by_label("Name", exact=True).fill("Returns")
        await page.keyboard.press("Enter")
        await right.get_by_role("heading", name="Returns").wait_for()
        await desk.writes(right, "about a return")
        await desk.message(right, "about a return").wait_for()
        await right.locator(".service", has_text="created the topic “Returns”").wait_for()

        async with page.expect_download() as saved:
            await page.get_by_role("button", name="Save").click()
        scenario = read(await (await saved.value).path())
        assert [step["do"] for step in scenario["steps"]] == [
            *("write", "block", "block", "group", "topic", "write"),
        ]
