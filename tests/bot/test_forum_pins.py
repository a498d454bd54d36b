"""Cards in the threads of a forum: pinned, where the line about it can be removed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.client import Message
from tests.bot.test_forum import closes, settled, writes
from tests.support.office import USERNAME, Office, Sessions, open_office


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        yield office


async def pinned(office: Office, *cards: Message) -> None:
    """Wait until these and no others are pinned."""
    wanted = {card.id for card in cards}
    async with asyncio.timeout(30):
        while set(pins(office)) != wanted:  # noqa: ASYNC110 - the bot does not say when it is done
            await asyncio.sleep(0.01)


def pins(office: Office) -> list[int]:
    return [one.id for one in office.sandbox.world.chats[office.support.id].pins()]


async def lines(office: Office) -> list[Message]:
    """List the lines that tell of a pin."""
    return [one for one in await office.support.messages() if "pinned_message" in one.raw]


async def tells(office: Office, number: int) -> None:
    """Wait until only so many lines tell of pins."""
    async with asyncio.timeout(30):
        while len(await lines(office)) != number:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def test_the_card_is_pinned_in_its_thread_and_the_line_about_it_removed(
    forum: Office,
) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await pinned(forum, card)

    await tells(forum, 0)
    (call,) = await forum.telegram.calls("pinChatMessage")
    assert call["params"]["disable_notification"]


async def test_the_newest_card_of_a_thread_is_pinned_alone(forum: Office) -> None:
    ann, bob = await forum.telegram.user("Ann"), await forum.telegram.user("Bob")
    card = await forum.opens(ann, "The printer is on fire")
    other = await forum.opens(bob, "Hello?")
    await pinned(forum, card, other)
    await closes(forum, card)

    await writes(forum, f"/reopen@{USERNAME}", card)
    again = await forum.sees("The printer is on fire", after=other)

    await pinned(forum, again, other)
    await tells(forum, 0)


async def test_what_people_pinned_stays_pinned(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await ann.writes("It is out now")
    copy = await forum.sees("It is out now")
    await forum.kate.pins(copy)
    await closes(forum, card)

    await writes(forum, f"/reopen@{USERNAME}", card)
    again = await forum.sees("The printer is on fire", after=copy)

    await pinned(forum, copy, again)
    await tells(forum, 1)


async def test_a_card_that_was_deleted_is_pinned_where_it_is_sent_anew(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await pinned(forum, card)
    await forum.kate.deletes(card)

    await writes(forum, f"/take@{USERNAME}", card)
    again = await forum.sees("The printer is on fire", after=card)

    await pinned(forum, again)


@pytest.mark.parametrize("right", ["can_pin_messages", "can_delete_messages"])
async def test_nothing_is_pinned_without_the_rights(forum: Office, right: str) -> None:
    await forum.support.bot_becomes("administrator", without=[right])
    ann = await forum.telegram.user("Ann")

    await forum.opens(ann, "The printer is on fire")
    await forum.telegram.advance(5)
    await forum.says_in_staff_chat()

    assert (pins(forum), await forum.telegram.calls("pinChatMessage")) == ([], [])


async def test_cards_outside_of_threads_are_not_pinned(file_sessions: Sessions) -> None:
    async with open_office(
        file_sessions, forum=True, bot="administrator", staff_mode="plain"
    ) as office:
        await settled(office)
        ann = await office.telegram.user("Ann")
        await office.opens(ann, "The printer is on fire")
        await office.telegram.advance(5)
        await office.says_in_staff_chat()

        assert pins(office) == []
