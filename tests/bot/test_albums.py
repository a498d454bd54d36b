"""Albums stay albums, both ways."""

from typing import Any

import pytest

from sandbox.client import Chat, Message, User
from tests.office import Office

ALBUM: list[dict[str, Any] | str] = [
    {"kind": "photo", "caption": "front"},
    "photo",
    {"kind": "video", "caption": "inside"},
]


async def album(chat: Chat, item: Message) -> list[Message]:
    """List what belongs together with an item."""
    return [m for m in await chat.messages() if m.album is not None and m.album == item.album]


async def test_an_album_as_a_first_message_opens_one_ticket_and_arrives_as_an_album(
    office: Office, alice: User
) -> None:
    await alice.sends_album(ALBUM)

    card = await office.sees("#1 · Alice", kind="text")
    items = await album(office.support, await office.sees("inside"))
    assert [(m.kind, m.text) for m in items] == [
        ("photo", "front"),
        ("photo", ""),
        ("video", "inside"),
    ]
    assert {m.reply_to for m in items} == {card.id}
    opened = [m for m in await alice.chat.messages() if "Ticket #1" in m.text]
    assert len(opened) == 1


async def test_an_album_within_a_ticket_arrives_as_an_album(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is broken")

    await alice.sends_album(["document"] * 10)

    items = await album(office.support, await office.sees(kind="document"))
    assert len(items) == 10
    assert {m.reply_to for m in items} == {card.id}


async def test_an_album_as_an_answer_arrives_as_an_album_with_one_reaction(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Which one?")

    sent = await office.kate.sends_album(ALBUM, reply_to=card)

    items = await album(alice.chat, await alice.sees("inside"))
    assert [(m.kind, m.text) for m in items] == [
        ("photo", "front"),
        ("photo", ""),
        ("video", "inside"),
    ]
    await office.kate.sees_reaction(sent[0], "👍")
    await office.kate.replies(card, "These three")
    await alice.sees("These three")
    reacted = [m for m in await office.support.messages() if m.album and m.reactions]
    assert [m.id for m in reacted] == [sent[0].id]


async def test_a_reply_to_any_item_of_an_album_answers_its_user(
    office: Office, alice: User
) -> None:
    question = await alice.sends_album(ALBUM)
    items = await album(office.support, await office.sees("inside"))

    for number, item in enumerate(items):
        await office.kate.replies(item, f"about {number}")
        answer = await alice.sees(f"about {number}")
        assert answer.reply_to == question[number].id


async def test_the_caption_of_an_item_can_be_edited(office: Office, alice: User) -> None:
    question = await alice.sends_album(ALBUM)
    copy = await office.sees("inside")

    await alice.edits(question[2], "outside")

    edited = await office.kate.sees_edit(copy, "outside")
    assert edited.kind == "video"
    assert edited.album == copy.album


async def test_two_albums_stay_apart(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is broken")

    await alice.sends_album([{"kind": "photo", "caption": "one"}, "photo"])
    await alice.sends_album([{"kind": "photo", "caption": "two"}, "photo", "photo"])

    second = await office.sees("two")
    first = await office.sees("one")
    assert len(await album(office.support, first)) == 2
    assert len(await album(office.support, second)) == 3


async def test_what_is_written_after_an_album_stands_behind_it(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is broken")

    await alice.sends_album(ALBUM)
    await alice.writes("That is how it came")

    text = await office.sees("That is how it came")
    items = await album(office.support, await office.sees("inside"))
    assert all(item.id < text.id for item in items)


@pytest.mark.parametrize("place", [0, 1])
async def test_an_album_with_a_note_for_a_caption_stays_among_staff_as_a_whole(
    office: Office, alice: User, place: int
) -> None:
    card = await office.opens(alice, "My order is broken")
    items: list[dict[str, str]] = [{"kind": "photo"}, {"kind": "photo"}, {"kind": "photo"}]
    items[place]["caption"] = "// from the warehouse"

    sent = await office.kate.sends_album(items, reply_to=card)
    await office.kate.sees_reaction(sent[place], "✍")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any(message.kind == "photo" for message in await alice.chat.messages())
    reacted = [m for m in await office.support.messages() if m.album and m.reactions]
    assert [m.id for m in reacted] == [sent[place].id]


async def test_an_album_that_becomes_a_note_is_deleted_as_a_whole(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is broken")
    sent = await office.kate.sends_album(ALBUM, reply_to=card)
    items = await album(alice.chat, await alice.sees("inside"))

    await office.kate.edits(sent[0], "// front")

    for item in items:
        await alice.sees_gone(item)
