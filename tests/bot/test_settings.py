"""`/settings`: administrators change what users read; words typed for it reach no user."""

import json

import pytest
from sqlalchemy import update

from bot import i18n
from bot.callbacks import RestoreDefault
from bot.reading.members import REMEMBERED
from bot.texts import team_words
from database.team import Dialogue
from sandbox.client import Message, User
from services.helpdesk.team_settings import Words
from tests.bot.test_standing import by, of_bot, reply, said_to
from tests.support.office import USERNAME, Office, Sessions, formatted, open_office

UNDELETABLE = {"status": 400, "description": "Bad Request: message can't be deleted"}
TYPED = "Welcome to our shop!"
ANONYMOUS = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}


async def menu(office: Office, user: User | None = None, *, anonymous: bool = False) -> Message:
    asker = user or office.kate
    await asker.writes(f"/settings@{USERNAME}", to=office.support, anonymous=anonymous, plain=True)
    return await asker.sees("What do you want to change", in_=office.support)


async def page(office: Office, words: str = "Greeting", language: str = "English") -> Message:
    """Open the page of some words in a language."""
    shown = await menu(office)
    await office.kate.presses(shown, words)
    shown = await office.kate.sees_edit(shown, "In which language?")
    await office.kate.presses(shown, language)
    return await office.kate.sees_edit(shown, f"{words} · {language}")


async def question(office: Office, words: str = "Greeting", language: str = "English") -> Message:
    """Have Kate asked for new words."""
    shown = await page(office, words, language)
    await office.kate.presses(shown, "Change")
    return await office.sees("please reply to this message")


async def markup(office: Office, asked: Message) -> object:
    """Tell how the question was sent."""
    calls = await office.telegram.calls("sendMessage")
    sent = next(one for one in reversed(calls) if asked.text in str(one["params"].get("text")))
    return json.loads(sent["params"].get("reply_markup", "null"))


async def greeted(office: Office, name: str, language: str) -> str:
    """Have somebody start; tell how they are greeted."""
    user = await office.telegram.user(name, language=language)
    await user.writes("/start")
    return (await user.sees()).text


async def test_the_greeting_is_changed_in_one_language_and_put_back(office: Office) -> None:
    asked = await question(office)
    assert await markup(office, asked) == {"force_reply": True, "selective": True}
    assert formatted(asked, "text_mention") == ["Kate"]

    await office.kate.replies(asked, TYPED, entities=[{"type": "bold", "offset": 0, "length": 7}])
    shown = await office.sees("Changed on")

    assert shown.text == f"Greeting · English\nChanged on 23 Nov (Kate):\n\n{TYPED}"
    assert formatted(shown, "bold") == ["Welcome"]
    assert shown.buttons == []
    assert await greeted(office, "Ann", "en") == TYPED
    assert (await greeted(office, "Борис", "ru")).startswith("Здравствуйте!")

    shown = await page(office)
    assert shown.buttons == ["Change", "Back to the default", "Back"]
    await office.kate.presses(shown, "Back to the default")
    again = await office.kate.sees_edit(shown, "The default again, since 23 Nov (Kate)")
    assert again.buttons == ["Change", "Back"]
    assert (await greeted(office, "Carl", "en")).startswith("Hello!")


async def test_the_question_shows_the_text_of_today_as_it_is_typed(office: Office) -> None:
    asked = await question(office, "Confirmation")
    assert "\n\nThe text now:\n\n" in asked.text
    assert "{ticket}" in asked.text.partition("The text now:")[2]
    bold = [{"type": "bold", "offset": 3, "length": 4}]
    await office.kate.replies(asked, "We look at {ticket}.", entities=bold)
    await office.sees("We look at #7.")

    again = await question(office, "Confirmation")

    assert again.text.endswith("The text now:\n\nWe look at {ticket}.")
    assert formatted(again, "bold") == ["look"]


async def test_the_reply_that_was_used_is_marked(office: Office) -> None:
    written = await office.kate.replies(await question(office), TYPED)

    await office.kate.sees_reaction(written, "👌")


async def test_the_menu_goes_when_it_asks_and_the_question_once_the_words_are_there(
    office: Office,
) -> None:
    shown = await page(office)
    await office.kate.presses(shown, "Change")
    asked = await office.sees("please reply to this message")
    await office.kate.sees_gone(shown)

    await office.kate.replies(asked, TYPED)

    await office.sees("Changed on")
    await office.kate.sees_gone(asked)


async def test_confirmation_and_closing_words_have_the_number(office: Office) -> None:
    await office.kate.replies(await question(office, "Confirmation"), "We look at {ticket}.")
    await office.sees("We look at #7.")
    await office.kate.replies(await question(office, "Closing words"), "{ticket} is done, bye.")
    await office.sees("#7 is done, bye.")
    ann = await office.telegram.user("Ann", language="en")

    await ann.writes("Where is my parcel?")
    await ann.sees("We look at #1.")
    await office.kate.presses(await office.sees("Where is my parcel?"), "Close")

    await ann.sees("#1 is done, bye.")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Dear {name}", "I don't know what {name} stands for."),
        ("/ hello", "begins with a slash"),
        ("Ticket #7 is open", "#7 is only an example of a number, so nothing has changed."),
        ("x" * 3501, "too long: 3501 characters. The limit is 3500"),
    ],
)
async def test_what_cannot_be_taken_is_answered_and_the_question_stays(
    office: Office, typed: str, said: str
) -> None:
    asked = await question(office, "Confirmation")
    written = await office.kate.replies(asked, typed)
    await office.sees(said)

    await office.kate.edits(written, TYPED)

    await office.sees(f"\n\n{TYPED}")


async def test_a_picture_is_no_words(office: Office) -> None:
    asked = await question(office)

    await office.kate.sends_photo("Welcome", reply_to=asked)

    await office.sees("Please send the new text as a text message")


async def test_an_edit_of_the_words_changes_them_again(office: Office) -> None:
    written = await office.kate.replies(await question(office), "Welcom!")
    await office.sees("\n\nWelcom!")
    await office.all_goes()

    await office.kate.edits(written, "Welcome!")

    await office.sees("\n\nWelcome!")


async def test_only_administrators_may(office: Office) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)

    await mike.writes(f"/settings@{USERNAME}", to=office.support, plain=True)
    await office.sees("Only administrators of this group")

    await mike.becomes("administrator", in_=office.support)
    await office.telegram.advance(6)
    await menu(office, mike)


@pytest.mark.parametrize(("bot_is", "seconds"), [("administrator", 0), ("member", 6.0)])
async def test_a_former_administrator_changes_nothing(
    office: Office, bot_is: str, seconds: float
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    await office.support.bot_becomes(bot_is)
    await mike.becomes("administrator", in_=office.support)
    shown = await menu(office, mike)
    await mike.presses(shown, "Greeting")
    shown = await mike.sees_edit(shown, "In which language?")
    await mike.presses(shown, "English")
    shown = await mike.sees_edit(shown, "This is the default")
    await mike.presses(shown, "Change")
    asked = await office.sees("please reply to this message")

    await mike.becomes("member", in_=office.support)
    await office.telegram.advance(seconds)
    await mike.replies(asked, TYPED)

    await office.sees("Only administrators of this group")
    assert (await greeted(office, "Ann", "en")).startswith("Hello!")


async def test_the_operator_names_others_who_may(file_sessions: Sessions) -> None:
    async with open_office(file_sessions, admin_ids=frozenset({4242})) as office:
        mike = await office.telegram.user("Mike", user_id=4242)
        await mike.joins(office.support)

        await menu(office, mike)

        assert await office.telegram.calls("getChatAdministrators") == []


async def test_buttons_are_for_the_one_who_asked(office: Office) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    await mike.becomes("administrator", in_=office.support)

    press = await mike.presses(await menu(office), "Greeting")

    assert (await press.answer()).startswith("These buttons are for somebody else")


async def test_a_button_forged_for_another_group_is_refused(office: Office) -> None:
    await office.kate.replies(await question(office), TYPED)
    await office.sees("Changed on")
    shown = await page(office)
    forged = RestoreDefault(speaker_id=-1, which=Words.GREETING, language="en")

    press = await office.kate.presses(shown, data=forged.pack())

    assert (await press.answer()).startswith("These buttons are for somebody else")
    assert await greeted(office, "Ann", "en") == TYPED


async def asked_as_group(office: Office) -> Message:
    """Have an anonymous administrator asked for the closing words."""
    shown = await menu(office, anonymous=True)
    await office.kate.presses(shown, "Closing words")
    shown = await office.kate.sees_edit(shown, "In which language?")
    await office.kate.presses(shown, "English")
    shown = await office.kate.sees_edit(shown, "This is the default")
    await office.kate.presses(shown, "Change")
    return await office.sees("Administrator, please reply")


async def test_an_anonymous_administrator_changes_words(office: Office) -> None:
    asked = await asked_as_group(office)
    assert await markup(office, asked) is None

    await office.kate.replies(asked, "Bye", anonymous=True)

    await office.sees("Changed on 23 Nov (an administrator):\n\nBye")


async def test_somebody_elses_reply_changes_nothing_and_reaches_nobody(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    asked = await question(office)

    await mike.replies(asked, "It is on its way")
    await office.sees("Only administrators of this group")
    await mike.becomes("administrator", in_=office.support)
    await office.telegram.advance(6)
    await mike.replies(asked, "It is on its way")
    await office.sees("I asked somebody else")

    await office.all_goes()
    assert not any("on its way" in one for one in await said_to(alice))


async def test_what_is_asked_for_something_else_is_not_taken_for_settings(office: Office) -> None:
    asked = await question(office)
    async with office.sessions.begin() as session:
        await session.execute(update(Dialogue).values(step="another"))

    await office.kate.replies(asked, TYPED)

    await office.sees("I don't know which ticket this belongs to")
    assert (await greeted(office, "Ann", "en")).startswith("Hello!")


@pytest.mark.parametrize(
    "typed", ["/cancel", "/Cancel", f"/cancel@{USERNAME}", "\uff0fcancel", "/cancel it"]
)
async def test_cancel_in_reply_takes_the_question_away_and_a_late_reply_reaches_nobody(
    office: Office, alice: User, typed: str
) -> None:
    await office.opens(alice, "My order is late")
    asked = await question(office)
    assert "To leave it as it is, reply /cancel." in asked.text
    assert formatted(asked, "code") == ["/cancel"]
    written = await office.kate.replies(asked, typed)
    await office.kate.sees_gone(asked)
    await office.kate.sees_reaction(written, "👌")

    late = reply(asked, "It is on its way", **by(office.kate))
    await office.telegram.update({"message": late})

    await office.sees("I'm no longer asking for this")
    await office.all_goes()
    assert not any("on its way" in one for one in await said_to(alice))
    assert (await greeted(office, "Ann", "en")).startswith("Hello!")


async def test_cancel_works_for_an_anonymous_administrator(office: Office) -> None:
    asked = await asked_as_group(office)

    await office.kate.replies(asked, "/cancel", anonymous=True)

    await office.kate.sees_gone(asked)


async def test_cancel_edited_into_words_changes_nothing(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    asked = await question(office)
    written = await office.kate.replies(asked, "/cancel")
    await office.kate.sees_gone(asked)

    await office.kate.edits(written, "It is on its way")

    await office.sees("I'm no longer asking for this")
    await office.all_goes()
    assert not any("on its way" in one for one in await said_to(alice))


async def test_cancel_in_reply_to_an_older_question_leaves_a_newer_one_alone(
    office: Office,
) -> None:
    older = await question(office)
    await office.telegram.breaks("error", method="deleteMessages", **UNDELETABLE)
    await question(office, "Closing words")
    asked = await office.sees("Closing words, English.")
    await office.all_goes()

    await office.kate.replies(older, "/cancel")
    await office.sees("I'm no longer asking for this")

    await office.kate.replies(asked, "Bye")
    await office.sees("\n\nBye")


async def test_nobody_else_cancels_a_question(office: Office) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    asked = await question(office)

    await mike.replies(asked, "/cancel")
    await office.sees("Only administrators of this group")
    await mike.becomes("administrator", in_=office.support)
    await office.telegram.advance(6)
    await mike.replies(asked, "/cancel")
    await office.sees("I asked somebody else")

    await office.kate.replies(asked, TYPED)
    await office.sees("Changed on")


async def test_cancel_anywhere_else_is_a_command_that_the_bot_does_not_know(
    office: Office,
) -> None:
    asked = await question(office)

    await office.kate.writes(f"/cancel@{USERNAME}", to=office.support)

    await office.sees("I don't know /cancel.")
    await office.kate.replies(asked, "/cancel@another_bot")
    await office.sees("another_bot")
    await office.kate.replies(asked, TYPED)
    await office.sees("Changed on")


async def test_a_reply_to_the_result_is_offered_to_no_ticket(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    asked, _ = await _lost_question_and_follow_up(office, alice)
    await office.kate.replies(asked, TYPED)
    shown = await office.sees("Changed on")

    await office.kate.replies(shown, "It is on its way")

    await office.sees("I'm no longer asking for this")
    assert not any("which one is it" in one for one in await of_bot(office.support))


async def test_a_copy_of_the_question_that_telegram_did_not_confirm_takes_nothing(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    shown = await page(office)
    await office.telegram.breaks("cut_after", method="sendMessage", times=1)
    await office.kate.presses(shown, "Change")
    lost = await office.sees("please reply to this message")
    await office.all_goes()

    await office.kate.replies(lost, TYPED)

    await office.sees("reply to my newest question")


async def test_a_lost_copy_in_the_language_that_staff_had_before_is_known(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    asked = await question(office)
    with i18n.speaking("ru"):
        words = team_words.question(Words.GREETING, "en", None).as_kwargs()["text"]
    lost = Message(asked.raw | {"message_id": asked.id + 1000, "text": words})

    await office.telegram.update({"message": reply(lost, TYPED, **by(office.kate))})

    await office.sees("reply to my newest question")


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("another person replies", "I asked somebody else"),
        ("it is cancelled", "I'm no longer asking for this"),
        ("the words are there", "I'm no longer asking for this"),
    ],
)
async def test_words_for_a_lost_copy_of_a_question_are_offered_to_no_ticket(
    office: Office, alice: User, then: str, said: str
) -> None:
    await office.opens(alice, "My order is late")
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    asked, lost = await _lost_question_and_follow_up(office, alice)
    if then == "it is cancelled":
        await office.kate.replies(asked, "/cancel")
        await office.kate.sees_gone(asked)
    elif then == "the words are there":
        await office.kate.replies(asked, "Welcome!")
        await office.sees("\n\nWelcome!")

    writer = mike if then == "another person replies" else office.kate
    await office.telegram.update({"message": reply(lost, TYPED, **by(writer))})

    await office.sees(said)
    assert not any("which one is it" in one for one in await of_bot(office.support))


async def _lost_question_and_follow_up(office: Office, alice: User) -> tuple[Message, Message]:
    """Lose the answers to two sends: of a question, and of what Alice writes meanwhile.

    Gives the question that came after all, and its lost copy.
    """
    shown = await page(office)
    await office.telegram.breaks(
        "cut_after", method="sendMessage", times=2, chat_id=office.support.id
    )
    await office.kate.presses(shown, "Change")
    lost = await office.sees("please reply to this message")
    await alice.writes("And where is it?")
    await office.all_goes()
    await office.telegram.advance(10)
    asked = await office.sees("please reply to this message", after=lost)
    await office.all_goes()
    return asked, lost


async def test_cancel_in_reply_to_a_lost_copy_is_told_which_question_counts(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    asked, lost = await _lost_question_and_follow_up(office, alice)

    await office.kate.replies(lost, "/cancel")

    await office.sees("reply to my newest question")
    await office.kate.replies(asked, "/cancel")
    await office.kate.sees_gone(asked)


async def test_a_reply_to_the_menu_is_offered_to_no_ticket(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await _lost_question_and_follow_up(office, alice)
    shown = await menu(office)

    await office.kate.replies(shown, TYPED)

    await office.sees("I can't take a reply to this menu")
    assert not any("which one is it" in one for one in await of_bot(office.support))


async def test_settings_go_on_in_the_supergroup_that_the_group_became(office: Office) -> None:
    await question(office)
    moved = await office.support.becomes_supergroup()
    await office.kate.sees("became a supergroup", in_=moved)

    await office.kate.writes(f"/settings@{USERNAME}", to=moved, plain=True)

    shown = await office.kate.sees("What do you want to change", in_=moved)
    await office.kate.presses(shown, "Greeting")
    await office.kate.sees_edit(shown, "In which language?")


async def test_an_anonymous_reply_from_before_the_group_moved_is_taken(office: Office) -> None:
    asked = await asked_as_group(office)
    written = reply(asked, "Bye", sender_chat=asked.raw["chat"], **{"from": ANONYMOUS})
    moved = await office.support.becomes_supergroup()
    await office.kate.sees("became a supergroup", in_=moved)

    await office.telegram.update({"message": written})

    await office.kate.sees("(an administrator):\n\nBye", in_=moved)


async def test_a_question_that_cannot_be_deleted_holds_nothing_up(office: Office) -> None:
    shown = await page(office)
    await office.kate.presses(shown, "Change")
    asked = await office.sees("please reply to this message")
    await office.telegram.breaks("error", method="deleteMessages", times=None, **UNDELETABLE)

    await office.kate.replies(asked, "/cancel")
    await office.all_goes()

    await office.kate.replies(asked, "It is on its way")
    await office.sees("I'm no longer asking for this")


async def test_while_telegram_does_not_tell_who_administers_nothing_changes(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    asked = await question(office)
    shown = await menu(office)
    await office.telegram.advance(REMEMBERED + 1)
    await office.telegram.breaks("cut_before", method="getChatAdministrators", times=None)

    press = await office.kate.presses(shown, "Greeting")
    assert "doesn't tell me whether you are an administrator" in await press.answer()
    await office.kate.replies(asked, TYPED)
    await office.sees("doesn't tell me whether you are an administrator")
    await office.kate.writes(f"/settings@{USERNAME}", to=office.support, plain=True)
    await office.all_goes()

    texts = await of_bot(office.support)
    assert len([one for one in texts if "Please try again in a minute" in one]) == 2
    assert not any(TYPED in one for one in [*texts, *await said_to(alice)])
    assert (await greeted(office, "Ann", "en")).startswith("Hello!")


async def test_what_one_administrator_is_asked_leaves_another_ones_question_alone(
    office: Office,
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    await mike.becomes("administrator", in_=office.support)
    first = await question(office)
    shown = await menu(office, mike)
    await mike.presses(shown, "Greeting")
    shown = await mike.sees_edit(shown, "In which language?")
    await mike.presses(shown, "English")
    shown = await mike.sees_edit(shown, "This is the default")
    await mike.presses(shown, "Change")
    second = await office.sees("Mike, please reply")

    await office.kate.replies(first, "Kate's greeting")
    await office.sees("(Kate):\n\nKate's greeting")
    await mike.replies(second, "Mike's greeting")
    await office.sees("(Mike):\n\nMike's greeting")

    assert await greeted(office, "Ann", "en") == "Mike's greeting"
