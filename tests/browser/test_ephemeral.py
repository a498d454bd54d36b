"""Ephemeral messages on the page: one pane has them, and they say so."""

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from sandbox import Sandbox
from tests.browser.conftest import STAFF_CHAT, open_desk, open_stage

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.filterwarnings("default")

KATE = 700000004
COMMANDS = [{"command": "tickets", "description": "What waits", "is_ephemeral": True}]
NEXT = {"inline_keyboard": [[{"text": "Next", "callback_data": "next"}]]}


async def bot(sandbox: Sandbox, method: str, **params: Any) -> Any:
    """Call the Bot API as the bot."""
    url = f"{sandbox.url}/bot{sandbox.token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=params) as response:
        answer = json.loads(await response.text())
        assert answer["ok"], answer
        return answer["result"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_ephemeral_command_and_its_answer_are_in_one_pane_alone(
    browser: "Browser", scheme: str
) -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox, color_scheme=scheme) as desk:
        left, right = desk.left, desk.right
        scope = {"type": "chat", "chat_id": STAFF_CHAT}
        await bot(sandbox, "setMyCommands", commands=COMMANDS, scope=scope)
        await sandbox.client().call("member", chat=STAFF_CHAT, status="administrator")
        await desk.writes(right, "for all to see")
        await left.get_by_text("Alice", exact=True).first.wait_for()
        await left.get_by_text("Max", exact=True).first.click()
        await desk.message(left, "for all to see").wait_for()

        box = right.get_by_role("textbox", name="Message")
        await box.fill("/ti")
        await right.get_by_role("option").get_by_text("only the bot sees it").wait_for()
        await desk.pictured(f"page-ephemeral-command-{scheme}")
        await box.fill("/tickets")
        await box.press("Escape")
        await box.press("Enter")
        await desk.message(right, "/tickets").get_by_text("only the bot sees this").wait_for()
        alone = {"receiver_user_id": KATE}
        sent = await bot(
            sandbox,
            "sendMessage",
            chat_id=STAFF_CHAT,
            text="Two tickets wait",
            ephemeral_message_parameters=alone,
            reply_markup=NEXT,
        )
        await desk.message(right, "Two tickets").get_by_text("only you see this").wait_for()
        place = alone | {"ephemeral_message_id": sent["ephemeral_message_id"]}
        await bot(
            sandbox,
            "editEphemeralMessageText",
            chat_id=STAFF_CHAT,
            text="Three tickets wait",
            **place,
        )
        await desk.message(right, "Three tickets").wait_for()
        await desk.does(right, "Three tickets", "Reply")
        await desk.writes(right, "thanks")
        await desk.message(right, "thanks").get_by_role("button", name="Three tickets").wait_for()
        await desk.pictured(f"page-ephemeral-{scheme}")

        await desk.writes(right, "the end")
        await desk.message(left, "the end").wait_for()
        for text in ("/tickets", "Three tickets", "thanks"):
            assert await desk.message(left, text).count() == 0

        await desk.does(right, "Three tickets", "Delete")
        await desk.message(right, "Three tickets").wait_for(state="detached")


async def test_break_it_has_them_get_lost(browser: "Browser") -> None:
    async with open_stage() as sandbox, open_desk(browser, sandbox) as desk:
        await sandbox.client().call("member", chat=STAFF_CHAT, status="administrator")
        await desk.page.get_by_role("button", name="Break it").click()
        panel = desk.page.get_by_role("region", name="Break it")
        await panel.get_by_label("Ephemeral messages get lost").check()
        await panel.get_by_role("switch", name="Ephemeral messages get lost").wait_for()
        alone = {"receiver_user_id": KATE}
        for lost in (True, False):
            await sandbox.client().call("settings", chat=STAFF_CHAT, loses_ephemeral=lost)
            await bot(
                sandbox,
                "sendMessage",
                chat_id=STAFF_CHAT,
                text=f"lost: {lost}",
                ephemeral_message_parameters=alone,
            )

        await desk.message(desk.right, "lost: False").wait_for()
        assert await desk.message(desk.right, "lost: True").count() == 0
