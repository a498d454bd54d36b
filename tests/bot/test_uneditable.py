"""A copy that can't be edited remains beside the new one, and is not forgotten."""

import pytest

from sandbox.client import Message, User
from tests.support.office import Office, Sessions, open_office


async def cannot_edit(office: Office, method: str = "editMessageText") -> None:
    words = "Bad Request: message can't be edited"
    await office.telegram.breaks("error", method=method, status=400, description=words)


async def shown(user: User, *texts: str) -> list[str]:
    return [one.text for one in await user.chat.messages() if one.text in texts]


async def edited(office: Office, user: User, answer: Message, text: str) -> Message:
    """Have an answer edited that can't be edited at the user's."""
    await cannot_edit(office)
    await office.kate.edits(answer, text)
    return await user.sees(text)


async def test_taking_back_deletes_both_copies(sessions: Sessions) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        answer = await office.kate.replies(card, "She lies")
        await alice.sees("She lies")
        await edited(office, alice, answer, "She lies to me")
        assert await shown(alice, "She lies", "She lies to me") == ["She lies", "She lies to me"]

        await office.kate.edits(answer, "// She lies to me")

        await office.kate.sees_reaction(answer, "✍")
        await office.app.courier.settled()
        assert await shown(alice, "She lies", "She lies to me") == []


async def test_a_further_edit_changes_the_new_copy_and_sends_none(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "It costs 10")
    first = await alice.sees("It costs 10")
    second = await edited(office, alice, answer, "It costs 20")

    await office.kate.edits(answer, "It costs 30")

    await alice.sees_edit(second, "It costs 30")
    await office.app.courier.settled()
    assert await shown(alice, "It costs 10", "It costs 20", "It costs 30") == [
        first.text,
        "It costs 30",
    ]


async def test_a_picture_is_taken_back_in_both_copies(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.sends_photo("one", reply_to=card)
    await alice.sees("one", kind="photo")
    await cannot_edit(office, "editMessageCaption")
    await office.kate.edits(answer, "two")
    await alice.sees("two", kind="photo")

    await office.kate.edits(answer, "// two")

    await office.kate.sees_reaction(answer, "✍")
    await office.app.courier.settled()
    assert await shown(alice, "one", "two") == []


@pytest.mark.parametrize("description", ["message can't be edited", "message to edit not found"])
async def test_a_reply_to_the_copy_that_staff_see_twice_finds_its_user(
    office: Office, alice: User, description: str
) -> None:
    await office.opens(alice, "My order is late")
    question = await alice.writes("Where is it?")
    first = await office.sees("Where is it?")
    await office.telegram.breaks(
        "error", method="editMessageText", status=400, description=f"Bad Request: {description}"
    )
    await alice.edits(question, "Where is my parcel?")
    await office.sees("Where is my parcel?")

    await office.kate.replies(first, "In Hamburg")

    if "not found" in description:  # so it can't be there to be replied to
        await office.sees("I don't know which ticket this belongs to")
    else:
        await alice.sees("In Hamburg")


async def test_staff_are_told_of_a_new_copy_that_they_cannot_take_back(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "She lies")
    await alice.sees("She lies")
    await office.app.courier.settled()
    await cannot_edit(office)
    await office.telegram.breaks("cut_after", method="sendMessage", chat_id=alice.id)
    await office.kate.edits(answer, "She lies to me")
    await alice.sees("She lies to me")

    await office.kate.edits(answer, "// She lies to me")

    await office.sees("I can't delete that copy")
