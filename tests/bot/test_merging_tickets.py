"""`/merge 7 5`: two tickets of a person become one."""

import pytest

from sandbox.client import Message, User
from tests.support.office import Office


@pytest.fixture
async def alice(office: Office) -> User:
    return await office.telegram.user("Alice")


@pytest.fixture
async def cards(office: Office, alice: User) -> tuple[Message, Message]:
    """Have two open tickets of Alice's."""
    first = await office.opens(alice, "My order is late")
    await alice.writes("/new My parcel is lost")
    await alice.sees("Ticket #2 is open")
    return first, await office.sees("My parcel is lost")


async def test_both_cards_point_to_a_new_one(
    office: Office, cards: tuple[Message, Message]
) -> None:
    command = await office.kate.writes("/merge 1 2", to=office.support)
    await office.kate.sees_reaction(command, "👌")

    for card in cards:
        assert "#1 continues below" in (await office.kate.sees_edit(card)).text
    new = await office.sees("🔶 #1", after=command)
    assert new.silent


@pytest.mark.parametrize("numbers", ["1 2", "2 1"])
@pytest.mark.usefixtures("cards")
async def test_the_new_card_names_the_other_ticket_and_shows_the_earliest_question(
    office: Office, numbers: str
) -> None:
    survivor, other = numbers.split()
    command = await office.kate.writes(f"/merge {numbers}", to=office.support)

    new = await office.sees(f"🔶 #{survivor}", after=command)
    _head, _state, merged, *_ = new.text.splitlines()
    assert merged == f"↪ Merged with #{other}"
    assert "My order is late" in new.text
    assert "My parcel is lost" not in new.text

    await office.kate.presses(new, "Take")
    assert merged in (await office.kate.sees_edit(new, "🟠")).text


async def test_the_new_card_shows_what_waits_if_the_earlier_question_is_answered(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await office.kate.replies(cards[0], "It comes today")
    await alice.sees("It comes today")

    command = await office.kate.writes("/merge 1 2", to=office.support)

    assert "My parcel is lost" in (await office.sees("Merged with #2", after=command)).text


async def test_what_led_to_the_other_ticket_leads_to_the_one_that_is_left(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    command = await office.kate.replies(cards[0], "/merge 2")
    await office.kate.sees_reaction(command, "👌")
    old = await office.kate.sees_edit(cards[1], "continues below")

    await office.kate.replies(old, "We look for it")
    assert (await alice.sees("look for it")).text == "We look for it"
    await office.kate.writes("/close 2", to=office.support)
    await office.telegram.advance(11)

    assert "Ticket #1 is closed" in (await alice.sees("is closed")).text


async def test_the_user_hears_nothing(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    before = await alice.chat.transcript()

    command = await office.kate.writes("/merge 2 1", to=office.support)
    await office.kate.sees_reaction(command, "👌")
    await office.kate.sees_edit(cards[0], "#2 continues below")
    await office.telegram.advance(11)
    await office.says_in_staff_chat()

    assert await alice.chat.transcript() == before


@pytest.mark.parametrize("said", ["/merge", "/merge 1", "/merge 1 2 3", "/merge one two"])
@pytest.mark.usefixtures("cards")
async def test_a_command_without_two_numbers_is_explained(office: Office, said: str) -> None:
    await office.kate.writes(said, to=office.support)

    await office.sees("Which two tickets?")


async def test_tickets_of_two_people_stay_apart(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    bob = await office.telegram.user("Bob")
    await office.opens(bob, "Mine too")

    await office.kate.writes("/merge 1 2", to=office.support)

    await office.sees("from different people")
