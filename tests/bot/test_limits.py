"""Telegram's limits: the bot provokes no 429, and loses nothing while it waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox import Telegram
from sandbox.client import Chat, Message, User
from tests.support.office import (
    USERNAME,
    Office,
    Sessions,
    open_office,
    open_telegram,
    running,
    settings_for,
)


@pytest.fixture
async def strict(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office in which Telegram's limits count."""
    async with open_office(file_sessions, limits=True) as office:
        yield office
        assert await refused(office.telegram) == []


async def refused(telegram: Telegram) -> list[str]:
    """List the calls that Telegram answered with 429."""
    return [call["method"] for call in await telegram.calls() if call["status"] == 429]


async def waits_for(
    office: Office, text: str, *, in_: Chat | None = None, seconds: float = 30
) -> Message:
    """Let seconds pass each time nothing more can go, until a text is seen, by staff or `in_`."""
    async with asyncio.timeout(100):
        while True:
            await office.all_goes()
            if shown := [m for m in await (in_ or office.support).messages() if text in m.text]:
                return shown[-1]
            await office.telegram.advance(seconds)


async def test_25_follow_ups_at_once_come_merged_in_order_and_without_a_429(
    strict: Office,
) -> None:
    alice = await strict.telegram.user("Alice")
    await strict.opens(alice, "My order is late")

    for number in range(25):
        await alice.writes(f"more {number:02}")

    last = await waits_for(strict, "more 24")
    shown = [m for m in await strict.support.messages() if m.text.startswith(("#1 · ", "#1\n"))]
    assert len(shown) < 25
    lines = [
        line
        for m in shown
        for line in m.text.removeprefix("#1 · ").removeprefix("#1\n").split("\n\n")
    ]
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

    await waits_for(strict, "answer 7", in_=alice.chat, seconds=1)
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

        assert await refused(telegram) == []


async def test_a_restart_counts_long_messages_by_their_parts_and_lists_too(
    file_sessions: Sessions,
) -> None:
    async with open_telegram(limits=True) as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        settings = settings_for(sandbox, support)
        users = [await telegram.user(f"User {number}") for number in range(12)]
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            for number, user in enumerate(users[:6]):
                await user.writes("w" * 4000 + f" end {number}.")
            for number in range(6):
                await kate.sees(f"end {number}.", in_=support)
            for count in range(1, 9):  # one at a time: while there is no room one list is enough
                await kate.writes(f"/tickets@{USERNAME}", to=support, plain=True)
                since = (await telegram.calls())[-1]["number"]
                while len(await listed(kate, support.id)) < count:
                    await telegram.called("sendMessage", since=since)

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            for user in users[6:]:
                await user.writes(f"question of {user.name}.")
            for user in users[6:]:
                await user.sees("Ticket #")
            await telegram.advance(100)
            await kate.sees("question of User 11.", in_=support)

        assert await refused(telegram) == []


async def listed(kate: User, chat_id: int) -> list[Message]:
    """List what the group was told waits."""
    shown = await kate.telegram.call("messages", chat=chat_id)
    return [Message(raw) for raw in shown["messages"] if "for our answer" in Message(raw).text]


# The backlog


async def crowd(office: Office, count: int) -> list[User]:
    """Have this many users' tickets wait for the group, then let it take them."""
    users = [await office.telegram.user(f"User {number}") for number in range(count)]
    await office.support.bot_becomes("restricted")
    for user in users:
        await user.writes(f"question of {user.name}.")
    for user in users:
        await user.sees("Ticket #")
    await office.lets_bot_in()
    return users


async def line_goes(office: Office, told: Message) -> None:
    """Let minutes pass until a card tells of no backlog any more."""
    while "waiting" in told.text:
        await office.telegram.advance(61)
        told = await office.kate.sees_edit(told)


async def test_when_more_waits_than_a_minute_takes_the_newest_card_says_how_much(
    strict: Office,
) -> None:
    await crowd(strict, 45)

    told = await strict.sees("25 more waiting, about 2 min")
    cards = [m for m in await strict.support.messages() if "question of" in m.text]
    assert [card.id for card in cards if "waiting" in card.text] == [cards[-1].id] == [told.id]
    assert told.text.splitlines()[2].startswith("⏳ ")
    await waits_for(strict, "question of User 44.")
    await line_goes(strict, told)


async def test_if_only_follow_ups_wait_the_newest_card_is_edited_to_say_so(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, limits=True, limit_per_group=5) as office:
        users = await crowd(office, 12)
        await waits_for(office, "question of User 11.")
        await office.telegram.advance(121)
        await office.support.bot_becomes("restricted")
        for user in users:
            await user.writes(f"more of {user.name}.")
            await user.writes("/help")
            await user.sees("Just write")
        await office.lets_bot_in()

        told = await office.sees("8 more waiting, about 2 min")
        assert told.edits > 0
        assert "question of User 11." in told.text
        await waits_for(office, "more of User 11.")
        await line_goes(office, told)
        assert await refused(office.telegram) == []


async def test_without_limits_there_is_never_a_line(file_sessions: Sessions) -> None:
    async with open_office(file_sessions) as office:
        await crowd(office, 30)
        await office.sees("question of User 29.")

        assert not any("waiting" in m.text for m in await office.support.messages())


async def test_staff_hear_of_a_backlog_in_their_language(file_sessions: Sessions) -> None:
    changes = {"limit_per_group": 5, "staff_language": "ru"}
    async with open_office(file_sessions, limits=True, **changes) as office:  # type: ignore[arg-type]
        await crowd(office, 12)

        await office.sees("⏳ В очереди ещё 7 сообщений, примерно на 2 мин")


# 429 from outside


async def too_many(telegram: Telegram, chat_id: int, seconds: int) -> None:
    """Have another program that shares the token use up what a chat takes."""
    await telegram.breaks(
        "error",
        method="sendMessage",
        chat_id=chat_id,
        status=429,
        description=f"Too Many Requests: retry after {seconds}",
        parameters={"retry_after": seconds},
    )


async def test_a_pause_of_hours_survives_a_restart(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        support = await telegram.group("Support", members=[kate])
        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await too_many(telegram, support.id, 7200)
            await alice.writes("My order is late")
            await telegram.called("sendMessage", status=429)

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await telegram.advance(7100)
            await alice.writes("/start")
            await alice.sees("Hello!")
            assert not any("My order" in m.text for m in await support.messages())
            await telegram.advance(101)
            await kate.sees("My order is late", in_=support)


async def test_a_429_in_a_second_chat_pauses_all(file_sessions: Sessions) -> None:
    async with open_office(file_sessions) as office:
        alice, bob = await office.telegram.user("Alice"), await office.telegram.user("Bob")
        await too_many(office.telegram, office.support.id, 50)
        await too_many(office.telegram, alice.id, 50)
        await alice.writes("My order is late")
        while len(await refused(office.telegram)) < 2:
            await office.telegram.called("sendMessage", status=429)
        await bob.writes("Mine too")
        await bob.writes("/start")
        await bob.sees("Hello!")

        assert not any("Ticket #" in m.text for m in await bob.chat.messages())
        await office.telegram.advance(51)
        await bob.sees("Ticket #2")
        await office.sees("Mine too")


async def test_a_user_is_told_the_number_however_much_waits_for_the_group(strict: Office) -> None:
    users = [await strict.telegram.user(f"User {number}") for number in range(25)]
    for user in users:
        await user.writes(f"question of {user.name}.")
    for user in users:
        await user.sees("Ticket #")
    late = await strict.telegram.user("Late")

    await late.writes("And I?")

    await late.sees("Ticket #26")
    assert not any("And I?" in m.text for m in await strict.support.messages())
