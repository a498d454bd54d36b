"""Threads that are closed with their tickets, as administrators choose in `/settings`."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.client import Message, User
from services.invariants import check
from tests.bot.test_forum import close_thread, closes, settled, topic_of, writes
from tests.bot.test_forum_settings import page
from tests.support.office import USERNAME, Office, Sessions, now, open_office

CLOSES = "Close topics with their tickets"


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open a forum whose threads are closed with their tickets, where Bob is a plain member."""
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        await office.kate.becomes("administrator", in_=office.support)
        shown = await page(office)
        await office.kate.presses(shown, CLOSES)
        await office.kate.sees_edit(shown, "A topic can be closed")
        await office.sees("Changed by Kate: a topic is closed with its ticket now.")
        yield office


async def bob_of(office: Office) -> User:
    """Have somebody in the group who administers nothing."""
    bob = await office.telegram.user("Bob")
    await bob.becomes("member", in_=office.support)
    return bob


async def is_closed(office: Office, inside: Message, *, closed: bool = True) -> None:
    """Wait until a thread is closed, or open."""
    async with asyncio.timeout(30):
        # A sandbox does not tell when it changes.
        while (await topic_of(office, inside))["closed"] is not closed:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def closed_with_ticket(office: Office, ann: User) -> Message:
    """Have Ann's ticket closed, and wait until its thread is."""
    card = await office.opens(ann, "The printer is on fire")
    await closes(office, card)
    await office.telegram.advance(11)
    await ann.sees("is closed")
    await office.telegram.advance(5)
    await is_closed(office, card)
    return card


async def test_the_choice_is_shown_and_can_be_taken_back(forum: Office) -> None:
    shown = await page(forum)
    assert f"✓ {CLOSES}" in shown.buttons

    await forum.kate.presses(shown, f"✓ {CLOSES}")
    shown = await forum.kate.sees_edit(shown, "Where do you answer tickets?")

    await forum.sees("Changed by Kate: topics stay open when their tickets are closed.")
    assert CLOSES in shown.buttons


async def test_the_thread_that_a_merge_frees_is_closed(forum: Office, sqlite_url: str) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await ann.writes("/new My parcel is lost")
    freed = await forum.sees("My parcel is lost")

    await forum.kate.writes("/merge 1 2", to=forum.support)
    await forum.sees("Merged with #2")
    await forum.telegram.advance(61)
    await is_closed(forum, freed)
    await forum.says_in_staff_chat()

    await is_closed(forum, card, closed=False)
    said: list[str] = []
    assert await check.check(sqlite_url, now=now(forum.sandbox), say=said.append) == 0, said


async def test_a_thread_is_closed_once_its_user_was_told_and_no_line_says_so(
    forum: Office,
) -> None:
    ann = await forum.telegram.user("Ann")
    card = await closed_with_ticket(forum, ann)
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()

    for line in await forum.support.messages():
        if "forum_topic_closed" in line.raw:
            await forum.kate.sees_gone(line)
    assert (await topic_of(forum, card))["closed"]
    events = [one for one in await ann.chat.messages() if "closed" in one.text]
    assert len(events) == 1


async def test_a_close_that_is_undone_in_time_closes_no_thread(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closes(forum, card)
    await writes(forum, f"/reopen@{USERNAME}", card)
    await forum.sees("The printer is on fire", after=card)

    await forum.telegram.advance(30)
    await forum.says_in_staff_chat()

    assert await forum.telegram.calls("closeForumTopic") == []


async def test_what_a_user_writes_then_opens_thread_and_ticket(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await closed_with_ticket(forum, ann)

    await ann.writes("It burns again")
    again = await forum.sees("It burns again")

    assert again.thread == card.thread
    await is_closed(forum, card, closed=False)


async def test_thanks_are_shown_in_the_thread_which_is_closed_again(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await closed_with_ticket(forum, ann)

    await ann.writes("Thank you!")
    thanks = await forum.sees("Thank you!")
    await forum.telegram.advance(10)

    await is_closed(forum, card)
    assert thanks.thread == card.thread
    assert len(await forum.telegram.calls("closeForumTopic")) == 2
    assert not [one for one in await ann.chat.messages() if "open again" in one.text]


async def test_a_member_reopens_by_the_button_on_the_card(forum: Office) -> None:
    ann, bob = await forum.telegram.user("Ann"), await bob_of(forum)
    card = await closed_with_ticket(forum, ann)
    card = await bob.sees_edit(card, "closed · Kate")

    await bob.presses(card, "Reopen")

    await ann.sees("is open again")
    await is_closed(forum, card, closed=False)


async def test_a_member_reopens_by_the_number_in_general(forum: Office) -> None:
    ann, bob = await forum.telegram.user("Ann"), await bob_of(forum)
    card = await closed_with_ticket(forum, ann)

    await bob.writes(f"/reopen@{USERNAME} 1", to=forum.support, plain=True)

    await ann.sees("is open again")
    await is_closed(forum, card, closed=False)


async def test_whoever_opens_the_thread_reopens_its_ticket_for_good(forum: Office) -> None:
    """The bot's own closing is nobody's, and none follows the person's opening."""
    ann = await forum.telegram.user("Ann")
    card = await closed_with_ticket(forum, ann)

    await close_thread(forum, card, closed=False)
    await ann.sees("is open again")
    await forum.telegram.advance(30)
    await forum.says_in_staff_chat()

    assert len(await forum.telegram.calls("closeForumTopic")) == 1
    assert not (await topic_of(forum, card))["closed"]


async def test_a_thread_whose_closing_nobody_heard_of_is_opened_with_its_ticket(
    forum: Office,
) -> None:
    """The result of the call was lost, and the user wrote before it was tried again."""
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closes(forum, card)
    await forum.telegram.breaks("cut_after", method="closeForumTopic")
    await forum.telegram.advance(11)
    await ann.sees("is closed")
    await forum.telegram.advance(4)
    await is_closed(forum, card)

    await ann.writes("It burns again")
    again = await forum.sees("It burns again")

    assert again.thread == card.thread
    await is_closed(forum, card, closed=False)
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()
    assert not (await topic_of(forum, card))["closed"]


async def test_without_the_right_the_thread_stays_open_and_nothing_is_said(forum: Office) -> None:
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    await closes(forum, card)
    known = {one.id for one in await forum.support.messages()}
    await forum.telegram.breaks(
        "error",
        method="closeForumTopic",
        status=400,
        description="Bad Request: CHAT_ADMIN_REQUIRED",
    )
    await forum.telegram.advance(11)
    await ann.sees("is closed")
    await forum.telegram.advance(5)
    await forum.telegram.called("closeForumTopic")
    await ann.writes("Thank you!")
    thanks = await forum.sees("Thank you!")

    new = {one.id for one in await forum.support.messages() if one.text} - known
    assert new == {thanks.id}
    assert not (await topic_of(forum, card))["closed"]
