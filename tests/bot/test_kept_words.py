"""A slip of one slash goes to nobody until somebody says what it is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from database.models import KeptWords
from sandbox.client import Message, User
from services.helpdesk import kept_words as kept
from tests.bot.test_standing import said_to
from tests.support.office import Office, formatted, now

ANSWER, NOTE = "Send as answer", "Keep as note"
GONE = "This has already been dealt with, or it was too long ago."


async def kept_words(office: Office) -> list[KeptWords]:
    async with office.sessions() as session:
        return list(await session.scalars(select(KeptWords)))


async def question_about(office: Office, words: Message) -> Message:
    question = await office.sees("begins with a slash")
    assert question.reply_to == words.id
    return question


@pytest.mark.parametrize(
    "text",
    ["/ note with one slash", "/cloze", "/ /", "／he is rude", "\u200b/close", "/etc/hosts", "⁄x"],
)
async def test_a_slip_goes_to_nobody_and_is_asked_about(
    office: Office, alice: User, text: str
) -> None:
    card = await office.opens(alice, "My order is late")

    slip = await office.kate.replies(card, text)

    question = await question_about(office, slip)
    assert question.buttons == [ANSWER, NOTE]
    assert "#1" in question.text
    await office.app.courier.settled()
    assert len(await said_to(alice)) == 2


async def test_the_question_about_words_that_are_deleted_meanwhile_quotes_them(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks(
        "error",
        method="sendMessage",
        chat_id=office.support.id,
        status=429,
        description="Too Many Requests: retry after 40",
        parameters={"retry_after": 40},
    )
    slip = await office.kate.replies(card, "/ on its way")
    await office.telegram.called("sendMessage", status=429)
    await office.kate.deletes(slip)
    await office.telegram.advance(41)

    question = await office.sees("begins with a slash")

    assert "/ on its way" in question.text
    assert question.buttons == [ANSWER, NOTE]


async def test_a_slip_is_sent_as_an_answer_by_a_press(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(
        card, "/etc is the folder", entities=[{"type": "bold", "offset": 8, "length": 3}]
    )
    question = await question_about(office, slip)

    await office.kate.presses(question, ANSWER)

    assert formatted(await alice.sees("/etc is the folder"), "bold") == ["the"]
    await office.kate.sees_reaction(slip, "👍")
    assert (await office.kate.sees_edit(question, "sent to Alice")).buttons == []
    assert await kept_words(office) == []


async def test_a_slip_is_kept_as_a_note_by_a_press(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, "/ he is rude")
    question = await question_about(office, slip)

    await office.kate.presses(question, NOTE)

    await office.kate.sees_reaction(slip, "✍")
    await office.kate.sees_edit(question, "kept as a note")
    assert len(await said_to(alice)) == 2


async def test_a_press_is_good_once(office: Office, alice: User) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    question = await question_about(office, await office.kate.replies(card, "/etc"))
    data = question.raw["keyboard"]["inline_keyboard"][0][0]["callback_data"]

    await office.kate.presses(question, ANSWER)
    second = await mike.presses(question, data=data)

    assert await second.answer() == GONE
    await alice.sees("/etc")
    await office.app.courier.settled()
    assert (await said_to(alice)).count("/etc") == 1


async def test_a_forged_press_gets_nothing(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    question = await question_about(office, await office.kate.replies(card, "/etc"))

    for data in ("kept:x:0", "kept::0", "orphan:x:0", "orphan:x:-1", "kept:1:7"):
        said = await (await office.kate.presses(question, data=data)).answer()
        assert said in {GONE, "This button is too old. Please use a newer one."}
    assert len(await kept_words(office)) == 1


async def test_an_edit_changes_what_is_kept_and_sends_nothing(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, "/ not yet")
    question = await question_about(office, slip)

    await office.kate.edits(slip, "It is on its way")
    await office.says_in_staff_chat()
    assert len(await said_to(alice)) == 2

    await office.kate.presses(question, ANSWER)
    await alice.sees("It is on its way")
    assert not any("not yet" in text for text in await said_to(alice))


async def test_a_second_slash_makes_the_note_that_was_meant(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, "/ he is rude")
    question = await question_about(office, slip)

    await office.kate.edits(slip, "// he is rude")

    await office.kate.sees_reaction(slip, "✍")
    assert await (await office.kate.presses(question, ANSWER)).answer() == GONE
    assert len(await said_to(alice)) == 2


async def test_an_answer_edited_into_a_slip_stays_as_it_was_until_somebody_says_what_it_is(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "It is on its way")
    shown = await alice.sees("on its way")

    await office.kate.edits(answer, "/ oops, wrong ticket")
    question = await question_about(office, answer)
    assert "the user still sees the earlier text" in question.text
    assert (await alice.chat.message(shown.id)).text == "It is on its way"  # type: ignore[union-attr]

    await office.kate.presses(question, NOTE)
    await office.kate.sees_reaction(answer, "✍")
    await office.app.courier.settled()
    assert await alice.chat.message(shown.id) is None


async def test_what_was_said_by_a_slip_of_the_hand_can_be_put_right_by_an_edit(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "It is on its way")
    shown = await alice.sees("on its way")
    await office.kate.edits(answer, "/It is here")
    await question_about(office, answer)

    await office.kate.edits(answer, "It is here")

    await alice.sees_edit(shown, "It is here")
    assert await kept_words(office) == []


async def test_an_edit_sent_as_an_answer_reaches_a_user_whom_the_answer_did_not(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.blocks_bot()
    answer = await office.kate.replies(card, "It costs 10")
    failure = await office.sees("did not arrive")
    await office.kate.edits(answer, "/ It costs 99")
    question = await question_about(office, answer)
    assert "it hasn't been sent" in question.text
    await alice.unblocks_bot()

    await office.kate.presses(question, ANSWER)

    await alice.sees("It costs 99")
    await office.kate.sees_reaction(answer, "👍")
    await office.kate.presses(failure, "Send again")
    await office.app.courier.settled()
    assert (await said_to(alice)).count("It costs 99") == 1


async def test_a_note_is_taken_back_even_if_the_user_has_it_word_for_word(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "/ x")
    first = await question_about(office, answer)
    await office.kate.presses(first, ANSWER)
    shown = await alice.sees("x")
    await office.kate.edits(answer, "/ x y")
    second = await office.sees("begins with a slash", after=first)
    await office.kate.edits(answer, "/ x")
    third = await office.sees("begins with a slash", after=second)

    await office.kate.presses(third, NOTE)

    await office.kate.sees_reaction(answer, "✍")
    await office.app.courier.settled()
    assert await alice.chat.message(shown.id) is None


@pytest.mark.parametrize("captions", [("/ price list", ""), ("", "/ price list")])
@pytest.mark.parametrize("button", [ANSWER, NOTE])
async def test_an_album_is_kept_and_goes_as_a_whole(
    office: Office, alice: User, captions: tuple[str, str], button: str
) -> None:
    card = await office.opens(alice, "My order is late")

    album = await office.kate.sends_album(
        [{"kind": "photo", "caption": caption} for caption in captions], reply_to=card
    )
    question = await office.sees("begins with a slash")
    await office.app.courier.settled()
    assert [m.kind for m in await alice.chat.messages()].count("photo") == 0
    await office.kate.presses(question, button)

    if button == NOTE:
        await office.kate.sees_reaction(album[0], "✍")
    else:
        await alice.sees("price list", kind="photo")
    await office.app.courier.settled()
    photos = [one for one in await alice.chat.messages() if one.kind == "photo"]
    assert len(photos) == (2 if button == ANSWER else 0)
    assert await kept_words(office) == []


async def test_what_nobody_decides_is_forgotten_after_a_week(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    question = await question_about(office, await office.kate.replies(card, "/ hm"))

    async with office.sessions.begin() as session:
        later = now(office.sandbox) + kept.KEPT_FOR + timedelta(seconds=1)
        await kept.forget_old(session, now=later)

    assert await (await office.kate.presses(question, ANSWER)).answer() == GONE


async def test_a_reply_to_the_question_reaches_nobody(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    question = await question_about(office, await office.kate.replies(card, "/ hm"))

    await office.kate.replies(question, "Just send it, will you")

    await office.sees("I don't know which ticket this belongs to")
    assert len(await said_to(alice)) == 2


async def test_what_a_user_writes_with_a_slash_is_passed_on(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")

    await alice.writes("/etc/hosts is missing")

    await office.sees("/etc/hosts is missing")
