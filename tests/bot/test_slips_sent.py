"""What a press does with a slip: its slash goes, and an earlier wording at the user's too."""

import pytest

from sandbox.client import Message, User
from tests.bot.test_kept_words import ANSWER, NOTE, question_about
from tests.bot.test_standing import by, quiet, reply, said_to
from tests.support.office import Office, formatted


async def asked_about(office: Office, alice: User, text: str, **how: object) -> Message:
    """Reply with a slip; return the question about it."""
    card = await office.opens(alice, "My order is late")
    return await question_about(office, await office.kate.replies(card, text, **how))


async def test_a_slash_with_a_space_is_left_out_and_the_formatting_moves_along(
    office: Office, alice: User
) -> None:
    bold = {"type": "bold", "offset": 12, "length": 3}
    question = await asked_about(office, alice, "/  \U0001f642 Hello Ann", entities=[bold])

    await office.kate.presses(question, ANSWER)

    told = await alice.sees("Hello Ann")
    assert told.text == "\U0001f642 Hello Ann"
    assert formatted(told, "bold") == ["Ann"]


@pytest.mark.parametrize("text", ["/ see example.com", "/etc is the folder"])
async def test_an_edit_that_changes_nothing_of_what_was_sent_asks_nothing(
    office: Office, alice: User, text: str
) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, text)
    await office.kate.presses(await question_about(office, slip), ANSWER)
    await office.kate.sees_reaction(slip, "👍")

    same = {key: one for key, one in slip.raw.items() if key not in {"reactions", "keyboard"}}
    await office.telegram.update({"edited_message": same | {"edit_date": slip.raw["date"] + 60}})

    await office.says_in_staff_chat()
    asked = [one for one in await office.support.messages() if "begins with a slash" in one.text]
    assert asked == []


@pytest.mark.parametrize("text", ["/etc/hosts is the file", "/ / and more"])
async def test_other_words_behind_a_slash_are_sent_as_they_are(
    office: Office, alice: User, text: str
) -> None:
    question = await asked_about(office, alice, text)

    await office.kate.presses(question, ANSWER)

    assert (await alice.sees(text)).text == text


async def test_a_caption_loses_its_slash_too(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.sends("photo", reply_to=card, caption="/ the price list")
    question = await question_about(office, slip)

    await office.kate.presses(question, ANSWER)

    assert (await alice.sees("the price list", kind="photo")).text == "the price list"


async def test_an_edited_answer_loses_the_slash_too(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "Tomorrow")
    copy = await alice.sees("Tomorrow")
    await office.kate.edits(answer, "/ On Friday")
    question = await question_about(office, answer)

    await office.kate.presses(question, ANSWER)

    assert (await alice.sees_edit(copy, "On Friday")).text == "On Friday"


async def test_a_slash_alone_is_an_empty_note(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    slash = await office.kate.replies(card, "/")

    await office.kate.sees_reaction(slash, "✍")
    await quiet(office)
    assert len(await said_to(alice)) == 2
    assert not any("slash" in one.text for one in await office.support.messages())


async def test_an_empty_note_that_gets_words_is_still_a_note_and_its_writer_hears_so(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    note = await office.kate.replies(card, "/")
    await office.kate.sees_reaction(note, "✍")

    await office.kate.edits(note, "Call her back")

    await office.sees("this is still a note")
    assert len(await said_to(alice)) == 2


async def test_an_edit_that_is_kept_as_a_note_says_that_the_answer_is_taken_back(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "Tomorrow")
    copy = await alice.sees("Tomorrow")
    await office.kate.edits(answer, "/ On Friday")
    question = await question_about(office, answer)

    await office.kate.presses(question, NOTE)

    said = "#1: kept as a note, and taken back from the user. If that fails, I'll say so."
    assert (await office.kate.sees_edit(question, "kept as a note")).text == said
    await alice.sees_gone(copy)


async def test_what_no_user_has_is_only_kept_as_a_note(office: Office, alice: User) -> None:
    question = await asked_about(office, alice, "/ On Friday")

    await office.kate.presses(question, NOTE)

    became = await office.kate.sees_edit(question, "kept as a note")
    assert became.text == "#1: kept as a note."


async def test_a_note_made_of_what_the_database_does_not_know_says_that_an_answer_may_remain(
    office: Office, alice: User
) -> None:
    """After a restored backup, an edit may be of an answer that the user has."""
    card = await office.opens(alice, "My order is late")
    edited = reply(card, "// oops", **by(office.kate))

    await office.telegram.update({"edited_message": edited | {"edit_date": edited["date"] + 60}})

    await office.sees("#1: kept as a note, but I don't know what this said before.")


async def test_so_does_a_slip_that_is_kept_as_a_note(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    edited = reply(card, "/ oops", **by(office.kate))
    await office.telegram.update({"edited_message": edited | {"edit_date": edited["date"] + 60}})

    await office.kate.presses(await office.sees("begins with a slash"), NOTE)

    await office.sees("I don't know what this said before")


async def test_of_a_slip_that_was_kept_all_the_time_it_is_known_that_nobody_has_it(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, "/ he is rude")
    await question_about(office, slip)

    await office.kate.edits(slip, "// he is rude")

    await office.kate.sees_reaction(slip, "✍")
    await quiet(office)
    assert not any("said before" in one.text for one in await office.support.messages())
