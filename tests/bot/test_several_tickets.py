"""A user with several open tickets: each answer names its ticket, each reply finds its own."""

import pytest

from sandbox.client import Message, User
from tests.support.office import Office


@pytest.fixture
async def alice(office: Office) -> User:
    return await office.telegram.user("Alice")


@pytest.fixture
async def cards(office: Office, alice: User) -> tuple[Message, Message]:
    """Have two open tickets of Alice's; the second one is current."""
    first = await office.opens(alice, "My order is late")
    await office.kate.presses(first, "Close")
    await alice.sees("Ticket #1 is closed")
    await office.telegram.advance(8 * 24 * 3600)
    second = await office.opens(alice, "My invoice is wrong")
    await office.kate.presses(first, "Reopen")
    await alice.sees("open again")
    return first, second


async def test_each_answer_begins_with_the_number_of_its_ticket(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    first, second = cards

    await office.kate.replies(first, "It comes tomorrow")
    await office.kate.replies(second, "We sent a new one")

    assert (await alice.sees("tomorrow")).text == "#1 · 23 Nov\nIt comes tomorrow"
    assert (await alice.sees("a new one")).text == "#1\nWe sent a new one"


async def test_the_answer_to_an_only_ticket_has_no_number(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "It comes tomorrow")

    assert (await alice.sees("tomorrow")).text == "It comes tomorrow"
