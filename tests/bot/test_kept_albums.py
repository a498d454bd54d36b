"""An album of which one item begins with a slash: it goes, or stays, as a whole."""

import pytest

from sandbox.client import Message, User
from tests.bot.test_kept_words import ANSWER, GONE, kept_words
from tests.support.office import Office


async def sends(office: Office, card: Message, *captions: str) -> list[Message]:
    items = [{"kind": "photo", "caption": caption} for caption in captions]
    return await office.kate.sends_album(items, reply_to=card)


async def photos(user: User) -> list[str]:
    return [one.text for one in await user.chat.messages() if one.kind == "photo"]


@pytest.mark.parametrize("noted", [0, 1])
async def test_an_item_that_becomes_a_note_makes_a_note_of_an_album_that_is_held_back(
    office: Office, alice: User, noted: int
) -> None:
    card = await office.opens(alice, "My order is late")
    album = await sends(office, card, "one", "/ two")
    question = await office.sees("begins with a slash")

    await office.kate.edits(album[noted], "// internal")

    await office.kate.sees_reaction(album[0], "✍")
    assert await (await office.kate.presses(question, ANSWER)).answer() == GONE
    await office.app.courier.settled()
    assert await photos(alice) == []
    assert await kept_words(office) == []


async def test_an_item_that_becomes_a_note_takes_back_what_was_to_be_decided_of_another(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    album = await sends(office, card, "one", "two")
    await office.kate.sees_reaction(album[0], "👍")
    await office.kate.edits(album[0], "/ one")
    question = await office.sees("begins with a slash")

    await office.kate.edits(album[1], "// two internal")

    await office.kate.sees_reaction(album[0], "✍")
    assert await (await office.kate.presses(question, ANSWER)).answer() == GONE
    await office.app.courier.settled()
    assert await photos(alice) == []


async def test_an_album_that_was_held_back_has_its_reaction_once_it_is_sent(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    album = await sends(office, card, "one", "/ two")
    question = await office.sees("begins with a slash")
    await office.telegram.advance(2)  # the items before the one with the slash are sent by then
    await office.app.courier.settled()

    await office.kate.presses(question, ANSWER)

    await alice.sees("two", kind="photo")
    await office.kate.sees_reaction(album[0], "👍")
    assert await photos(alice) == ["one", "two"]
