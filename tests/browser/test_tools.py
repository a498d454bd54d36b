"""What the page lets one do and break beyond talking: rights, time."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import STAFF_CHAT, open_desk, open_stage

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.filterwarnings("default")


async def test_rights_to_delete_and_a_day_that_passes(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, right = desk.page, desk.right
        bot = sandbox.world.chats[STAFF_CHAT].members[sandbox.world.bot.id]

        async def offered(text: str) -> list[str]:
            await desk.message(right, text).locator(".bubble").click(button="right")
            await page.get_by_role("menuitem", name="Reply").wait_for()
            labels = await page.get_by_role("menuitem").all_text_contents()
            await page.keyboard.press("Escape")
            return labels

        await desk.writes(right, "of Kate, who owns the group")
        await right.get_by_text("Max").click()
        await desk.writes(right, "of Max, a member")
        assert "Delete" in await offered("of Max")
        assert "Delete" not in await offered("of Kate")
        await right.get_by_text("Kate", exact=True).first.click()
        assert "Delete" in await offered("of Max")

        await page.get_by_role("button", name="Break it").click()
        panel = page.get_by_role("region", name="Break it")
        await panel.get_by_label("The bot is").select_option("administrator")
        may = panel.get_by_role("group", name="The bot may")
        # Not `uncheck`: the page shows what the sandbox answers, which may not have this press yet.
        await may.get_by_label("delete messages").click()
        await may.get_by_label("pin messages").click()
        await may.get_by_label("delete messages").click()
        await page.get_by_text("bot: administrator").wait_for()
        await may.get_by_role("switch", name="pin messages", checked=False).wait_for()
        assert (bot.status, bot.without) == ("administrator", ["can_pin_messages"])
        await desk.pictured("page-rights")

        before = sandbox.clock.now()
        await panel.get_by_role("button", name="A day later").click()
        await page.get_by_text("Telegram's clock says").wait_for()
        assert sandbox.clock.now() - before >= 86_400


async def test_what_is_pinned_stands_above_the_messages(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, right = desk.page, desk.right
        pinned = right.get_by_role("group", name="Pinned")
        for text in ("the first rule", "the second rule"):
            await desk.writes(right, text)
            await desk.does(right, text, "Pin without a sound")
        await pinned.get_by_text("the second rule").wait_for()
        await pinned.get_by_text("Pinned message 2 of 2").wait_for()
        await desk.pictured("page-pinned")

        await pinned.get_by_role("button", name="the second rule").click()
        await pinned.get_by_text("the first rule").wait_for()
        await pinned.get_by_role("button", name="Unpin").click()
        await pinned.get_by_text("Pinned message", exact=True).wait_for()
        await pinned.get_by_text("the second rule").wait_for()

        await desk.does(right, "the second rule", "Delete")
        await pinned.wait_for(state="hidden")
        assert len(await page.get_by_text("Kate pinned").all()) >= 2


async def test_buttons_are_coloured_copied_and_disabled(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        await desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        rows = [
            [
                {"text": "Take", "callback_data": "take", "style": "primary"},
                {"text": "Reopen", "callback_data": "reopen", "style": "success"},
                {"text": "Close", "callback_data": "close", "style": "danger"},
            ],
            [
                {"text": "#7", "copy_text": {"text": "2026-11-28/7"}},
                {"text": "Anna has it", "disabled": {}},
                {"text": "More…", "callback_data": "more"},
            ],
        ]
        keyboard = {"inline_keyboard": rows}
        chat, world = sandbox.world.chats[STAFF_CHAT], sandbox.world
        world.add_message(chat, world.bot, {"text": "🔶 #7 Alice"}, keyboard=keyboard)

        button = desk.right.get_by_role("button", name="Take")
        await button.wait_for()
        await desk.pictured("page-buttons")
        assert await desk.right.get_by_role("button", name="Anna has it").is_disabled()
        await desk.right.get_by_role("button", name="#7").last.click()
        await desk.page.get_by_text("Copied.").wait_for()
        copied = await desk.page.evaluate("navigator.clipboard.readText()")
        assert copied == "2026-11-28/7"


async def test_every_tab_knows_the_time_that_has_passed(browser: "Browser") -> None:
    async with (
        open_stage() as sandbox,
        open_desk(browser, sandbox) as one,
        open_desk(browser, sandbox) as two,
    ):
        await one.writes(one.right, "of yesterday")
        await two.right.get_by_text("Today", exact=True).wait_for()

        await one.page.get_by_role("button", name="Break it").click()
        await one.page.get_by_role("button", name="A day later").click()

        await two.page.get_by_text("Telegram's clock says").wait_for()
        await two.right.get_by_text("Today", exact=True).wait_for(state="detached")


async def test_a_poll_is_asked_voted_in_and_counted(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page, left, right = desk.page, desk.left, desk.right
        await left.get_by_text("Max").click()
        await right.get_by_role("button", name="Attach").click()
        await page.get_by_role("menuitem", name="Poll…").click()
        for label, text in (("Question", "Lunch?"), ("First", "Soup"), ("Second", "Pizza")):
            await page.get_by_label(label).fill(text)
        await page.get_by_label("One may choose").select_option("several answers")
        await page.get_by_role("button", name="Send", exact=True).last.click()
        here, there = (
            right.get_by_role("group", name="Poll"),
            left.get_by_role("group", name="Poll"),
        )

        await here.get_by_role("button", name="Soup").focus()
        await page.keyboard.press("Enter")
        await here.get_by_role("button", name="100 % Soup", pressed=True).wait_for()
        await there.get_by_text("1 vote").wait_for()
        assert not await there.get_by_text("%").count(), "who has not voted sees no result"

        await there.get_by_role("button", name="Pizza").click()
        await there.get_by_role("button", name="50 % Pizza", pressed=True).wait_for()
        await here.get_by_role("button", name="50 % Soup", pressed=True).wait_for()
        await here.get_by_role("button", name="Pizza").click()
        await here.get_by_role("button", name="100 % Pizza", pressed=True).wait_for()
        await desk.pictured("page-poll")
        await here.get_by_role("button", name="Soup").click()
        await there.get_by_role("button", name="0 % Soup", pressed=False, exact=True).wait_for()


async def test_each_fault_says_what_it_does_and_spares_the_asking_for_updates(
    browser: "Browser",
) -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        page = desk.page
        await page.get_by_role("button", name="Break it").click()
        panel = page.get_by_role("region", name="Break it")

        await panel.get_by_role("button", name="Cut after").hover()
        await panel.get_by_text("the connection breaks before the bot hears so").wait_for()
        await panel.get_by_role("button", name="Cut after").click()
        await panel.get_by_role("button", name="cut after · all but getUpdates").wait_for()
        await desk.pictured("page-break-it")

        (fault,) = sandbox.faults.active
        assert (fault.method, fault.spares, fault.times) == (None, "getUpdates", 1)


async def test_whoever_is_out_of_sight_is_a_press_away(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        left, telegram = desk.left, sandbox.client()
        for number in range(30):
            await telegram.user(f"Person {number}")
        await left.get_by_title("Person 29").wait_for(state="attached")
        more = left.get_by_role("button", name="More people")
        await desk.pictured("page-thirty-people")

        await more.click()
        await left.get_by_role("button", name="Earlier people").wait_for()
        row = left.get_by_role("group", name="Who you are in this pane")
        await row.evaluate("(row) => row.scrollTo({ left: row.scrollWidth, behavior: 'instant' })")
        await more.wait_for(state="hidden")
        await left.get_by_role("button", name="Add a person").click()
        await desk.page.keyboard.press("Escape")

        await left.get_by_text("Person 29").click()
        shown = left.get_by_title("Person 29")
        frame, place = await left.locator(".who").bounding_box(), await shown.bounding_box()
        assert frame is not None
        assert place is not None
        assert frame["x"] <= place["x"] <= frame["x"] + frame["width"] - place["width"]
