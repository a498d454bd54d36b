"""How long a message takes from the bot's call to the screen, in a chat of a thousand."""

import statistics
import sys
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.browser.conftest import open_desk, open_stage
from tests.sandbox.conftest import Api

if TYPE_CHECKING:
    from playwright.async_api import Browser

ALICE = 700000001
MANY = 1000
MEASURED = 100
# A generous bound for a busy machine; what it really takes is printed.
SECONDS_AT_MOST = 0.5

pytestmark = pytest.mark.filterwarnings("default")

# Note when each row came: the moment of the frame that shows it.
WATCH = """() => {
    window.came = {};
    const rows = document.querySelector("[aria-label='Left pane'] .rows");
    new MutationObserver((changes) => {
        for (const node of changes.flatMap((change) => [...change.addedNodes])) {
            const text = node.querySelector?.(".text")?.textContent;
            if (text) requestAnimationFrame(() => (window.came[text.trim()] = Date.now() / 1000));
        }
    }).observe(rows, {childList: true});
}"""

MORE = """before => document.querySelectorAll("[aria-label='Left pane'] .row").length > before
    || document.querySelector("[aria-label='Left pane'] .older").hidden"""


async def test_a_thousand_messages_stay_smooth(browser: "Browser") -> None:
    async with open_stage() as sandbox, aiohttp.ClientSession() as session:
        api = Api(sandbox, session)
        world = sandbox.world
        for number in range(MANY):
            author = world.people[ALICE] if number % 2 else world.bot
            text = f"message {number} " + "of many words " * (number % 7)
            world.add_message(world.chats[ALICE], author, {"text": text})
        async with open_desk(browser, sandbox) as desk:
            await desk.message(desk.left, f"message {MANY - 1}").wait_for()
            older = desk.left.get_by_role("button", name="Earlier messages")
            while await older.is_visible():
                before = await desk.left.locator(".row").count()
                await older.click()
                await desk.page.wait_for_function(MORE, arg=before)
            await desk.left.get_by_role("button", name="Newest message").click()
            await desk.page.evaluate(WATCH)
            sent: dict[str, float] = {}
            for number in range(MEASURED):
                text = f"measured {number}"
                sent[text] = time.time()
                await api("sendMessage", chat_id=ALICE, text=text)
                await desk.page.wait_for_function("text => text in window.came", arg=text)
            came = await desk.page.evaluate("() => window.came")
            shown = await desk.page.get_by_role("region", name="Left pane").locator(".row").count()
    waits = [came[text] - at for text, at in sent.items()]
    median, slow = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
    took = f"median {median * 1000:.0f} ms, 95th percentile {slow * 1000:.0f} ms"
    sys.stdout.write(f"from the call to the screen, {shown} rows: {took}\n")  # seen with -s
    assert shown >= MANY
    assert slow < SECONDS_AT_MOST
