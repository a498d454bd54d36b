"""The bot asks which ticket is meant; what staff say to the question reaches no user."""

import pytest

from sandbox.client import Message, User
from tests.support.office import USERNAME, Office, timeless

A_DAY = 24 * 3600

NOT_KNOWN = "I don't know which ticket this belongs to"


async def asked(office: Office, alice: User, bob: User) -> Message:
    """Have two tickets #1, of two days, and the bot ask which of them to close."""
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)
    await office.opens(bob, "On Tuesday")
    await office.kate.writes(f"/close@{USERNAME} 1", to=office.support)
    return await office.sees("Several tickets have this number. Which one?")


async def got(office: Office, *users: User) -> list[str]:
    """List what is in the users' chats once everything posted before is sent."""
    await office.says_in_staff_chat()
    return [message.text for user in users for message in await user.chat.messages()]


@pytest.mark.parametrize("said", ["the one of yesterday", "2026-11-23/1", "1", "// whose is it?"])
async def test_what_is_said_to_the_question_reaches_no_user(
    office: Office, alice: User, bob: User, said: str
) -> None:
    question = await asked(office, alice, bob)

    await office.kate.replies(question, said)

    await office.sees(NOT_KNOWN)
    assert said not in await got(office, alice, bob)


async def test_a_picture_in_reply_to_the_question_reaches_no_user(
    office: Office, alice: User, bob: User
) -> None:
    question = await asked(office, alice, bob)

    await office.kate.sends("photo", reply_to=question, caption="This one!")

    await office.sees(NOT_KNOWN)
    assert "This one!" not in await got(office, alice, bob)


async def test_a_command_in_reply_to_the_question_acts_on_the_ticket_that_it_names(
    office: Office, alice: User, bob: User
) -> None:
    question = await asked(office, alice, bob)

    await office.kate.replies(question, "/close 2026-11-23/1")

    await alice.sees("is closed")
    assert not any("is closed" in text for text in await got(office, bob))


@pytest.mark.parametrize("said", ["/close #1", "/close 1", "/take #1", "/close 2026-11-23/1"])
async def test_a_command_that_replies_to_one_ticket_and_names_another_is_asked_about(
    office: Office, alice: User, bob: User, said: str
) -> None:
    first = await office.opens(alice, "first")
    second = await office.opens(bob, "second")

    await office.kate.replies(second, said)

    question = await office.sees("You replied to one ticket and named another. Which one")
    assert question.buttons == ["#2 · Bob", "#1 · Alice"]
    assert not any("is closed" in text for text in await got(office, alice, bob))
    assert await office.support.message(first.id) == first


async def test_the_rest_of_such_a_command_is_not_lost(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "first")
    second = await office.opens(bob, "second")

    await office.kate.replies(second, "/close #1 it has come")

    offered = "without replying to a ticket, /close 2026-11-23/2 … or /close 2026-11-23/1 …"
    refusal = await office.sees(offered)
    assert not any("is closed" in text for text in await got(office, alice, bob))
    await office.kate.writes(f"/close@{USERNAME} 2026-11-23/1 it has come", to=office.support)
    await alice.sees("is closed")
    await office.kate.replies(refusal, "/close 2026-11-23/2 it has come")
    await bob.sees("is closed")


async def test_the_buttons_of_the_question_act(office: Office, alice: User, bob: User) -> None:
    await office.opens(alice, "first")
    second = await office.opens(bob, "second")
    await office.kate.replies(second, "/close #1")
    question = await office.sees("You replied to one ticket and named another")

    press = await office.kate.presses(question, "#1 · Alice")

    assert await press.answer() == "Closed."
    await alice.sees("is closed")


@pytest.mark.parametrize(
    ("said", "reason"),
    [("#1 it has come", "it has come"), ("#1", ""), ("1", ""), ("1 spam", "spam")],
)
async def test_a_command_that_names_the_ticket_it_replies_to_acts(
    office: Office, alice: User, said: str, reason: str
) -> None:
    card = await office.opens(alice, "first")

    await office.kate.replies(card, f"/close {said}")

    head = timeless(await office.kate.sees_edit(card, "closed · Kate")).splitlines()[1]
    assert head == " · ".join(filter(None, ["closed · Kate", reason, "⏱"]))


@pytest.mark.parametrize("said", ["7, he has it", "7"])
async def test_a_command_that_names_a_ticket_which_there_is_not_closes_no_other(
    office: Office, alice: User, said: str
) -> None:
    card = await office.opens(alice, "first")

    await office.kate.replies(card, f"/close {said}")

    await office.sees("There is no ticket 7.")
    assert not any("is closed" in text for text in await got(office, alice))
