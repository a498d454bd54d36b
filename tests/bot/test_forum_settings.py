"""`/settings`, cards or topics: administrators switch both ways, and all of staff are told."""

from collections.abc import AsyncIterator

import pytest

from core.team import StaffMode
from sandbox.client import Message, User
from tests.bot.test_forum import chat_of, hears_all, settled, writes
from tests.support.office import USERNAME, Office, Sessions, open_office


@pytest.fixture
async def plain(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open a forum whose tickets are under cards, as after an upgrade."""
    async with open_office(
        file_sessions, forum=True, bot="administrator", staff_mode="plain"
    ) as office:
        await ready(office)
        yield office


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await ready(office)
        yield office


async def ready(office: Office) -> None:
    await settled(office)
    await office.kate.becomes("administrator", in_=office.support)


async def page(office: Office, user: User | None = None) -> Message:
    """Open the page of cards and topics."""
    asker = user or office.kate
    await asker.writes(f"/settings@{USERNAME}", to=office.support, plain=True)
    shown = await asker.sees("What do you want to change", in_=office.support)
    await asker.presses(shown, "Cards or topics")
    return await asker.sees_edit(shown, "Where do you answer tickets?")


async def mode(office: Office) -> tuple[StaffMode | None, bool]:
    chat = await chat_of(office)
    assert chat is not None
    return chat.mode, chat.hears_threads


async def test_topics_are_chosen_and_what_goes_to_users_is_asked_at_once(plain: Office) -> None:
    ann = await plain.telegram.user("Ann")
    card = await plain.opens(ann, "The printer is on fire")
    shown = await page(plain)
    assert shown.buttons == ["✓ Cards", "Topics", "Back"]

    await plain.kate.presses(shown, "Topics")
    asked = await plain.kate.sees_edit(shown, "Should everything you write")
    told = await plain.sees("Changed by Kate: each open ticket has a topic")
    moved = await plain.sees("The printer is on fire", after=card)
    assert asked.buttons == ["Everything we write goes to the user", "Only replies go to the user"]
    assert await mode(plain) == (StaffMode.FORUM, False)
    assert "💬 Only replies to me go to Ann." in moved.text
    assert (told.thread, moved.thread is None) == (None, False)

    await plain.kate.presses(asked, "Everything we write goes to the user")
    shown = await plain.kate.sees_edit(asked, "Changed on 23 Nov (Kate).")
    redrawn = await plain.kate.sees_edit(moved, "💬 All you write here goes to Ann")
    await plain.sees("Changed by Kate: everything you write in a ticket's topic")
    await writes(plain, "Is it plugged in?", redrawn)
    await ann.sees("Is it plugged in?")
    assert shown.buttons == [
        "Cards",
        "✓ Topics",
        "✓ Everything we write goes to the user",
        "Only replies go to the user",
        "Close topics with their tickets",
        "Keep topics: for ever",
        "Back",
    ]


async def test_a_closed_ticket_goes_on_saying_that_all_goes_to_its_user(forum: Office) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")

    await forum.kate.presses(card, "Close")

    closed = await forum.kate.sees_edit(card, "✔️")
    assert "💬 All you write here goes to Ann" in closed.text
    await forum.kate.writes("It was the fuse", to=forum.support, thread=card.thread)
    await ann.sees("It was the fuse")


async def test_cards_are_chosen_again_and_only_replies_count_the_next_time(forum: Office) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    assert "💬 All you write here goes to Ann" in card.text

    shown = await page(forum)
    await forum.kate.presses(shown, "Cards")
    shown = await forum.kate.sees_edit(shown, "Changed on 23 Nov (Kate).")
    await forum.sees("Changed by Kate: tickets no longer have topics")
    back = await forum.sees("The printer is on fire", after=card)
    await forum.kate.presses(shown, "Topics")
    await forum.kate.sees_edit(shown, "Should everything you write")

    assert (back.thread, "💬" in back.text) == (None, False)
    assert await mode(forum) == (StaffMode.FORUM, False)


async def test_what_is_missing_is_said_and_nothing_is_switched(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, supergroup=True) as office:
        await ready(office)
        shown = await page(office)

        await office.kate.presses(shown, "Topics")
        shown = await office.kate.sees_edit(shown, "Nothing was changed.")

        assert "❗ Tickets can't have topics: they are off in this group.\n→ Turn" in shown.text
        assert "the bot may not manage them.\n→ Make the bot an administrator" in shown.text
        assert shown.buttons == ["✓ Cards", "Topics", "Back"]
        assert await mode(office) == (StaffMode.PLAIN, False)


async def test_only_administrators_switch(plain: Office) -> None:
    shown = await page(plain)
    await plain.kate.becomes("member", in_=plain.support)
    await plain.telegram.advance(301)

    pressed = await plain.kate.presses(shown, "Topics")

    assert "Only administrators of this group" in await pressed.answer()
    assert await mode(plain) == (StaffMode.PLAIN, False)


async def test_telegrams_silence_is_said_and_nothing_is_switched(plain: Office) -> None:
    shown = await page(plain)
    await plain.telegram.breaks(
        "error", method="getChat", times=None, status=500, description="Internal Server Error"
    )

    pressed = await plain.kate.presses(shown, "Topics")

    assert "Telegram doesn't tell me how this group is set up" in await pressed.answer()
    assert await mode(plain) == (StaffMode.PLAIN, False)


async def test_a_question_about_topics_that_are_gone_is_outdated(plain: Office) -> None:
    shown = await page(plain)
    await plain.kate.presses(shown, "Topics")
    asked = await plain.kate.sees_edit(shown, "Should everything you write")
    other = await page(plain)
    await plain.kate.presses(other, "Cards")
    await plain.kate.sees_edit(other, "Changed on")

    pressed = await plain.kate.presses(asked, "Everything we write goes to the user")

    assert "This button is too old" in await pressed.answer()
    assert await mode(plain) == (StaffMode.PLAIN, False)


@pytest.mark.parametrize("language", ["ru", "es"])
async def test_the_page_is_in_the_language_of_staff(file_sessions: Sessions, language: str) -> None:
    async with open_office(
        file_sessions, forum=True, bot="administrator", staff_language=language
    ) as office:
        await ready(office)
        await office.kate.writes(f"/settings@{USERNAME}", to=office.support, plain=True)
        shown = await office.kate.sees("Kate", in_=office.support)
        label = {"ru": "Карточки или темы", "es": "Tarjetas o temas"}[language]
        await office.kate.presses(shown, label)
        said = {"ru": "Только ответы", "es": "Solo las respuestas"}[language]
        shown = await office.kate.sees_edit(shown, said)

        assert any(one.startswith("✓ ") for one in shown.buttons)
