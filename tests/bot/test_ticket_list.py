"""`/tickets`: what waits, and the way from the list to a ticket."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from sandbox.client import Message, User
from tests.bot.test_buttons import press_of
from tests.support.office import USERNAME, Office, Sessions, formatted, open_office, timeless

A_DAY = timedelta(days=1).total_seconds()


async def asks(office: Office, head: str = "for our answer") -> Message:
    """Have Kate ask for the list."""
    await office.kate.writes(f"/tickets@{USERNAME}", to=office.support, plain=True)
    return await office.sees(head)


def urls(message: Message) -> dict[str, str]:
    rows = message.raw["keyboard"]["inline_keyboard"]
    return {one["text"]: one["url"] for row in rows for one in row if "url" in one}


@pytest.fixture
async def supergroup(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office whose staff chat is a supergroup, where messages have links."""
    async with open_office(file_sessions, supergroup=True) as office:
        yield office


async def test_tickets_says_that_nothing_is_open(office: Office) -> None:
    listed = await asks(office, "All tickets are closed.")

    assert listed.buttons == []


async def test_tickets_lists_what_waits_longest_with_its_words_and_owner(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "On  Monday\nit rained")
    await office.telegram.advance(A_DAY)
    card = await office.opens(bob, "On Tuesday")
    closed = await office.opens(await office.telegram.user("Eve"), "Mine is done")
    await office.kate.replies(closed, "/close")
    await office.kate.replies(card, "/take")
    await office.kate.sees_edit(card, "Kate")

    listed = await asks(office)

    assert timeless(listed).splitlines() == [
        "2 tickets wait for our answer",
        "",
        "🔶 #1 · 23 Nov · Alice · ⏱",
        "“On Monday it rained”",
        "🟠 #1 · Bob · ⏱ · Kate",
        "“On Tuesday”",
    ]
    assert formatted(listed, "code") == ["#1", "#1"]
    assert all(one["date_time_format"] == "r" for one in listed.entities if "unix_time" in one)
    assert listed.buttons == [
        "Show #1 · 23 Nov",
        "Show #1",
        "✓ To answer · 2",
        "Mine",
        "Nobody's · 1",
        "All · 2",
        "Waiting for users · 0",
    ]


async def test_a_button_of_a_supergroups_list_is_a_link_to_the_newest_card(
    supergroup: Office,
) -> None:
    alice = await supergroup.telegram.user("Alice")
    await supergroup.opens(alice, "My order is late")
    closed = await supergroup.sees("My order is late")
    await supergroup.kate.replies(closed, "/close")
    await alice.sees("is closed")
    await alice.writes("It is broken")
    card = await supergroup.sees("It is broken")
    await supergroup.all_goes()

    listed = await asks(supergroup)

    number = str(supergroup.support.id).removeprefix("-100")
    assert urls(listed) == {"#1": f"https://t.me/c/{number}/{card.id}"}
    assert listed.buttons[0] == "#1"


async def test_show_replies_to_the_card_with_a_message_whose_replies_reach_the_user(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    listed = await asks(office)

    press = await office.kate.presses(listed, "Show #1")
    shown = await office.sees("#1 · Alice. A reply to this message")

    assert await press.answer() == ""
    assert shown.reply_to == card.id
    await office.kate.replies(shown, "It comes tomorrow")
    await alice.sees("It comes tomorrow")


async def test_a_ticket_without_a_card_is_shown_all_the_same(supergroup: Office) -> None:
    """Its card did not arrive; nothing else in the group can be replied to."""
    alice = await supergroup.telegram.user("Alice")
    strange = {"status": 400, "description": "Bad Request: strange"}
    here = {"method": "sendMessage", "chat_id": supergroup.support.id}
    await supergroup.telegram.breaks("error", **here, **strange)
    await alice.writes("My order is late")
    await supergroup.sees("did not arrive")
    listed = await asks(supergroup)

    await supergroup.kate.presses(listed, "Show #1")

    shown = await supergroup.sees("#1 · Alice. A reply to this message")
    assert shown.reply_to is None
    await supergroup.kate.replies(shown, "It comes tomorrow")
    await alice.sees("It comes tomorrow")


async def test_each_filter_lists_its_own_and_is_marked(office: Office, alice: User) -> None:
    bob = await office.telegram.user("Bob")
    await office.kate.replies(await office.opens(alice, "first"), "Which order?")
    await alice.sees("Which order?")
    await office.kate.replies(await office.opens(bob, "second"), "/take")
    listed = await asks(office)

    async def filtered(by: str, head: str) -> list[str]:
        await office.kate.presses(listed, by)
        shown = await office.kate.sees_edit(listed, head)
        assert [label.startswith(f"✓ {by}") for label in shown.buttons if "✓" in label] == [True]
        return [line for line in shown.text.splitlines() if "#" in line]

    waiting = await filtered("Waiting for users", "1 ticket waits for its user")
    assert [line[:13] for line in waiting] == ["🟦 #1 · Alice "]
    assert len(await filtered("All", "2 tickets are not closed")) == 2
    assert await filtered("Nobody's", "Nothing that waits for us is without an owner") == []
    assert "Bob" in (await filtered("Mine", "Kate has 1 ticket"))[0]
    assert "Bob" in (await filtered("To answer", "1 ticket waits for our answer"))[0]


async def test_mine_are_those_of_whoever_pressed_also_for_who_turns_the_page(
    office: Office,
) -> None:
    users = [await office.telegram.user(f"User {number}") for number in range(7)]
    for number, user in enumerate(users):
        await office.kate.replies(await office.opens(user, f"question {number}"), "/take")
    await office.sees("open · Kate")
    max_ = await office.telegram.user("Max")
    await max_.joins(office.support)
    listed = await asks(office)
    await office.kate.presses(listed, "Mine")
    listed = await office.kate.sees_edit(listed, "Kate has 7 tickets (1/2)")

    await max_.presses(listed, "▶")
    assert "User 6" in (await office.kate.sees_edit(listed, "Kate has 7 tickets (2/2)")).text
    await max_.presses(listed, "Mine")
    await office.kate.sees_edit(listed, "Max has no open tickets.")


async def test_a_long_list_has_pages(office: Office) -> None:
    for number in range(1, 14):
        user = await office.telegram.user(f"User {number}")
        await user.writes(f"question {number}")
        await user.sees(f"Ticket #{number} ")
    listed = await asks(office, "13 tickets wait for our answer (1/3)")
    assert len(listed.text.splitlines()) == 2 + 2 * 6

    press = await office.kate.presses(listed, "▶")
    second = await office.kate.sees_edit(listed, "(2/3)")
    assert await press.answer() == ""
    assert "#7 · User 7" in second.text
    assert {"◀", "▶"} <= set(second.buttons)
    await office.kate.presses(second, "▶")
    third = await office.kate.sees_edit(second, "(3/3)")
    assert timeless(third).splitlines()[2:] == ["🔶 #13 · User 13 · ⏱", "“question 13”"]
    assert "▶" not in third.buttons


async def finds(office: Office, typed: str, said: str) -> Message:
    """Have Kate ask for one ticket."""
    await office.kate.writes(f"/tickets@{USERNAME} {typed}", to=office.support, plain=True)
    return await office.sees(said)


@pytest.mark.parametrize("typed", ["2", "#2", "2 please", "2026-11-23/2"])
async def test_a_number_finds_that_ticket(
    office: Office, alice: User, bob: User, typed: str
) -> None:
    await office.opens(alice, "My order is late")
    card = await office.opens(bob, "Which size?")

    found = await finds(office, typed, "“Which size?”")

    assert timeless(found) == "🔶 #2 · Bob · ⏱\n“Which size?”"
    assert found.buttons == ["Show #2"]
    await office.kate.presses(found, "Show #2")
    assert (await office.sees("#2 · Bob. A reply to this message")).reply_to == card.id


async def test_in_a_supergroup_a_number_finds_the_link_to_the_card(supergroup: Office) -> None:
    alice = await supergroup.telegram.user("Alice")
    card = await supergroup.opens(alice, "My order is late")
    await supergroup.all_goes()

    found = await finds(supergroup, "1", "“My order is late”")

    number = str(supergroup.support.id).removeprefix("-100")
    assert urls(found) == {"#1": f"https://t.me/c/{number}/{card.id}"}


async def test_a_closed_ticket_is_found_too(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/close")
    await office.kate.sees_edit(card, "closed")

    found = await finds(office, "1", "“My order is late”")

    assert timeless(found) == "✔️ #1 · Alice · ⏱\n“My order is late”"


async def test_a_number_that_no_ticket_has_is_answered(office: Office) -> None:
    await finds(office, "7", "There is no ticket 7.")


async def test_of_several_tickets_with_a_number_one_is_named(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)
    await office.opens(bob, "On Tuesday")

    await finds(office, "1", "Write /tickets 2026-11-24/1 or /tickets 2026-11-23/1")

    await finds(office, "2026-11-23/1", "“On Monday”")


async def test_a_word_behind_the_command_lists_all(office: Office) -> None:
    await finds(office, "please", "All tickets are closed.")


# Forged presses


@pytest.mark.parametrize(
    "data",
    [
        "tickets:0:mine:12345",
        "tickets:0:mine:-1",
        "tickets:0:everything:",
        "tickets:x:all:",
        "show:12345:guessed",
        "show:1:guessed",
        "show:1:",
    ],
)
async def test_forged_data_shows_nothing(office: Office, alice: User, data: str) -> None:
    await office.opens(alice, "My order is late")
    listed = await asks(office)
    press = press_of(office.kate, listed, data)
    press["message"]["reply_markup"] = {"inline_keyboard": [[{"text": "▶", "callback_data": data}]]}
    calls = len(await office.telegram.calls())

    await office.telegram.update({"callback_query": press})
    answers = await office.telegram.called("answerCallbackQuery", since=calls)
    await office.all_goes()

    assert answers
    assert await office.support.message(listed.id) == listed
    assert not any("A reply to this" in one.text for one in await office.support.messages())
