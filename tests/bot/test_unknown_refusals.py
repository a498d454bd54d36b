"""A staff chat that refuses in words which may mean anything: no message fails because of its chat.

Words as reported by LiveHelperChat/telegram#69, SideCloudGroup/BetterForward#58,
TediCross/TediCross#243 and aiogram/aiogram#559.
"""

import asyncio

import pytest

from sandbox import Telegram
from sandbox.client import Chat, Message, User
from tests.support.office import Office, Sessions, open_telegram, running, settings_for

NEW = "SOMETHING_OF_NEXT_YEAR"
KNOWN = [
    "TOPIC_DELETED",
    "TOPIC_CLOSED",
    "message thread not found",
    "CHANNEL_PRIVATE",
    "group chat was deactivated",
    "CHAT_SEND_PLAIN_FORBIDDEN",
    "USER_BANNED_IN_CHANNEL",
    "SLOWMODE_WAIT_30",
]
NOT_SHOWN = "We couldn't pass this message on"


async def refuses(
    telegram: Telegram, chat: Chat, words: str = NEW, *, times: int | None = None
) -> int:
    return await telegram.breaks(
        "error",
        method="sendMessage",
        chat_id=chat.id,
        times=times,
        status=400,
        description=f"Bad Request: {words}",
    )


async def refused(telegram: Telegram, count: int) -> None:
    """Wait until this many sends were refused."""
    while len([one for one in await telegram.calls("sendMessage") if one["status"] == 400]) < count:
        calls = await telegram.calls()
        await telegram.called("sendMessage", since=calls[-1]["number"] if calls else 0)


async def passes(office: Office, text: str) -> Message:
    """Let minutes pass until staff see a text."""
    for _ in range(6):
        await office.telegram.advance(61)
        try:
            return await office.sees(text, timeout=2)
        except AssertionError:
            await office.app.courier.settled()
    return await office.sees(text)


async def in_group(office: Office) -> str:
    return "\n".join(message.text for message in await office.support.messages())


@pytest.mark.parametrize("words", [*KNOWN, NEW])
async def test_a_first_message_waits_until_its_chat_takes_messages(
    office: Office, alice: User, words: str
) -> None:
    fault = await refuses(office.telegram, office.support, words)
    await alice.writes("My order is late")
    await alice.writes("by three weeks")
    await alice.sees("#1")
    await refused(office.telegram, 1)
    if not words.startswith("SLOWMODE"):
        await office.holds_all()

    await office.telegram.mends(fault)
    await passes(office, "three weeks")

    shown = await in_group(office)
    assert shown.index("My order is late") < shown.index("by three weeks")
    assert "not delivered" not in shown
    assert not any(NOT_SHOWN in m.text for m in await alice.chat.messages())


async def test_several_tickets_wait_and_an_edit_and_a_long_one_with_them(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "My order is late")
    more = await alice.writes("by three weeks")
    await office.sees("three weeks")
    faults = [await refuses(office.telegram, office.support)]
    faults += [
        await office.telegram.breaks(
            "error",
            method="editMessageText",
            times=None,
            status=400,
            description=f"Bad Request: {NEW}",
        )
    ]
    await alice.edits(more, "by four weeks")
    await bob.writes("w" * 4000 + " and its end")
    carol = await office.telegram.user("Carol", language="en")
    await carol.writes("Mine is broken")
    await carol.sees("#3")
    await office.holds_all()
    await office.telegram.advance(61)
    await refused(office.telegram, 3)
    await office.app.courier.settled()

    for fault in faults:
        await office.telegram.mends(fault)
    await passes(office, "and its end")
    await passes(office, "Mine is broken")
    await passes(office, "four weeks")

    assert "not delivered" not in await in_group(office)


async def test_a_first_message_that_is_at_fault_itself_is_told_to_both_sides(
    office: Office, alice: User
) -> None:
    await refuses(office.telegram, office.support, times=1)
    await alice.writes("My order is late")

    await office.sees(NEW)
    told = await alice.sees(NOT_SHOWN)

    assert told.reply_to is not None
    await alice.writes("by three weeks")
    await office.sees("three weeks")


async def test_a_follow_up_at_fault_holds_nobody(office: Office, alice: User, bob: User) -> None:
    await office.opens(alice, "My order is late")
    for method in ("copyMessage", "sendSticker"):
        await office.telegram.breaks(
            "error", method=method, times=None, status=400, description=f"Bad Request: {NEW}"
        )
    await alice.sends("sticker")

    await office.sees(NEW)
    await alice.sees(NOT_SHOWN)
    await bob.writes("Mine too")
    await office.sees("Mine too")


async def test_a_day_and_a_restart_change_nothing(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice", language="en")
        support = await telegram.group("Support", members=[kate])
        settings = settings_for(sandbox, support)
        fault = await refuses(telegram, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()) as app:
            await alice.writes("My order is late")
            await refused(telegram, 2)
            await app.courier.settled()
        await telegram.advance(25 * 3600)
        async with running(sandbox, settings, file_sessions, asyncio.Event()) as app:
            await refused(telegram, 4)
            await app.courier.settled()
            await telegram.mends(fault)
            await telegram.advance(66)

            await kate.sees("My order is late", in_=support)
        assert not any(NOT_SHOWN in m.text for m in await alice.chat.messages())
