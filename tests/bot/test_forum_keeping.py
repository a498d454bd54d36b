"""Threads that are deleted once their tickets have been closed for long, as `/settings` says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.client import Message
from tests.bot.test_forum import closes, settled, writes
from tests.bot.test_forum_settings import page
from tests.bot.test_ticket_list import finds
from tests.support.office import USERNAME, Office, Sessions, open_office

DAY = 24 * 3600


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        await office.kate.becomes("administrator", in_=office.support)
        yield office


async def keeps(office: Office, label: str) -> Message:
    """Have Kate choose how long threads are kept."""
    shown = await page(office)
    await office.kate.presses(shown, next(one for one in shown.buttons if "Keep topics" in one))
    shown = await office.kate.sees_edit(shown, "How long is a topic kept")
    await office.kate.presses(shown, label)
    return await office.kate.sees_edit(shown, "Where do you answer tickets?")


def topics(office: Office) -> set[int]:
    return set(office.sandbox.world.chats[office.support.id].topics)


async def deleted(office: Office, *inside: Message) -> None:
    """Wait until these messages' threads are not there any more."""
    async with asyncio.timeout(30):
        # A sandbox does not tell when it changes.
        while topics(office) & {one.thread for one in inside}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def closed_for_long(office: Office, card: Message) -> None:
    """Close a ticket, and let 31 days pass, and the day in which its thread is looked at again."""
    await closes(office, card)
    await office.telegram.advance(31 * DAY)
    await office.says_in_staff_chat()
    await office.telegram.advance(DAY + 60)


async def test_the_choice_is_shown_and_told(forum: Office) -> None:
    shown = await page(forum)
    assert "Keep topics: for ever" in shown.buttons

    shown = await keeps(forum, "90 days")

    assert "Keep topics: 90 days" in shown.buttons
    await forum.sees("topics are deleted once their tickets have been closed for 90 days.")
    await keeps(forum, "For ever")
    await forum.sees("Changed by Kate: topics are kept for ever.")


async def test_the_page_says_if_nothing_can_be_deleted(forum: Office) -> None:
    await forum.support.bot_becomes("administrator", without=["can_delete_messages"])
    shown = await page(forum)
    await forum.kate.presses(shown, "Keep topics: for ever")

    shown = await forum.kate.sees_edit(shown, "How long is a topic kept")

    assert "❗ Old topics are not deleted: the bot may not delete messages.\n→ Give" in shown.text
    assert shown.buttons == ["✓ For ever", "A year", "90 days", "30 days", "Back"]


async def test_a_thread_is_deleted_in_time_and_others_stay(forum: Office) -> None:
    await keeps(forum, "30 days")
    ann, bob = await forum.telegram.user("Ann"), await forum.telegram.user("Bob")
    card = await forum.opens(ann, "The printer is on fire")
    open_one = await forum.opens(bob, "Hello?")

    await closed_for_long(forum, card)
    await deleted(forum, card)

    assert topics(forum) == {open_one.thread}


async def test_a_ticket_that_reopens_later_gets_another_thread_with_a_card(forum: Office) -> None:
    await keeps(forum, "30 days")
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closed_for_long(forum, card)
    await deleted(forum, card)

    await writes(forum, f"/reopen@{USERNAME} 2026-11-23/1", None)
    again = await forum.sees("The printer is on fire", after=card)
    await forum.kate.replies(again, "Is it plugged in?")

    await ann.sees("Is it plugged in?")
    assert again.thread not in {None, card.thread}


async def test_a_ticket_whose_thread_is_deleted_is_found_and_can_be_answered(
    forum: Office,
) -> None:
    await keeps(forum, "30 days")
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closed_for_long(forum, card)
    await deleted(forum, card)
    edits = len(await forum.telegram.calls("editMessageText"))

    found = await finds(forum, "2026-11-23/1", "The printer is on fire")
    await forum.kate.presses(found, "Show #1 · 23 Nov")
    shown = await forum.sees("Ann. A reply to this message")
    await forum.kate.replies(shown, "Is it plugged in?")
    await ann.sees("Is it plugged in?")

    assert (shown.thread, shown.reply_to) == (None, None)
    assert len(await forum.telegram.calls("editMessageText")) == edits


async def test_a_deletion_whose_result_was_lost_is_done(forum: Office) -> None:
    await keeps(forum, "30 days")
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await forum.telegram.breaks("cut_after", method="deleteForumTopic")

    await closed_for_long(forum, card)
    await deleted(forum, card)
    await forum.app.courier.settled()  # the next try is counted from here
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()

    assert len(await forum.telegram.calls("deleteForumTopic")) == 2
    assert not [one for one in await forum.support.messages() if "didn't arrive" in one.text]


async def test_without_the_right_nothing_is_deleted(forum: Office) -> None:
    await keeps(forum, "30 days")
    await forum.support.bot_becomes("administrator", without=["can_delete_messages"])
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await closed_for_long(forum, card)
    await forum.says_in_staff_chat()

    assert topics(forum) == {card.thread}
    assert await forum.telegram.calls("deleteForumTopic") == []
