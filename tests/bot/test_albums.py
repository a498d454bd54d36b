"""Albums stay albums, both ways."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import update

from database.models import Message as Row
from sandbox.client import Chat, Message, User
from services.outbox import ALBUM_ITEMS
from tests.support.office import Office

ALBUM: list[dict[str, Any] | str] = [
    {"kind": "photo", "caption": "front"},
    "photo",
    {"kind": "video", "caption": "inside"},
]


async def album(chat: Chat, item: Message) -> list[Message]:
    """List what belongs together with an item."""
    return [m for m in await chat.messages() if m.album is not None and m.album == item.album]


async def held_back(office: Office, alice: User) -> Message:
    """Have whatever Alice writes wait, behind a text that the group does not take; its card."""
    card = await office.opens(alice, "My order is broken")
    await office.support.bot_becomes("restricted")
    await alice.writes("Look")
    await office.telegram.called("sendMessage", status=400)
    return card


async def let_go(office: Office, alice: User) -> None:
    """Let the group take messages again, once all that was written has come in."""
    await alice.writes("/start")
    await alice.sees("Hello!")
    await office.lets_bot_in()


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


async def test_what_is_written_after_an_album_comes_after_it(office: Office, alice: User) -> None:
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
    await office.kate.sees_reaction(sent[0], "✍")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any(message.kind == "photo" for message in await alice.chat.messages())
    reacted = [m for m in await office.support.messages() if m.album and m.reactions]
    assert [m.id for m in reacted] == [sent[0].id]


async def test_an_album_that_becomes_a_note_is_deleted_as_a_whole(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is broken")
    sent = await office.kate.sends_album(ALBUM, reply_to=card)
    items = await album(alice.chat, await alice.sees("inside"))

    await office.kate.edits(sent[0], "// front")

    for item in items:
        await alice.sees_gone(item)


async def test_pictures_that_waited_come_as_one_album_behind_the_texts_before_them(
    office: Office, alice: User
) -> None:
    card = await held_back(office, alice)
    for caption in ("front", "back"):
        await alice.sends_photo(caption)
    await alice.sends("video", caption="inside")
    await alice.writes("That is how it came")
    await let_go(office, alice)

    last = await office.sees("That is how it came")
    shown = [m for m in await office.support.messages() if card.id < m.id <= last.id]
    texts = [m.text.removeprefix("#1 · ") for m in shown if m.kind != "service"]
    assert texts == ["Look", "front", "back", "inside", "That is how it came"]
    assert len(await album(office.support, await office.sees("front"))) == 3
    assert {m.reply_to for m in shown if m.album} == {card.id}


async def test_each_item_of_an_album_made_of_single_photos_belongs_to_its_own_message(
    office: Office, alice: User
) -> None:
    await held_back(office, alice)
    sent = [await alice.sends_photo(caption) for caption in ("front", "back")]
    await let_go(office, alice)
    back = await office.sees("back")
    assert back.album is not None

    reply = await office.kate.replies(back, "I see the back")
    answer = await alice.sees("I see the back")
    await office.kate.sees_reaction(reply, "👍")
    await alice.edits(sent[1], "the other side")

    assert answer.reply_to == sent[1].id
    assert (await office.kate.sees_edit(back, "the other side")).album == back.album
    front = await office.sees("front")
    assert front.text == "front"


async def test_what_telegram_does_not_group_stays_apart(office: Office, alice: User) -> None:
    await held_back(office, alice)
    for kind in ("photo", "document", "document", "audio", "voice", "photo"):
        await alice.sends(kind)
    await let_go(office, alice)

    await office.sees(kind="voice")
    await alice.writes("That is all")
    await office.sees("That is all")
    files = [m for m in await office.support.messages() if m.kind not in {"text", "service"}]
    assert [m.kind for m in files] == ["photo", "document", "document", "audio", "voice", "photo"]
    together = [m.kind for m in files if m.album]
    assert together == ["document", "document"]


async def test_with_nothing_in_the_way_pictures_are_not_held_back_for_an_album(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is broken")

    for caption in ("front", "back"):
        await alice.sends_photo(caption)
        assert (await office.sees(caption)).album is None


async def test_answers_in_pictures_that_waited_come_as_one_album_and_each_is_confirmed(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Which one?")
    await office.telegram.breaks(
        "error",
        chat_id=alice.id,
        status=429,
        description="Too Many Requests: retry after 40",
        parameters={"retry_after": 40},
    )
    await office.kate.replies(card, "One of these")
    await office.telegram.called("sendMessage", status=429)
    sent = [await office.kate.sends("photo", reply_to=card, caption=name) for name in ("a", "b")]
    await office.says_in_staff_chat()
    await office.telegram.advance(41)

    items = await album(alice.chat, await alice.sees("b"))
    assert [m.text for m in items] == ["a", "b"]
    for message in sent:
        await office.kate.sees_reaction(message, "👍")


async def test_an_album_with_a_dead_file_loses_only_that_one(office: Office, alice: User) -> None:
    await held_back(office, alice)
    sent = await alice.sends_album([{"kind": "photo", "caption": name} for name in ("a", "b", "c")])
    await alice.writes("/help")
    await alice.sees("your first message opens a ticket")
    async with office.sessions.begin() as session:
        dead = update(Row).where(Row.message_id == sent[1].id).values(file_id="dead")
        await session.execute(dead)
    await alice.deletes(sent[1])
    await let_go(office, alice)

    last = await office.sees("c", kind="photo")
    shown = [m for m in await office.support.messages() if m.id <= last.id][-3:]
    assert [(m.kind, m.text) for m in shown] == [
        ("photo", "a"),
        ("text", "[a photo that can't be shown here]\nb"),
        ("photo", "c"),
    ]
    assert not any("couldn't pass this message on" in m.text for m in await alice.chat.messages())


async def test_an_item_whose_caption_only_a_copy_can_carry_goes_alone_and_none_is_lost(
    office: Office, alice: User
) -> None:
    """Subscribers of Telegram Premium write longer captions than a bot may."""
    await office.opens(alice, "My order is broken")

    captions = ["a", "b", "c" * 2000, "d", "e"]
    await alice.sends_album([{"kind": "photo", "caption": caption} for caption in captions])

    await office.sees("e", kind="photo")
    photos = [m for m in await office.support.messages() if m.kind == "photo"]
    assert [m.text for m in photos] == captions
    assert [m.album is not None for m in photos] == [True, True, False, True, True]


@pytest.mark.parametrize("pause", [0.3, 4])
async def test_a_users_album_that_never_ends_is_passed_on_in_parts(
    office: Office, alice: User, pause: float
) -> None:
    last = await office.opens(alice, "My order is broken")

    for number in range(55):
        last = await alice.sends_photo(f"no. {number}", extra={"media_group_id": "endless"})
        await _taken(office)
        await office.telegram.advance(pause)

    await office.sees("no. 54")
    assert await _parts(office.support, before=last) == [f"no. {number}" for number in range(55)]


async def test_an_answers_album_that_never_ends_is_passed_on_in_parts(
    office: Office, alice: User
) -> None:
    last = card = await office.opens(alice, "My order is broken")

    for number in range(55):
        extra = {"media_group_id": "endless"}
        last = await office.kate.sends("photo", reply_to=card, caption=f"no. {number}", extra=extra)
        await _taken(office)
        await office.telegram.advance(0.3)

    await alice.sees("no. 54")
    assert await _parts(alice.chat, before=last) == [f"no. {number}" for number in range(55)]


async def _taken(office: Office) -> None:
    """Wait until the bot has taken what was written: time that runs on ahead ends an album."""
    while (await office.telegram.status())["pending_updates"]:  # noqa: ASYNC110 - as it is told
        await asyncio.sleep(0.005)


async def _parts(chat: Chat, *, before: Message) -> list[str]:
    """List the captions of the photos that came, in parts, the first before the last was sent."""
    photos = [m for m in await chat.messages() if m.kind == "photo" and m.album != "endless"]
    sizes = Counter(m.album for m in photos if m.album is not None)
    assert all(size <= ALBUM_ITEMS for size in sizes.values())
    assert photos[0].raw["date"] < before.raw["date"]
    return [m.text for m in photos]
