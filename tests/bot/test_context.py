"""What belongs to a message besides its words crosses over: origin, reply, quote, flags."""

from typing import Any

import pytest

from sandbox.client import Message, User
from tests.support.office import Office, formatted

Json = dict[str, Any]

ORIGINS: dict[str, tuple[Json, str]] = {
    "hidden": ({"type": "hidden_user", "sender_user_name": "Eve", "date": 1}, "Eve"),
    "nameless": ({"type": "hidden_user", "date": 1422450181}, ""),
    "user": (
        {
            "type": "user",
            "date": 1,
            "sender_user": {"id": 5, "is_bot": False, "first_name": "Eve", "username": "eve"},
        },
        "Eve @eve",
    ),
    "channel": (
        {
            "type": "channel",
            "chat": {"id": -1001, "type": "channel", "title": "Swindler"},
            "message_id": 5,
            "date": 1,
            "author_signature": "Eve",
        },
        "Swindler Eve",
    ),
}
FORWARDED = {"forward_origin": ORIGINS["hidden"][0]}
COVERED = {"has_media_spoiler": True, "show_caption_above_media": True}


# Whose words


@pytest.mark.parametrize("origin", ORIGINS)
async def test_staff_see_whose_words_a_user_forwards(
    office: Office, alice: User, origin: str
) -> None:
    await office.opens(alice, "Is it from you?")
    told, name = ORIGINS[origin]

    await alice.writes("Send me your password", extra={"forward_origin": told})

    shown = await office.sees("Send me your password")
    line = f"Forwarded from {name}" if name else "Forwarded"
    assert shown.text == f"#1 · ↪ {line}\nSend me your password"
    assert formatted(shown, "blockquote") == ["Send me your password"]


async def test_a_card_says_whose_words_its_user_forwarded(office: Office, alice: User) -> None:
    await alice.writes("Send me your password", extra=FORWARDED)

    card = await office.sees("Send me your password")
    assert card.text.endswith("\n↪ Forwarded from Eve\nSend me your password")
    assert formatted(card, "blockquote") == ["Send me your password"]


async def test_a_picture_says_whose_it_is_in_its_caption(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Is it from you?")

    await alice.sends_photo("Pay here", extra=FORWARDED)

    shown = await office.sees("Pay here", kind="photo")
    assert (shown.text, shown.reply_to) == ("↪ Forwarded from Eve\nPay here", card.id)


async def test_an_album_says_once_whose_it_is(office: Office, alice: User) -> None:
    await office.opens(alice, "Is it from you?")

    for caption in ("one", "two"):
        await alice.sends_photo(caption, extra=FORWARDED | {"media_group_id": "777"})

    await office.sees("two", kind="photo")
    shown = [m.text for m in await office.support.messages() if m.kind == "photo"]
    assert shown == ["↪ Forwarded from Eve\none", "two"]


async def test_what_has_no_caption_comes_below_whose_it_is(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Is it from you?")

    await alice.sends("sticker", extra=FORWARDED)

    sticker = await office.sees(kind="sticker")
    line = await office.sees("Forwarded from Eve")
    assert (line.text, line.id < sticker.id) == ("↪ Forwarded from Eve", True)
    assert sticker.reply_to == line.reply_to == card.id
    await office.kate.replies(line, "That is not ours")
    await alice.sees("That is not ours")


# What is replied to


async def test_staff_see_to_which_answer_a_user_replies(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Which plan?")
    first = await office.kate.replies(card, "Plan A costs 10")
    received = await alice.sees("Plan A")
    await office.kate.replies(card, "Plan B costs 20")
    await alice.sees("Plan B")

    await alice.replies(received, "I take this one")

    assert (await office.sees("I take this one")).reply_to == first.id


async def test_staff_see_what_a_user_quotes_of_an_answer(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Which plan?")
    answer = await office.kate.replies(card, "Plan A costs 10, plan B costs 20")
    received = await alice.sees("Plan A")
    await office.kate.sees_reaction(answer, "👍")

    quote = {"text": "plan B costs 20", "position": 17, "is_manual": True}
    await alice.replies(received, "This one", extra={"quote": quote})

    shown = await office.sees("This one")
    assert shown.raw["quote"] == quote


async def test_a_users_reply_to_what_is_elsewhere_shows_what_it_quotes(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "Which plan?")

    quote = {"text": "Plan C is free", "position": 0, "is_manual": True}
    await alice.writes("And this?", extra={"quote": quote})

    assert (await office.sees("And this?")).text == "#1 · ↩ “Plan C is free”\nAnd this?"


async def test_the_part_that_staff_quote_reaches_the_user(office: Office, alice: User) -> None:
    await office.opens(alice, "Hello")
    wrote = await alice.writes("First my name is wrong. Second the bill is wrong.")
    copy = await office.sees("First my name")

    quote = {"text": "my name is wrong", "position": 11, "is_manual": True}
    await office.kate.replies(copy, "This is done", extra={"quote": quote})

    answer = await alice.sees("This is done")
    assert answer.reply_to == wrote.id
    assert answer.raw["quote"] == quote | {"position": 6}


async def test_a_quote_of_the_card_reaches_the_user(office: Office, alice: User) -> None:
    wrote = await alice.writes("My name is wrong")
    card = await office.sees("My name is wrong")
    await office.app.courier.settled()

    quote = {"text": "name", "position": card.text.index("name"), "is_manual": True}
    await office.kate.replies(card, "This is done", extra={"quote": quote})

    answer = await alice.sees("This is done")
    assert (answer.reply_to, answer.raw["quote"]["position"]) == (wrote.id, 3)


async def test_a_quote_tells_which_text_of_a_merged_message_is_meant(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "Hello")
    await office.support.bot_becomes("restricted")
    await alice.writes("wait")
    await office.telegram.called("sendMessage", status=400)
    wrote = [await alice.writes(text) for text in ("it is late", "late, I say", "so late")]
    await alice.writes("/start")
    await alice.sees("Hello!")
    await office.lets_bot_in()
    merged = await office.sees("so late")

    quote = {"text": "late", "position": merged.text.rindex("late"), "is_manual": True}
    await office.kate.replies(merged, "We know", extra={"quote": quote})

    answer = await alice.sees("We know")
    assert (answer.reply_to, answer.raw["quote"]["position"]) == (wrote[2].id, 3)


# Flags


async def test_an_album_keeps_its_spoilers(office: Office, alice: User) -> None:
    await office.opens(alice, "I was sent this")

    for caption in ("one", "two"):
        await alice.sends_photo(caption, extra=COVERED | {"media_group_id": "778"})

    await covered(await office.sees("one"))
    await covered(await office.sees("two"))


async def test_an_edit_of_the_caption_keeps_the_spoiler(office: Office, alice: User) -> None:
    await office.opens(alice, "I was sent this")
    photo = await alice.sends_photo("one", extra=COVERED)
    await covered(await office.sees("one", kind="photo"))

    await alice.edits(photo, "one, sorry")

    await covered(await office.sees("one, sorry"))


async def test_what_is_sent_by_its_file_keeps_the_spoiler(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Show me")
    await office.support.protects_content()

    await office.kate.sends_photo("one", reply_to=card, extra=COVERED)

    await covered(await alice.sees("one"))


async def test_a_spoiler_that_is_taken_off_is_taken_off_the_copy(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "I was sent this")
    photo = await alice.sends_photo("one", extra=COVERED)
    copy = await office.sees("one", kind="photo")

    await alice.edits(photo, "one", extra={"has_media_spoiler": False})

    assert not (await office.kate.sees_edit(copy)).raw.get("has_media_spoiler")


async def test_a_link_that_is_not_to_be_previewed_is_not(office: Office, alice: User) -> None:
    hidden = {"link_preview_options": {"is_disabled": True}}
    wrote = await alice.writes("See https://a.example", extra=hidden)
    card = await office.sees("https://a.example")
    answer = await office.kate.replies(card, "No, https://b.example", extra=hidden)
    received = await alice.sees("https://b.example")

    await alice.edits(wrote, "See https://c.example", extra=hidden)
    await office.kate.edits(answer, "No, https://d.example", extra=hidden)

    edited = await office.kate.sees_edit(card, "https://c.example")
    shown = [card, received, edited, await alice.sees_edit(received, "https://d.example")]
    assert [one.raw.get("link_preview_options") for one in shown] == [{"is_disabled": True}] * 4


async def covered(shown: Message) -> None:
    assert (shown.raw.get("has_media_spoiler"), shown.raw.get("show_caption_above_media")) == (
        True,
        True,
    )
