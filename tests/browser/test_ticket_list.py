"""The list of tickets on the page: its clocks run, and its buttons lead to the cards."""

import re
from typing import TYPE_CHECKING

import pytest

from sandbox.client import Chat
from tests.browser.conftest import STAFF_CHAT, Desk, open_business, open_desk
from tests.support.office import USERNAME, Sessions

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator

pytestmark = pytest.mark.filterwarnings("default")

QUESTIONS = {
    "Alice": "My parcel has not arrived, and it was due on Monday.",
    "Bob": "Can I change the address of my order?",
    "Carla": "The invoice has the wrong VAT number.",
}


async def write_first(desk: Desk) -> None:
    """Have Alice begin with the bot, and write."""
    await desk.left.get_by_role("button", name="Start", exact=True).click()
    await desk.message(desk.left, "Describe your question").wait_for()
    await desk.writes(desk.left, QUESTIONS["Alice"])


async def asks(desk: Desk) -> "Locator":
    """Have Kate ask for the list; give its newest message."""
    await desk.writes(desk.right, f"/tickets@{USERNAME}")
    listed = desk.message(desk.right, "tickets wait for our answer")
    await listed.wait_for()
    return listed


async def test_show_leads_to_the_card_and_clocks_run(
    browser: "Browser", sessions: Sessions
) -> None:
    async with open_business(sessions) as sandbox, open_desk(browser, sandbox) as desk:
        right = desk.right
        telegram = sandbox.client()
        await write_first(desk)
        for name in ("Bob", "Carla"):
            await (await telegram.user(name)).writes(QUESTIONS[name])
        await desk.message(right, QUESTIONS["Carla"]).wait_for()
        await desk.message(right, QUESTIONS["Bob"]).get_by_role("button", name="Take").click()
        await desk.message(right, "open · Kate").wait_for()
        await telegram.advance(4 * 60)

        listed = await asks(desk)

        clocks = listed.locator("time.clock")
        await clocks.filter(has_text=re.compile("^[45] minutes ago$")).first.wait_for()
        assert await clocks.count() == len(QUESTIONS)
        card = desk.message(right, QUESTIONS["Alice"])
        await card.locator("time.clock").filter(has_text="minutes ago").wait_for()
        await listed.get_by_role("button", name="Show #1").click()
        shown = desk.message(right, "A reply to this message goes to the user, too.")
        await shown.locator(".quote").get_by_text("Alice").wait_for()
        await desk.page.mouse.move(640, 30)
        conversation = await right.locator(".scroller").bounding_box()
        await desk.pictured("list-light", clip=conversation)
        await desk.page.emulate_media(color_scheme="dark")
        await desk.pictured("list-dark", clip=conversation)


async def test_in_a_supergroup_a_link_leads_to_the_card(
    browser: "Browser", sessions: Sessions
) -> None:
    async with open_business(sessions) as sandbox, open_desk(browser, sandbox) as desk:
        right = desk.right
        await write_first(desk)
        await (await sandbox.client().user("Bob")).writes(QUESTIONS["Bob"])
        await desk.message(right, QUESTIONS["Bob"]).wait_for()
        await Chat(sandbox.client(), STAFF_CHAT, "Support").becomes_supergroup()
        await desk.message(right, "became a supergroup").wait_for()
        await desk.message(right, QUESTIONS["Bob"]).wait_for()

        listed = await asks(desk)
        await listed.get_by_role("link", name="#1").click()

        await right.locator(".row.shown", has_text=QUESTIONS["Alice"]).wait_for()
        assert len(desk.page.context.pages) == 1
