"""Two walks on the page: what they lead to, and that the recorded ones (tests/walks) are these."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Telegram
from services.helpdesk import closing
from tests.browser.conftest import Desk, open_business, open_desk
from tests.support.office import USERNAME, Sessions
from tests.walks import recorded

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator

pytestmark = pytest.mark.filterwarnings("default")

# Around what is pictured, in pixels; messages stand closer to each other at the bottom.
GAP = 4

ASKED = "Kate has #1. To take it over, press again within a minute."


@dataclass
class Walk:
    """A desk, and what happens on it."""

    desk: Desk
    telegram: Telegram

    async def begins(self, name: str, question: str) -> None:
        """Have a user begin and ask, and wait until staff see it."""
        await self.asks(name, question)
        await self.desk.message(self.desk.right, question).wait_for()

    async def asks(self, name: str, question: str) -> None:
        """Have a user begin with the bot, in the left pane, and ask."""
        left = self.desk.left
        await left.get_by_text(name, exact=True).first.click()
        await left.get_by_role("button", name="Start", exact=True).click()
        await self.desk.message(left, "Describe your question").wait_for()
        await self.desk.writes(left, question)
        await self.desk.message(left, "Ticket #").wait_for()

    async def replies(self, pane: "Locator", to: str, text: str) -> None:
        await self.desk.does(pane, to, "Reply")
        await self.desk.writes(pane, text)

    async def answers(self, to: str, text: str) -> None:
        """Have staff answer, and wait until it has arrived."""
        await self.replies(self.desk.right, to, text)
        arrived = self.desk.message(self.desk.right, text).get_by_role("button", name="👍")
        await arrived.wait_for()

    async def presses(self, on: str, button: str) -> None:
        """Press a button of staff's message."""
        message = self.desk.message(self.desk.right, on)
        await message.get_by_role("button", name=button, exact=True).click()

    async def shows(self, text: str, state: str) -> "Locator":
        """Wait until a card in the staff chat says so."""
        card = self.desk.message(self.desk.right, text).filter(has_text=state)
        await card.wait_for()
        return card

    async def pictured(self, name: str, *parts: "Locator") -> None:
        """Save how some messages look that stand below each other, or a whole conversation."""
        await self.desk.page.mouse.move(640, 30)
        await parts[0].scroll_into_view_if_needed()
        boxes = [box for part in parts if (box := await part.bounding_box())]
        left, top = (min(box[side] for box in boxes) for side in ("x", "y"))
        right = max(box["x"] + box["width"] for box in boxes)
        bottom = max(box["y"] + box["height"] for box in boxes)
        clip = {"x": left, "y": top - GAP, "width": right - left, "height": bottom - top + 2 * GAP}
        await self.desk.pictured(name, clip=clip)

    def topic(self, name: str) -> "Locator":
        """A line in the list of a forum's topics, in the right pane."""
        topics = self.desk.right.get_by_role("navigation", name="Topics")
        named = self.desk.page.locator(".chat-name").get_by_text(name, exact=True)
        return topics.get_by_role("button").filter(has=named)

    async def opens(self, name: str) -> None:
        """Have Kate look at a topic."""
        await self.topic(name).click()
        await self.desk.right.get_by_role("heading", name=name).wait_for()

    async def chooses(self, what: str) -> None:
        """Choose from the menu of the topic that Kate looks at."""
        await self.desk.right.get_by_role("button", name="What to do with this chat").click()
        await self.desk.page.get_by_role("menuitem", name=what).click()

    async def reacts(self, text: str, emoji: str) -> None:
        """Wait until the bot has reacted to what Kate wrote."""
        await self.desk.message(self.desk.right, text).get_by_role("button", name=emoji).wait_for()


@asynccontextmanager
async def walk(
    browser: "Browser",
    sessions: Sessions,
    name: str,
    patch: pytest.MonkeyPatch,
    cast: dict[str, Any] = recorded.CAST,
) -> AsyncIterator[Walk]:
    """Record what happens; at the end it must be what was recorded before."""
    # A slow machine must not have users hear of a close that is being undone.
    patch.setattr(closing, "TOLD_AFTER", timedelta(minutes=1))
    async with (
        open_business(sessions, cast) as sandbox,
        open_desk(browser, sandbox) as desk,
    ):
        telegram = sandbox.client()
        await desk.page.get_by_role("button", name="Record").click()
        yield Walk(desk, telegram)
        async with desk.page.expect_download() as saved:
            await desk.page.get_by_role("button", name="Save the recording").click()
        scenario = recorded.read(await (await saved.value).path())
        said = await recorded.transcript(telegram, recorded.staff_chat_of(cast))
    if recorded.is_written():
        recorded.write(name, scenario, said)
    assert recorded.deeds(scenario) == recorded.deeds(recorded.scenario_of(name))
    assert said == recorded.transcript_of(name)


async def test_a_user_with_two_questions_at_once(
    browser: "Browser", sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel, shirt = "My parcel was due on Monday. Where is it?", "Can I return a shirt?"
    async with walk(browser, sessions, "two_questions", monkeypatch) as on:
        desk, left, right = on.desk, on.desk.left, on.desk.right
        await on.begins("Alice", parcel)
        await left.get_by_role("button", name="Start another").last.click()
        await desk.message(left, "What else can we help with?").wait_for()
        await desk.writes(left, shirt)
        await desk.message(left, "Ticket #2").wait_for()
        await desk.message(right, shirt).wait_for()

        await on.answers(parcel, "It is in your town, and comes today.")
        await on.answers(shirt, "Yes, for 30 days. Do you need a label?")
        await desk.message(left, "#2").filter(has_text="Do you need a label?").wait_for()
        await desk.writes(left, "Yes, please.")
        await desk.message(right, "Yes, please.").filter(has_text="#2").wait_for()
        await on.replies(left, "comes today", "It has just come.")
        await desk.message(right, "It has just come.").filter(has_text="#1").wait_for()
        await on.pictured("questions-light", left.locator(".scroller"))
        await desk.page.emulate_media(color_scheme="dark")
        await on.pictured("questions-dark", left.locator(".scroller"))

        await on.presses(parcel, "Close")
        await on.shows(parcel, "closed · Kate")
        await on.telegram.advance(recorded.CLOSE_IS_TOLD)
        await desk.message(left, "Ticket #1 is closed").wait_for()
        await on.replies(left, "comes today", "The box was empty!")
        await on.shows("The box was empty!", "open")
        await on.shows(parcel, "continues below")


async def test_a_quarter_of_an_hour_of_a_team(
    browser: "Browser", sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel = "My parcel was due on Monday. Where is it?"
    async with walk(browser, sessions, "quarter_of_an_hour", monkeypatch) as on:
        desk, right = on.desk, on.desk.right
        await on.begins("Alice", parcel)
        await on.begins("Bob", "Can I change the address of my order?")
        await on.begins("Carla", "The invoice has the wrong VAT number.")
        await on.pictured("team-cards", desk.message(right, parcel), desk.message(right, "Bob"))

        await desk.writes(right, f"/tickets@{USERNAME}")
        await desk.message(right, "3 tickets wait for our answer").wait_for()
        await on.presses("3 tickets wait", "Nobody's · 3")
        await desk.message(right, "3 tickets wait for us and have no owner").wait_for()
        await on.presses("and have no owner", "Show #1")
        await desk.message(right, "A reply to this message goes to the user").wait_for()

        await on.presses(parcel, "Take")
        await on.shows(parcel, "open · Kate")
        await right.get_by_text("Max", exact=True).first.click()
        await on.presses(parcel, "Kate has it")
        await desk.page.get_by_role("dialog").get_by_text(ASKED).wait_for()
        await desk.page.get_by_role("button", name="OK").click()
        await right.get_by_text("Kate", exact=True).first.click()

        await on.replies(right, parcel, "// Lost: the courier sends a new one today")
        note = desk.message(right, "// Lost").get_by_role("button", name="✍")
        await note.wait_for()
        await on.answers(parcel, "Sorry! A new parcel leaves today.")
        await on.shows(parcel, "answered")
        written = [desk.message(right, one) for one in ("// Lost", "Sorry!")]
        await on.pictured("team-answer", *written)
        await on.presses(parcel, "More…")
        menu = right.get_by_role("article").filter(has_text="How to answer")
        await menu.wait_for()
        await on.pictured("team-taken", await on.shows(parcel, "Kate has it"))
        await on.pictured("team-menu", menu)
        await menu.get_by_role("button", name="Hide").click()
        await menu.wait_for(state="hidden")

        await on.presses(parcel, "Close")
        await on.shows(parcel, "closed · Kate")
        await on.presses(parcel, "Reopen")
        await desk.message(right, "continues below").wait_for()
        await on.shows(parcel, "open · Kate")
        await on.telegram.advance(recorded.CLOSE_IS_TOLD)


async def test_a_team_in_a_forum(
    browser: "Browser", sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel, shirt = "My parcel was due on Monday. Where is it?", "/new Can I return a shirt?"
    async with walk(browser, sessions, "forum", monkeypatch, recorded.FORUM) as on:
        desk, left, right = on.desk, on.desk.left, on.desk.right
        await on.asks("Bob", "Can I change the address of my order?")
        await on.topic("Bob").get_by_text("❗️").wait_for()
        await on.asks("Alice", parcel)
        await on.opens("Alice")
        await on.shows(parcel, "Only replies to me go to Alice.")

        await on.opens("General")
        await desk.writes(right, f"/settings@{USERNAME}")
        await on.presses("What do you want to change?", "Cards or topics")
        await on.presses("Where do you answer tickets?", "Everything we write goes to the user")
        await desk.message(right, "everything you write in a ticket's topic").wait_for()
        await on.presses("Where do you answer tickets?", "Back")
        await on.presses("What do you want to change?", "Done")
        await on.opens("Alice")
        await on.shows(parcel, "All you write here goes to Alice")

        await desk.writes(right, "// Lost: the courier sends a new one")
        await on.reacts("// Lost", "✍")
        await desk.writes(right, "Sorry! A new parcel leaves today.")
        await on.reacts("Sorry!", "👍")
        await desk.message(left, "Sorry!").wait_for()
        await on.telegram.advance(recorded.ICON_FOLLOWS)
        await on.topic("Alice").get_by_text("💬").wait_for()
        await right.get_by_role("button", name="Pinned message").wait_for()
        await right.locator(".scroller").get_by_text("pinned").wait_for(state="hidden")
        await on.pictured("team-topics", right.locator(".columns"))

        await desk.writes(right, f"/take@{USERNAME}")
        await on.shows(parcel, "Kate has it")
        await on.chooses("Close the topic")
        await on.shows(parcel, "closed · Kate")
        await on.chooses("Reopen the topic")
        await desk.message(right, "continues below").wait_for()
        await desk.writes(right, f"/close@{USERNAME}")
        await on.shows(parcel, "closed · Kate")
        await on.telegram.advance(recorded.CLOSE_IS_TOLD)
        await desk.message(left, "Ticket #2 is closed").wait_for()
        await on.topic("Alice").get_by_text("✅").wait_for()

        await desk.writes(left, shirt)
        await desk.message(left, "Ticket #3").wait_for()
        await on.shows("Can I return a shirt?", "#3")
        await on.opens("General")
        await desk.writes(right, f"/board@{USERNAME} on")
        await desk.message(right, "2 tickets wait for our answer").wait_for()
        await right.get_by_role("button", name="Pinned message").wait_for()


async def test_a_forum_that_is_broken_on_purpose(
    browser: "Browser", sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcel, bobs = "My parcel was due on Monday. Where is it?", "Can I change my address?"
    async with walk(browser, sessions, "broken_forum", monkeypatch, recorded.FORUM) as on:
        desk, left, right = on.desk, on.desk.left, on.desk.right
        await on.asks("Alice", parcel)
        await on.opens("Alice")
        await desk.message(right, parcel).wait_for()

        await on.chooses("Delete the topic")
        await on.topic("Alice").wait_for(state="hidden")
        await desk.writes(left, "It is a present.")
        await on.opens("Alice")
        await desk.message(right, "It is a present.").wait_for()
        await desk.message(right, parcel).wait_for()

        await on.chooses("Close the topic")
        await on.shows(parcel, "closed · Kate")
        await desk.writes(left, "Any news?")
        await on.shows("Any news?", "came back")
        await on.topic("Alice").get_by_label("Closed").wait_for(state="hidden")

        await desk.page.get_by_role("button", name="Break it").click()
        panel = desk.page.get_by_role("region", name="Break it")
        await panel.get_by_role("switch", name="manage topics").uncheck()
        await on.opens("General")
        await on.asks("Bob", bobs)
        await desk.message(right, bobs).wait_for()
        await desk.message(right, "I can't make topics here.").wait_for()
        await panel.get_by_role("switch", name="manage topics").check()
        await on.opens("Bob")
        await desk.message(right, bobs).wait_for()

        await panel.get_by_role("combobox", name="Topic").select_option("Alice")
        await panel.get_by_role("combobox", name="Sends to it").select_option("lands in General")
        await left.get_by_text("Alice", exact=True).first.click()
        await desk.writes(left, "It is for Sunday!")
        await on.topic("Alice").nth(1).wait_for()
        await on.topic("Alice").first.click()
        await desk.message(right, "It is for Sunday!").wait_for()
        await desk.message(right, "Any news?").wait_for()
