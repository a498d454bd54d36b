"""What a client has beside the conversation: the bot's commands, unread counts, people, topics."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.client import make_bot
from bot.process import startup
from core.heartbeat import Heartbeat
from sandbox import Sandbox
from tests.browser.conftest import STAFF_CHAT, open_business, open_desk, open_stage
from tests.support.office import Sessions, close, settings_for

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator

KATE = 700000004

pytestmark = pytest.mark.filterwarnings("default")


async def introduce(
    sandbox: Sandbox, engine: AsyncEngine, sessions: Sessions, folder: Path
) -> None:
    """Let the bot do what it does before its first update: it registers its commands."""
    bot = make_bot(settings_for(sandbox, sandbox.world.chats[STAFF_CHAT]))  # type: ignore[arg-type]
    assert await startup.prepare(bot, engine, sessions, asyncio.Event(), Heartbeat(folder))
    await close(bot)


async def test_a_command_that_is_chosen_is_a_reply_too(
    browser: "Browser", engine: AsyncEngine, sessions: Sessions, tmp_path: Path
) -> None:
    async with open_business(sessions) as sandbox, open_desk(browser, sandbox) as desk:
        await introduce(sandbox, engine, sessions, tmp_path)
        await desk.left.get_by_role("button", name="Start", exact=True).click()
        await desk.writes(desk.left, "My order is late")
        await desk.does(desk.right, "My order is late", "Reply")
        await desk.right.get_by_role("textbox", name="Message").fill("/close")
        await desk.right.get_by_role("option", name="/close", selected=True).wait_for()

        await desk.page.keyboard.press("Enter")

        card = desk.message(desk.right, "My order is late")
        await card.filter(has_text="closed").wait_for()


async def test_commands_are_chosen_by_key_in_ones_own_language(
    browser: "Browser", engine: AsyncEngine, sessions: Sessions, tmp_path: Path
) -> None:
    async with open_business(sessions) as sandbox, open_desk(browser, sandbox) as desk:
        left, right = desk.left, desk.right

        async def offered(pane: "Locator") -> list[str]:
            options = pane.get_by_role("listbox", name="Commands").get_by_role("option")
            await options.first.wait_for()
            return [" ".join(line.split()) for line in await options.all_inner_texts()]

        box = left.get_by_role("textbox", name="Message")
        await left.get_by_role("button", name="Start", exact=True).click()
        await desk.message(left, "Describe your question").wait_for()
        await left.get_by_role("button", name="Commands").click()
        await left.get_by_text("has registered no commands").wait_for()
        await introduce(sandbox, engine, sessions, tmp_path)
        english = [
            "/start How this works",
            "/new Open another ticket",
            "/help What you can do here",
        ]
        assert await offered(left) == english
        await box.press("ArrowDown")
        await box.press("ArrowDown")
        await left.get_by_role("option", name="/help", selected=True).wait_for()
        await box.press("Enter")
        await desk.message(left, "your first message opens a ticket").wait_for()

        await left.get_by_role("button", name="Add a person").click()
        await desk.page.get_by_label("Name", exact=True).fill("Вера")
        await desk.page.get_by_label("Language").fill("ru")
        await desk.page.keyboard.press("Enter")
        await left.get_by_role("radio", name="Вера", checked=True).wait_for()
        await left.get_by_role("button", name="Start", exact=True).click()
        await desk.message(left, "/start").wait_for()
        await box.press("/")
        russian = [
            "/start Как это работает",
            "/new Открыть ещё одно обращение",
            "/help Что здесь можно сделать",
        ]
        assert await offered(left) == russian
        # Enter follows at once: it chooses from what fits now, not from what was offered before.
        await desk.page.keyboard.type("h")
        await desk.page.keyboard.press("Enter")
        await desk.message(left, "/help").wait_for()
        await desk.writes(left, "Где мой заказ?")

        await right.get_by_role("textbox", name="Message").press("/")
        listed = "/tickets List what is waiting only the bot sees it"
        assert (await offered(right))[0] == listed
        await desk.page.keyboard.press("Enter")
        await desk.message(right, "/tickets@").wait_for()
        await desk.message(right, "Где мой заказ?").wait_for()


async def test_what_is_unread_is_counted_until_it_is_read_or_deleted(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, left, right = desk.page, desk.left, desk.right
        await left.get_by_role("radio", name="Max").check(force=True)
        await right.get_by_role("button", name="Press Start to begin").click()

        await desk.writes(left, "one")
        await desk.writes(left, "two")
        await right.get_by_role("button", name="2 unread").click()
        await desk.message(right, "two").wait_for()
        assert not await right.get_by_label("unread").count()

        # A group that says something at its first moment, before the page has asked about it.
        kate, people = sandbox.client(), [KATE, 700000005]
        orders = await kate.call("group", title="Orders", members=people, forum=True)
        where = {"user": 700000005, "chat": orders["id"]}
        await kate.call("write", **where, text="in General")
        thread = (await kate.call("topic", **where, name="Returns"))["message_thread_id"]
        await kate.call("write", **where, thread=thread, text="a first return")
        await kate.call("write", **where, thread=thread, text="a second return")
        # Kate owns the group, and has herself added the bot.
        await right.get_by_role("button", name="Orders").get_by_label("4 unread").wait_for()

        await left.get_by_role("button", name="Orders").click()
        await left.get_by_role("button", name="Returns").click()
        await desk.message(left, "a second return").wait_for()
        await page.get_by_role("button", name="Break it").click()
        panel = page.get_by_role("region", name="Break it")
        await panel.get_by_role("combobox", name="Group").select_option("Orders")
        await panel.get_by_role("combobox", name="Topic").select_option("Returns")
        await panel.get_by_role("button", name="Delete this topic").click()

        await right.get_by_role("button", name="Orders").get_by_label("1 unread").wait_for()
        await left.get_by_role("button", name="Returns").wait_for(state="detached")
        await left.get_by_role("heading", name="General").wait_for()
        await desk.writes(left, "the thread is gone")
        await right.get_by_role("button", name="Orders").click()
        await desk.message(right, "the thread is gone").wait_for()
        assert not await desk.message(right, "return").count()

        # A phone shows the list or the chat: whoever looks at the list has not read the chat.
        await page.get_by_role("button", name="Close the tools").click()
        await page.set_viewport_size({"width": 390, "height": 844})
        panes = page.get_by_role("group", name="Pane")
        await panes.get_by_role("button", name="Kate").click()
        await right.get_by_role("button", name="Back to the topics").click()
        await panes.get_by_role("button", name="Max").click()
        await desk.writes(left, "while she looks at her chats")
        await panes.get_by_role("button", name="Kate").click()
        await right.get_by_role("button", name="1 unread").click()
        await desk.message(right, "while she looks at her chats").wait_for()
        await right.get_by_label("unread").wait_for(state="detached")


async def test_a_quote_says_what_its_message_says_now(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        right = desk.right
        await desk.writes(right, "It comes on Monday.")
        await desk.does(right, "Monday", "Reply")
        await desk.writes(right, "Are you sure?")
        quote = desk.message(right, "Are you sure?").locator(".quote")
        await quote.get_by_text("Monday").wait_for()

        await desk.does(right, "Monday", "Edit")
        await desk.writes(right, "It comes on Tuesday.")
        await quote.get_by_text("Tuesday").wait_for()
        await desk.does(right, "Tuesday", "Delete")

        await quote.get_by_text("Deleted message").wait_for()


async def test_each_line_has_the_direction_of_its_own_words(browser: "Browser") -> None:
    """A name in isolates turns nothing around it; a line of Arabic begins at the right."""
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        await desk.writes(
            desk.right,
            "#7 · \u2068\u0644\u064a\u0644\u0649\u2069\nnew\n\u0645\u0631\u062d\u0628\u0627 7",
        )
        text = desk.message(desk.right, "#7").locator(".text")

        begins = await text.evaluate(
            """element => {
                const node = element.firstChild, box = element.getBoundingClientRect();
                return [0, node.data.indexOf("new"), node.data.length - 1].map((at) => {
                    const range = document.createRange();
                    range.setStart(node, at);
                    range.setEnd(node, at + 1);
                    const { left } = range.getBoundingClientRect();
                    return left - box.left < 12;
                });
            }"""
        )

        # The last sign of the Arabic line is its left end, which is not where the box begins.
        assert begins == [True, True, False]
        await desk.pictured("page-right-to-left")
