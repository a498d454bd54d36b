"""However much strangers write, nobody else waits longer than a known number of messages."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.client import User
from services.delivery.shares import A
from tests.support.office import Office, Sessions, open_office

# Room for one message comes free in a group so often, in seconds.
EVERY = 3

# Messages that a group takes in a minute, and the whole bot may send in a second.
PER_MINUTE, TOTAL = 20, 30


@pytest.fixture
async def strict(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office in which Telegram's limits count."""
    async with open_office(file_sessions, limits=True) as office:
        yield office
        assert [one for one in await office.telegram.calls() if one["status"] == 429] == []


async def strangers(office: Office, count: int) -> list[User]:
    return [await office.telegram.user(f"Stranger {number}") for number in range(count)]


async def shown(office: Office) -> list[str]:
    """List what the bot shows in the group, in order."""
    bot = office.sandbox.world.bot.id
    return [one.text for one in await office.support.messages() if one.from_id == bot]


async def place_of(office: Office, text: str, *, most: int) -> int:
    """Let time pass until the group shows a text; return how many messages are above it.

    So many at most, and one more if it is not among them.
    """
    while True:
        texts = await shown(office)
        found = [place for place, one in enumerate(texts) if text in one]
        if found or len(texts) > most:
            return found[0] if found else len(texts)
        await office.telegram.advance(EVERY)
        await office.app.courier.settled()
        await asyncio.sleep(0.02)  # the loop, which looks at what may go now, has its turn


async def fill(office: Office) -> None:
    """Have the group take as much as it can in a minute, so that room comes bit by bit."""
    for stranger in await strangers(office, PER_MINUTE):
        await stranger.writes(f"I am {stranger.name}.")
        await office.sees(f"I am {stranger.name}.")
        await office.telegram.advance(EVERY)


async def test_a_first_message_does_not_wait_for_commands_of_strangers(strict: Office) -> None:
    crowd = await strangers(strict, 4 * TOTAL)
    alice = await strict.telegram.user("Alice")
    for stranger in crowd:
        await stranger.writes("/x")
    before = len(await strict.telegram.calls("sendMessage"))

    await alice.writes("My house is on fire")

    await strict.sees("My house is on fire", timeout=20)
    calls = (await strict.telegram.calls("sendMessage"))[before:]
    texts = [call["params"]["text"] for call in calls]
    card = next(place for place, text in enumerate(texts) if "on fire" in text)
    assert card <= TOTAL


async def test_a_follow_up_goes_among_the_first_messages_of_strangers(strict: Office) -> None:
    alice = await strict.telegram.user("Alice")
    await strict.opens(alice, "My order is late")
    await strict.support.bot_becomes("restricted")
    for stranger in await strangers(strict, 45):
        await stranger.writes("buy my coins")
        await stranger.sees("Ticket #")
    before = len(await shown(strict))
    await alice.writes("IMPORTANT: stop the delivery")
    await strict.app.courier.settled()

    await strict.lets_bot_in()

    assert await place_of(strict, "IMPORTANT", most=before + A) <= before + A


async def test_a_first_message_goes_among_the_long_talk_of_others(strict: Office) -> None:
    talkers = await strangers(strict, 3)
    for user in talkers:
        await strict.opens(user, f"I am {user.name}.")
    await fill(strict)
    for number in range(15):
        for user in talkers:
            await user.writes(f"{number} " + "x" * 4000)
    before = len(await shown(strict))
    alice = await strict.telegram.user("Alice")
    await alice.writes("My house is on fire")

    most = before + A
    assert await place_of(strict, "My house is on fire", most=most) <= most
