"""Telegram's limits: the bot provokes no 429, and loses nothing while it waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.client import Message
from tests.office import Office, Sessions, open_office, open_telegram, running, settings_for


@pytest.fixture
async def strict(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office in which Telegram's limits count."""
    async with open_office(file_sessions, limits=True) as office:
        yield office
        assert await refused(office) == []


async def refused(office: Office) -> list[str]:
    """List the calls that Telegram answered with 429."""
    return [call["method"] for call in await office.telegram.calls() if call["status"] == 429]


async def waits_for(office: Office, text: str) -> Message:
    """Let minutes pass until staff see a text."""
    for _ in range(10):
        try:
            return await office.sees(text, timeout=2)
        except AssertionError:
            await office.telegram.advance(30)
    return await office.sees(text)


async def test_25_follow_ups_at_once_come_merged_in_order_and_without_a_429(
    strict: Office,
) -> None:
    alice = await strict.telegram.user("Alice")
    await strict.opens(alice, "My order is late")

    for number in range(25):
        await alice.writes(f"more {number:02}")

    last = await waits_for(strict, "more 24")
    shown = [m for m in await strict.support.messages() if m.text.startswith("#1 · ")]
    assert len(shown) < 25
    lines = [line for m in shown for line in m.text.removeprefix("#1 · ").split("\n\n")]
    assert lines == [f"more {number:02}" for number in range(25)]
    await strict.kate.replies(last, "I see")
    await alice.sees("I see")


async def test_30_users_at_once_are_all_seen_and_answered(strict: Office) -> None:
    users = [await strict.telegram.user(f"User {number}") for number in range(30)]

    for user in users:
        await user.writes(f"question of {user.name}.")

    for user in users:
        await user.sees("Ticket #")
    await waits_for(strict, "question of User 29.")
    cards = [m for m in await strict.support.messages() if "question of" in m.text]
    assert len(cards) == 30


async def test_many_answers_to_one_user_arrive_in_order(strict: Office) -> None:
    alice = await strict.telegram.user("Alice")
    card = await strict.opens(alice, "My order is late")

    for number in range(8):
        await strict.kate.replies(card, f"answer {number}")

    await alice.sees("answer 7", timeout=20)
    answers = [m.text for m in await alice.chat.messages() if m.text.startswith("answer")]
    assert answers == [f"answer {number}" for number in range(8)]


async def test_an_album_counts_as_its_items(strict: Office) -> None:
    alice = await strict.telegram.user("Alice")
    await strict.opens(alice, "My order is broken")

    for number in range(3):
        await alice.sends_album([{"kind": "photo", "caption": f"album {number}"}, *["photo"] * 9])

    await waits_for(strict, "album 2")
    assert sum(m.kind == "photo" for m in await strict.support.messages()) == 30


async def test_an_answer_goes_before_cards_and_follow_ups(strict: Office) -> None:
    alice = await strict.telegram.user("Alice")
    card = await strict.opens(alice, "My order is late")
    for number in range(30):
        user = await strict.telegram.user(f"User {number}")
        await user.writes(f"question {number}.")

    await strict.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way", timeout=5)
    assert not any("question 29." in m.text for m in await strict.support.messages())
    await waits_for(strict, "question 29.")


async def test_a_429_pauses_the_chat_and_loses_nothing(file_sessions: Sessions) -> None:
    async with open_office(file_sessions) as office:
        alice, bob = await office.telegram.user("Alice"), await office.telegram.user("Bob")
        card = await office.opens(bob, "Mine is broken")
        await office.telegram.breaks(
            "error",
            method="sendMessage",
            chat_id=office.support.id,
            status=429,
            description="Too Many Requests: retry after 40",
            parameters={"retry_after": 40},
        )

        await alice.writes("My order is late")
        await office.telegram.called("sendMessage", status=429)
        await office.kate.replies(card, "Yours is repaired")
        await bob.sees("Yours is repaired")
        await alice.writes("by three weeks")
        await alice.sees("Ticket #2")
        assert not any("My order is late" in m.text for m in await office.support.messages())
        await office.telegram.advance(41)

        first = await office.sees("My order is late")
        assert (await office.sees("by three weeks")).reply_to == first.id


async def test_a_restart_forgets_nothing_of_what_was_sent(file_sessions: Sessions) -> None:
    async with open_telegram(limits=True) as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        settings = settings_for(sandbox, support)
        users = [await telegram.user(f"User {number}") for number in range(25)]
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            for user in users:
                await user.writes(f"question of {user.name}.")
            for user in users:
                await user.sees("Ticket #")
            await kate.sees("question of User 18.", in_=support)

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await users[0].writes("/start")
            await users[0].sees("Hello!")
            await telegram.advance(60)
            await kate.sees("question of User 24.", in_=support)

        assert [c["method"] for c in await telegram.calls() if c["status"] == 429] == []
