"""What is no text, in a forum: it reaches its thread whole, or comes again from General."""

from collections.abc import AsyncIterator

import pytest

from sandbox.client import Message, User
from tests.bot.test_context import COVERED
from tests.bot.test_forum import settled
from tests.bot.test_kinds import WHAT, said
from tests.support.office import Office, Sessions, formatted, open_office

# Sent from what is stored: Telegram says where it is, which it does not of a copy.
SENT = [kind for kind in WHAT if kind not in {"poll", "dice", "rich_message"}]
BOLD = [{"type": "bold", "offset": 0, "length": 4}]


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        yield office


@pytest.fixture
async def ann(forum: Office) -> User:
    return await forum.telegram.user("Ann")


async def test_content_of_any_kind_arrives_whole_in_its_thread(forum: Office, ann: User) -> None:
    card = await forum.opens(ann, "The printer is on fire")

    for kind, what in WHAT.items():
        sent = await ann.sends(kind, **what)
        shown = await forum.sees(kind=kind)

        assert shown.thread == card.thread
        assert said(shown, kind, by_file=True) == said(sent, kind, by_file=True)


async def test_content_that_lands_in_general_is_sent_to_a_thread_and_removed(
    forum: Office, ann: User
) -> None:
    await forum.opens(ann, "The printer is on fire")

    for kind in SENT:
        landed, again = await swallowed(forum, ann, kind)
        await forum.kate.sees_gone(landed)

        assert (landed.thread, again.thread is None) == (None, False)
        assert len(await of_kind(forum, kind)) == 1


async def swallowed(office: Office, user: User, kind: str) -> tuple[Message, Message]:
    """Have General swallow what a user sends; return what landed there, and what came again."""
    await office.support.drops_threads()
    await user.sends(kind, **WHAT[kind])
    landed = await office.sees(kind=kind)
    await office.support.drops_threads(drops=False)
    return landed, await office.sees(kind=kind, after=landed)


async def of_kind(office: Office, kind: str) -> list[Message]:
    await office.says_in_staff_chat()
    return [one for one in await office.support.messages() if one.kind == kind]


async def test_an_album_that_lands_in_general_is_sent_to_a_thread_and_removed(
    forum: Office, ann: User
) -> None:
    await forum.opens(ann, "The printer is on fire")
    await forum.support.drops_threads()
    await ann.sends_album(["photo", "photo"])
    await forum.telegram.advance(2)
    landed = await forum.sees(kind="photo")
    await forum.support.drops_threads(drops=False)

    await forum.sees(kind="photo", after=landed)
    await forum.kate.sees_gone(landed)

    there = await of_kind(forum, "photo")
    assert len(there) == 2
    assert None not in {one.thread for one in there}


async def test_all_that_belongs_to_a_photo_goes_with_it(forum: Office, ann: User) -> None:
    card = await forum.opens(ann, "The printer is on fire")

    await ann.sends("photo", caption="Look here", caption_entities=BOLD, extra=COVERED)
    shown = await forum.sees("Look here", kind="photo")

    assert shown.thread == card.thread
    assert formatted(shown, "bold") == ["Look"]
    assert shown.raw["has_media_spoiler"]
    assert shown.raw["show_caption_above_media"]


@pytest.mark.parametrize("words", ["wrong file identifier/HTTP URL specified", "PHOTO_IS_ODD"])
async def test_a_file_that_telegram_refuses_is_copied(forum: Office, ann: User, words: str) -> None:
    card = await forum.opens(ann, "The printer is on fire")
    await forum.telegram.breaks("error", method="sendPhoto", status=400, description=words)

    await ann.sends_photo("Look")
    shown = await forum.sees("Look", kind="photo")

    assert shown.thread == card.thread
    assert [one.thread for one in await of_kind(forum, "photo")] == [card.thread]


async def test_a_caption_longer_than_bots_may_write_is_kept(forum: Office, ann: User) -> None:
    card = await forum.opens(ann, "The printer is on fire")
    caption = "long" * 300

    await ann.sends("photo", caption=caption)
    shown = await forum.sees(kind="photo")

    assert (shown.thread, shown.text) == (card.thread, caption)


async def test_a_contact_still_leads_to_its_person(forum: Office, ann: User) -> None:
    await forum.opens(ann, "The printer is on fire")
    eve = WHAT["contact"] | {"user_id": 77}

    await ann.sends("contact", **eve)
    shown = await forum.sees(kind="contact")

    assert shown.raw["contact"].get("user_id") == 77


async def test_an_edited_photo_is_edited_in_its_thread(forum: Office, ann: User) -> None:
    card = await forum.opens(ann, "The printer is on fire")
    photo = await ann.sends_photo("Look")
    shown = await forum.sees("Look", kind="photo")

    await ann.edits(photo, "Look closer")
    edited = await forum.kate.sees_edit(shown, "Look closer")

    assert edited.thread == card.thread


async def test_an_edit_sent_anew_that_lands_in_general_comes_to_a_thread(
    forum: Office, ann: User
) -> None:
    await forum.opens(ann, "The printer is on fire")
    photo = await ann.sends_photo("Look")
    shown = await forum.sees("Look", kind="photo")
    await forum.telegram.breaks(
        "error",
        method="editMessageMedia",
        status=400,
        description="message to edit not found",
        times=2,
    )
    await forum.support.drops_threads()

    await ann.edits(photo, "Look closer")
    landed = await forum.sees("Look closer", kind="photo", after=shown)
    await forum.support.drops_threads(drops=False)
    again = await forum.sees("Look closer", kind="photo", after=landed)
    await forum.kate.sees_gone(landed)

    assert (landed.thread, again.thread is None) == (None, False)


async def test_a_reply_to_such_content_answers_its_user(forum: Office, ann: User) -> None:
    await forum.opens(ann, "The printer is on fire")
    _landed, again = await swallowed(forum, ann, "photo")

    await forum.kate.replies(again, "I see")

    await ann.sees("I see")


async def in_thread_of(office: Office, one: Message) -> list[Message]:
    """List what the bot has sent to the thread of a message."""
    await office.says_in_staff_chat()
    theirs = [each for each in await office.support.messages() if each.from_id != office.kate.id]
    there = [each for each in theirs if each.thread == one.thread]
    return [each for each in there if each.kind in {"text", "photo"}]


async def test_what_a_ticket_began_with_stands_below_its_card_in_a_new_thread(
    forum: Office, ann: User
) -> None:
    photo = await ann.sends_photo("The printer")
    first = await forum.sees(kind="photo")
    assert first.thread is not None
    await forum.support.loses_topic(first.thread)

    await ann.writes("It is out now")
    later = await forum.sees("It is out now")
    again = await forum.sees(kind="photo")
    await ann.edits(photo, "Our printer")
    await forum.kate.sees_edit(again, "Our printer")
    await forum.kate.replies(again, "I see")
    await ann.sees("I see")

    shown = await in_thread_of(forum, later)
    assert [one.kind for one in shown] == ["text", "photo", "text"]
    assert "#1 · Ann" in shown[0].text
    assert again.thread != first.thread


async def test_an_album_and_the_rest_of_a_long_text_do_so_too(forum: Office, ann: User) -> None:
    await ann.sends_album(["photo", "photo"])
    await forum.telegram.advance(2)
    album = await forum.sees(kind="photo")
    bob = await forum.telegram.user("Bob")
    await bob.writes("long " * 700 + "end")
    long = await forum.sees("end")
    for thread in (album.thread, long.thread):
        assert thread is not None
        await forum.support.loses_topic(thread)

    await ann.writes("Both are mine")
    await bob.writes("That was it")
    mine, that = await forum.sees("Both are mine"), await forum.sees("That was it")

    kinds = [one.kind for one in await in_thread_of(forum, mine)]
    assert kinds == ["text", "photo", "photo", "text"]
    texts = [one.text for one in await in_thread_of(forum, that)]
    assert ["long" in texts[0], texts[1].endswith("end"), len(texts)] == [True, True, 3]
