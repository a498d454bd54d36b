"""A forum, as its people see it: a list of topics, each a conversation of its own."""

from typing import TYPE_CHECKING

import pytest

from sandbox import threads, topics
from sandbox.model import Chat, Topic
from sandbox.world import World
from tests.browser.conftest import Desk, open_desk, open_stage

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator

KATE, MAX = 700000004, 700000005

pytestmark = pytest.mark.filterwarnings("default")


async def open_forum(desk: Desk) -> tuple[World, Chat]:
    """Max and Kate in a forum, which Kate looks at; Max is no administrator."""
    made = await desk.sandbox.client().call(
        "group", title="Orders", members=[KATE, MAX], forum=True, bot="administrator"
    )
    await desk.right.get_by_role("button", name="Orders").click()
    world = desk.sandbox.world
    return world, world.chats[made["id"]]


def says(world: World, chat: Chat, topic: Topic | None, text: str) -> None:
    world.add_message(chat, world.bot, threads.inside(chat, topic) | {"text": text})


def listed(pane: "Locator") -> "Locator":
    return pane.get_by_role("navigation", name="Topics")


async def chooses(desk: Desk, pane: "Locator", what: str) -> None:
    await pane.get_by_role("button", name="What to do with this chat").click()
    await desk.page.get_by_role("menuitem", name=what).click()


async def test_topics_are_listed_with_what_is_new_in_them(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, left, right = desk.page, desk.left, desk.right
        world, chat = await open_forum(desk)
        seven = topics.create(world, chat, world.bot, "Order 7")
        says(world, chat, seven, "card of seven")
        says(world, chat, None, "in General")
        await desk.message(right, "in General").wait_for()
        assert not await desk.message(right, "card of seven").count()
        line = listed(right).get_by_role("button", name="Order 7")
        await line.get_by_label("2 unread").wait_for()
        await line.get_by_text("Support Bot: card of seven").wait_for()

        await line.click()
        await desk.message(right, "card of seven").wait_for()
        await line.get_by_label("unread").wait_for(state="detached")
        assert not await desk.message(right, "in General").count()
        await desk.writes(right, "an answer")
        said = list(chat.messages.values())[-1]
        assert threads.topic_of(said) is seven

        # A reply stays in its topic, and the user's chat is beside it all the time.
        await left.get_by_role("radio", name="Max").check(force=True)
        await left.get_by_role("button", name="All chats").click()
        await left.get_by_role("button", name="Orders").get_by_text("Order 7 › Kate").wait_for()
        await left.get_by_role("button", name="Orders").click()
        await listed(left).get_by_role("button", name="Order 7").click()
        await desk.does(left, "card of seven", "Reply")
        await desk.writes(left, "to the card")
        await desk.message(right, "to the card").locator(".quote").wait_for()

        await chooses(desk, right, "View as messages")
        await desk.message(right, "in General").wait_for()
        await desk.message(right, "card of seven").get_by_role("button", name="Order 7").click()
        await right.get_by_role("heading", name="Order 7").wait_for()
        await desk.message(right, "in General").wait_for(state="detached")
        assert await page.title() == "Sandbox: a local Telegram"


async def test_topics_are_renamed_closed_hidden_and_deleted(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, left, right = desk.page, desk.left, desk.right
        world, chat = await open_forum(desk)
        seven = topics.create(world, chat, world.bot, "Order 7")
        await left.get_by_role("radio", name="Max").check(force=True)
        for pane in (left, right):
            if await pane.get_by_role("button", name="Orders").count():
                await pane.get_by_role("button", name="Orders").click()
            await listed(pane).get_by_role("button", name="Order 7").click()

        await chooses(desk, right, "Edit the topic")
        await page.get_by_label("Name", exact=True).fill("Order 7 · done")
        await page.get_by_label("Icon").select_option("🔥")
        await page.keyboard.press("Enter")
        await right.get_by_role("heading", name="Order 7 · done").wait_for()
        assert (seven.name, topics.ICONS[seven.icon or ""]) == ("Order 7 · done", "🔥")

        await chooses(desk, right, "Close the topic")
        await left.get_by_text("This topic is closed.").wait_for()
        await listed(left).get_by_role("img", name="Closed").wait_for()
        await desk.writes(right, "an administrator may")
        await desk.message(left, "an administrator may").wait_for()
        await chooses(desk, right, "Reopen the topic")
        await desk.writes(left, "it is open")
        await desk.message(right, "it is open").wait_for()

        await listed(right).get_by_role("button", name="General").click()
        await chooses(desk, right, "Hide from the list")
        await listed(left).get_by_role("button", name="General").wait_for(state="detached")
        await listed(right).get_by_role("button", name="General Closed").wait_for()

        await left.get_by_role("button", name="What to do with this chat").click()
        assert not await page.get_by_role("menuitem", name="Delete the topic").count()
        await page.keyboard.press("Escape")
        await listed(right).get_by_role("button", name="Order 7").click(button="right")
        await page.get_by_role("menuitem", name="Delete the topic").click()
        await listed(left).get_by_role("button", name="Order 7").wait_for(state="detached")
        assert not chat.topics


async def test_a_group_becomes_a_forum_and_stops_being_one(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, right = desk.page, desk.right
        await chooses(desk, right, "Turn topics on")
        await listed(right).get_by_role("button", name="General").wait_for()
        await right.get_by_role("button", name="New topic").click()
        await page.get_by_label("Name", exact=True).fill("Ideas")
        await page.keyboard.press("Enter")
        await right.get_by_role("heading", name="Ideas").wait_for()
        await desk.writes(right, "an idea")
        await desk.message(right, "an idea").wait_for()

        await chooses(desk, right, "Turn topics off")
        await right.get_by_role("navigation", name="Chats").wait_for()
        await desk.writes(right, "in one chat")
        await desk.message(right, "in one chat").wait_for()
        await desk.message(right, "an idea").wait_for()


async def test_topics_are_broken_from_the_panel(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        world, chat = await open_forum(desk)
        seven = topics.create(world, chat, world.bot, "Order 7")
        await listed(desk.right).get_by_role("button", name="Order 7").wait_for()
        await desk.page.get_by_role("button", name="Break it").click()
        panel = desk.page.get_by_role("region", name="Break it")
        await panel.get_by_role("combobox", name="Group").select_option("Orders")

        async with desk.page.expect_response("**/topic_refuses"):
            await panel.get_by_role("combobox", name="Sends to it").select_option("TOPIC_DELETED")
        async with desk.page.expect_response("**/settings"):
            await panel.get_by_role("switch", name="Topics silently land in General").check()

        assert (seven.refuses, chat.drops_threads) == ("TOPIC_DELETED", True)


async def test_a_phone_shows_topics_then_one_of_them(browser: "Browser") -> None:
    size = {"width": 390, "height": 844}
    async with open_stage() as sandbox, open_desk(browser, sandbox, viewport=size) as desk:
        right, panes = desk.right, desk.page.get_by_role("group", name="Pane")
        await panes.get_by_role("button", name="Kate").click()
        world, chat = await open_forum(desk)
        says(world, chat, topics.create(world, chat, world.bot, "Order 7"), "card of seven")

        line = listed(right).get_by_role("button", name="Order 7")
        await line.get_by_label("2 unread").wait_for()
        await line.click()
        await desk.message(right, "card of seven").wait_for()
        assert await right.evaluate("pane => pane.scrollWidth <= pane.clientWidth")
        await right.get_by_role("button", name="Back to the topics").click()
        await line.wait_for()
        await right.get_by_role("button", name="All chats").click()
        await right.get_by_role("button", name="Orders").wait_for()
