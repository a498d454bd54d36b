"""`/split` in reply to the message where a new question begins."""

import pytest

from sandbox.client import Message, User
from tests.support.office import Office


@pytest.fixture
async def alice(office: Office) -> User:
    return await office.telegram.user("Alice")


@pytest.fixture
async def copies(office: Office, alice: User) -> list[Message]:
    """Have the card and two copies of a ticket that is about two things."""
    card = await office.opens(alice, "My order is late")
    await alice.writes("And my invoice is wrong")
    second = await office.sees("invoice is wrong")
    await alice.writes("It says 40 euros")
    return [card, second, await office.sees("40 euros")]


async def test_all_from_there_on_is_a_ticket_of_its_own(
    office: Office, alice: User, copies: list[Message]
) -> None:
    before = await alice.chat.transcript()
    command = await office.kate.replies(copies[1], "/split")
    await office.kate.sees_reaction(command, "👌")

    card = await office.sees("🔶 #2")
    assert card.text.endswith("↪ Moved from #1 to #2\nAnd my invoice is wrong")
    for copy in copies[1:]:
        edited = await office.kate.sees_edit(copy, "Moved from #1 to #2")
        assert edited.text.startswith("#2 · ")
    await office.says_in_staff_chat()
    assert await alice.chat.transcript() == before


async def test_copies_that_are_edited_after_the_new_card_came_say_so_too(
    office: Office, copies: list[Message]
) -> None:
    await office.telegram.breaks("html", method="editMessageText")
    await office.kate.replies(copies[1], "/split")
    await office.sees("🔶 #2")

    await office.telegram.advance(60)

    edited = await office.kate.sees_edit(copies[1], "Moved from #1 to #2")
    assert edited.text == "#2 · ↪ Moved from #1 to #2\nAnd my invoice is wrong"


async def test_replies_go_by_the_new_numbers(
    office: Office, alice: User, copies: list[Message]
) -> None:
    command = await office.kate.replies(copies[1], "/split")
    await office.kate.sees_reaction(command, "👌")

    await office.kate.replies(copies[2], "We correct it")
    assert (await alice.sees("correct it")).text == "#2\nWe correct it"
    await office.kate.replies(copies[0], "It comes tomorrow")
    assert (await alice.sees("tomorrow")).text == "#1\nIt comes tomorrow"


async def test_what_the_user_writes_next_joins_the_new_ticket(
    office: Office, alice: User, copies: list[Message]
) -> None:
    command = await office.kate.replies(copies[1], "/split")
    await office.kate.sees_reaction(command, "👌")

    await alice.writes("It should be 30")

    assert (await office.sees("should be 30")).text.startswith("#2")


async def test_refusals(office: Office, copies: list[Message]) -> None:
    await office.kate.replies(copies[0], "/split")
    await office.sees("nothing to split off")

    await office.kate.writes("/split", to=office.support)
    await office.sees("Where does the new question begin?")
