"""What is changed after it was sent: the other side's copy follows."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.client import Message, User
from tests.support.office import Office, formatted, timeless

HOUR = timedelta(hours=1).total_seconds()


async def texts_of(user: User) -> list[str]:
    """Tell what the bot wrote to a user."""
    return [m.text for m in await user.chat.messages() if m.from_id != user.id]


async def all_texts(office: Office) -> list[str]:
    return [message.text for message in await office.support.messages()]


# By users


async def test_an_edit_of_the_first_message_changes_the_card(office: Office, alice: User) -> None:
    question = await alice.writes("My order is late")
    card = await office.sees("My order is late")

    await alice.edits(
        question, "My order is lost", entities=[{"type": "bold", "offset": 12, "length": 4}]
    )

    edited = await office.kate.sees_edit(card, "My order is lost")
    assert timeless(edited) == "🔶 #1 · Alice @alice\nnew · asked ⏱\nMy order is lost"
    assert formatted(edited, "bold") == ["lost"]
    assert edited.buttons == ["Take", "Close", "More…"]


async def test_an_edit_of_a_follow_up_changes_its_copy(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    question = await alice.writes("by three weeks")
    follow_up = await office.sees("by three weeks")

    await alice.edits(question, "by two weeks")

    assert (await office.kate.sees_edit(follow_up, "two")).text == "#1 · by two weeks"


async def test_staff_hear_of_the_first_edit_after_the_close(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    question = await alice.writes("by three weeks")
    copy = await office.sees("by three weeks")
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")
    await office.telegram.advance(2)  # Telegram tells of edits in whole seconds

    await alice.edits(question, "by two weeks")
    await office.kate.sees_edit(copy, "two weeks")
    told = await office.sees("#1 is closed, and the user has edited this message.")
    await alice.edits(question, "by one week")
    await office.kate.sees_edit(copy, "one week")

    assert told.reply_to == copy.id
    await office.says_in_staff_chat()
    assert sum("is closed, and" in text for text in await all_texts(office)) == 1


async def test_staff_hear_under_the_copy_of_an_edit_of_what_they_answered(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    question = await alice.writes("by three weeks")
    copy = await office.sees("by three weeks")
    await office.kate.replies(card, "It comes tomorrow")
    await alice.sees("It comes tomorrow")

    for text in ("by two weeks", "by one week"):
        await alice.edits(question, text)
        await office.kate.sees_edit(copy, text)

    told = await office.sees("#1: the user has edited this message since you answered.")
    assert told.reply_to == copy.id
    await office.says_in_staff_chat()
    assert sum("since you answered" in text for text in await all_texts(office)) == 1


async def test_of_an_edit_while_the_ticket_is_open_nothing_is_said(
    office: Office, alice: User
) -> None:
    question = await alice.writes("My order is late")
    card = await office.sees("My order is late")

    await alice.edits(question, "My order is lost")

    await office.kate.sees_edit(card, "lost")
    await office.says_in_staff_chat()
    assert not any("has edited" in text for text in await all_texts(office))


async def test_an_edit_of_a_caption_changes_the_copys(office: Office, alice: User) -> None:
    photo = await alice.sends_photo("A scratch")
    copy = await office.sees("A scratch", kind="photo")

    await alice.edits(
        photo, "Two scratches", entities=[{"type": "italic", "offset": 0, "length": 3}]
    )

    edited = await office.kate.sees_edit(copy, "Two scratches")
    assert formatted(edited, "italic") == ["Two"]
    assert edited.kind == "photo"


@pytest.mark.parametrize("kind", ["document", "video", "animation", "audio", "voice"])
async def test_a_caption_of_any_kind_of_file_can_be_edited(
    office: Office, alice: User, kind: str
) -> None:
    sent = await alice.sends(kind, caption="before")
    copy = await office.sees("before", kind=kind)

    await alice.edits(sent, "after")

    assert (await office.kate.sees_edit(copy, "after")).kind == kind


async def test_a_caption_can_be_removed(office: Office, alice: User) -> None:
    photo = await alice.sends_photo("A scratch")
    copy = await office.sees("A scratch", kind="photo")

    await alice.edits(photo, "")

    assert (await office.kate.sees_edit(copy)).text == ""


async def test_another_picture_in_the_same_message_replaces_the_copys(
    office: Office, alice: User
) -> None:
    photo = await alice.sends_photo("A scratch")
    copy = await office.sees("A scratch", kind="photo")
    other = await (await office.telegram.user("Eve")).sends_photo("other", data=b"other picture")

    await alice.edits(photo, "A scratch", extra={"photo": other.raw["photo"]})

    edited = await office.kate.sees_edit(copy, "A scratch")
    assert edited.raw["photo"] == other.raw["photo"]


async def test_an_edit_that_changes_nothing_changes_nothing(office: Office, alice: User) -> None:
    question = await alice.writes("My order is late")
    card = await office.sees("My order is late")

    await alice.edits(question, "My order is late")
    await alice.writes("by three weeks")

    await office.sees("by three weeks")
    assert (await office.support.message(card.id)) == card
    assert await office.telegram.calls("editMessageText") == []


async def test_a_live_location_that_moves_stays_one_message(office: Office, alice: User) -> None:
    place: dict[str, Any] = {"latitude": 53.5, "longitude": 10.0}
    live = await alice.sends("location", **place, live_period=900)
    await office.sees(kind="location")

    for step in range(3):
        moved = {"location": {**place, "latitude": 53.5 + step / 100, "live_period": 900}}
        await alice.edits(live, "", extra=moved)
    await alice.writes("That is where I am")

    await office.sees("That is where I am")
    assert sum(m.kind == "location" for m in await office.support.messages()) == 1
    assert not any("did not arrive" in text for text in await all_texts(office))


async def test_an_edit_overtaken_by_the_next_shows_the_newest(office: Office, alice: User) -> None:
    question = await alice.writes("one")
    card = await office.sees("one")
    for word in ("two", "three", "four"):
        await alice.edits(question, word)

    await office.kate.sees_edit(card, "four")
    await alice.writes("That is all")
    await office.sees("That is all")
    edited = await office.support.message(card.id)
    assert edited is not None
    assert edited.text.endswith("four")


async def test_an_edit_before_the_message_was_shown_shows_the_new_wording(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.breaks("error", method="sendMessage", chat_id=office.support.id)
    question = await alice.writes("by three weeks")
    await office.telegram.called("sendMessage", status=502)

    await alice.edits(question, "by two weeks")

    assert (await office.sees("weeks")).text == "#1 · by two weeks"


async def test_a_question_becomes_longer_than_its_card_and_short_again(
    office: Office, alice: User
) -> None:
    question = await alice.writes("short")
    card = await office.sees("short")
    long = " ".join(f"word{number:04}" for number in range(440))

    await alice.edits(question, long)
    rest = await office.sees("word0439", after=card)
    shown = await office.support.message(card.id)
    assert shown is not None
    on_card = shown.text.split("\n", 2)[2].removesuffix(" …")
    assert on_card + rest.text.removeprefix("#1\n") == long

    await alice.edits(question, "short again")
    await office.kate.sees_edit(shown, "short again")
    await office.kate.sees_gone(rest)


async def test_a_long_follow_up_is_edited_piece_by_piece(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    long = " ".join(f"word{number:04}" for number in range(455))
    question = await alice.writes(long)
    first, second = await office.sees("word0000"), await office.sees("word0454")
    assert first.id != second.id

    await alice.edits(question, long.replace("word", "WORD"))

    one = await office.kate.sees_edit(first, "WORD0000")
    two = await office.kate.sees_edit(second, "WORD0454")
    words = one.text.split()[1:] + two.text.split()[1:]
    assert words == long.upper().split()


async def test_an_edit_in_a_ticket_that_is_closed_still_shows(office: Office, alice: User) -> None:
    question = await alice.writes("My order is late")
    card = await office.sees("My order is late")
    await office.kate.presses(card, "Close")
    card = await office.kate.sees_edit(card, "closed")

    await alice.edits(question, "My order is lost")

    edited = await office.kate.sees_edit(card, "My order is lost")
    assert "closed · Kate" in edited.text


async def test_an_edit_of_what_was_a_command_gives_no_command(alice: User) -> None:
    greeting = await alice.writes("/start")
    await alice.sees("Hello!")

    await alice.edits(greeting, "/help")
    await alice.writes("My order is late")

    await alice.sees("Ticket #1")
    assert not any("your first message" in text for text in await texts_of(alice))


@pytest.mark.parametrize(("sent", "edited"), [("/start", "/start late"), ("/help", "/help me")])
async def test_words_that_an_edit_puts_behind_a_command_are_a_question(
    office: Office, alice: User, sent: str, edited: str
) -> None:
    command = await alice.writes(sent)
    await alice.sees()

    await alice.edits(command, edited)

    card = await office.sees(edited)
    await alice.sees("Ticket #1")
    await alice.edits(command, f"{edited}, please")
    await office.kate.sees_edit(card, "please")


async def test_words_that_an_edit_puts_behind_a_command_of_staff_are_refused_as_sent(
    alice: User,
) -> None:
    command = await alice.writes("/help")
    await alice.sees()

    await alice.edits(command, "/close my account")

    await alice.sees("/close works only in our team's group.")


async def test_what_is_edited_from_a_command_into_a_question_is_a_question(
    office: Office, alice: User
) -> None:
    mistake = await alice.writes("/late")
    await alice.sees("I don't know /late")

    await alice.edits(mistake, "My order is late")

    await alice.sees("Ticket #1 is open")
    await office.sees("My order is late")


# By staff


async def answered(office: Office, alice: User, text: str) -> tuple[Message, Message]:
    """Have Kate answer a question; return her message and what Alice got."""
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, text)
    return answer, await alice.sees(text)


async def test_an_edited_answer_changes_at_the_users(office: Office, alice: User) -> None:
    answer, received = await answered(office, alice, "It is in Hamburg")

    await office.kate.edits(answer, "It is in Berlin")

    edited = await alice.sees_edit(received, "It is in Berlin")
    assert edited.text == "It is in Berlin"


async def test_an_edited_caption_of_an_answer_changes_at_the_users(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.sends_photo("Is this it?", reply_to=card)
    received = await alice.sees("Is this it?", kind="photo")

    await office.kate.edits(answer, "This is it")

    assert (await alice.sees_edit(received, "This is it")).kind == "photo"


async def test_a_long_answer_is_edited_too(office: Office, alice: User) -> None:
    answer, received = await answered(office, alice, "x" * 4096)

    await office.kate.edits(answer, "y" * 4096)

    assert (await alice.sees_edit(received)).text == "y" * 4096


async def test_an_edited_note_stays_a_note(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    note = await office.kate.replies(card, "// he is nice")
    await office.kate.sees_reaction(note, "✍")

    await office.kate.edits(note, "he is nice")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any("nice" in text for text in await texts_of(alice))


@pytest.mark.parametrize("words", ["he is nice", "/ he is nice"])
async def test_who_takes_the_slashes_of_a_note_away_hears_that_it_is_still_one(
    office: Office, alice: User, words: str
) -> None:
    card = await office.opens(alice, "My order is late")
    note = await office.kate.replies(card, "// he is nicer")
    await office.kate.sees_reaction(note, "✍")

    await office.kate.edits(note, "// he is really nice")
    await office.kate.edits(note, words)
    told = await office.sees("#1: this is still a note, and the user won't see it.")
    await office.kate.edits(note, f"{words}!")

    assert told.reply_to == note.id
    await office.says_in_staff_chat()
    assert sum("still a note" in text for text in await all_texts(office)) == 1


async def test_an_answer_edited_into_a_note_is_deleted_at_the_users(
    office: Office, alice: User
) -> None:
    answer, received = await answered(office, alice, "He is a friend of the boss")

    await office.kate.edits(answer, "// He is a friend of the boss")

    await alice.sees_gone(received)


async def test_staff_are_told_when_an_answer_is_too_old_to_be_taken_back(
    office: Office, alice: User
) -> None:
    answer, received = await answered(office, alice, "He is a friend of the boss")
    await office.telegram.advance(49 * HOUR)

    await office.kate.edits(answer, "// He is a friend of the boss")

    told = await office.sees("this can't be taken back any more")
    assert told.reply_to == answer.id
    assert await alice.chat.message(received.id) == received


async def test_what_became_a_note_before_it_was_sent_never_is(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks("error", chat_id=alice.id, method="sendMessage")
    answer = await office.kate.replies(card, "He is a friend of the boss")
    await office.telegram.called("sendMessage", status=502)

    await office.kate.edits(answer, "// He is a friend of the boss")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any("boss" in text for text in await texts_of(alice))


async def test_an_edited_answer_whose_copy_the_user_deleted_is_sent_again(
    office: Office, alice: User
) -> None:
    answer, received = await answered(office, alice, "It is in Hamburg")
    await alice.deletes(received)

    await office.kate.edits(answer, "It is in Berlin")

    new = await alice.sees("It is in Berlin")
    await office.kate.edits(answer, "It is in Rome")
    await alice.sees_edit(new, "It is in Rome")


async def test_an_edit_of_what_staff_say_among_themselves_goes_nowhere(
    office: Office, alice: User
) -> None:
    await office.telegram.bot(privacy=False)
    card = await office.opens(alice, "My order is late")
    said = await office.kate.writes("Who knows about this?", to=office.support)

    await office.kate.edits(said, "Who knows about #1?")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any("Who knows" in text for text in await texts_of(alice))


async def test_a_carded_question_whose_card_was_deleted_gets_its_card_again(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.deletes(card)

    await office.kate.writes("/take@sandbox_bot 1", to=office.support)

    new = await office.sees("My order is late", after=card)
    assert "open · Kate" in new.text
    await office.kate.presses(new, "Close")
    await office.kate.sees_edit(new, "closed")
