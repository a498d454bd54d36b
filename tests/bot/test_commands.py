"""Commands, of users and of staff."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from database.models import Ticket, TicketEvent
from sandbox.client import Chat, User
from tests.support.office import Office, Sessions, open_office, timeless

A_DAY = timedelta(days=1).total_seconds()


async def commands(office: Office, text: str, to: Chat | None = None) -> None:
    """Have Kate give a command in the staff chat."""
    words = text.replace(" ", "@sandbox_bot ", 1)
    await office.kate.writes(words, to=to or office.support, plain=True)


async def has_no_ticket(office: Office) -> bool:
    async with office.sessions() as session:
        return (await session.scalars(select(Ticket))).first() is None


# Users


async def test_start_greets_and_explains_in_three_lines(office: Office, alice: User) -> None:
    await alice.writes("/start")

    greeting = await alice.sees("Hello!")
    assert len(greeting.text.splitlines()) == 3
    assert await has_no_ticket(office)


@pytest.mark.parametrize(
    "text", ["/help", "/HELP", "/help@sandbox_bot", "/help@name_it_had_before"]
)
async def test_help_says_what_a_user_can_do(office: Office, alice: User, text: str) -> None:
    await alice.writes(text)

    await alice.sees("your first message opens a ticket")
    assert await has_no_ticket(office)


async def test_what_telegram_marks_as_no_command_is_a_question(office: Office, alice: User) -> None:
    await alice.writes("/start", entities=[{"type": "code", "offset": 0, "length": 6}])

    await alice.sees("Ticket #1")
    await office.sees("/start")


@pytest.mark.parametrize(
    "text", ["/frobnicate", "/frobnicate@another_bot", "/startx", "/START_NOW  "]
)
async def test_an_unknown_command_gets_help_and_opens_nothing(
    office: Office, alice: User, text: str
) -> None:
    written = await alice.writes(text)

    answer = await alice.sees(f"I don't know {text.partition('@')[0].strip()}.\nJust write")
    assert answer.reply_to == written.id
    assert await has_no_ticket(office)


@pytest.mark.parametrize("text", ["/order 4711 has not arrived", "/pay\nnow", "/x@another_bot a"])
async def test_words_behind_an_unknown_command_are_passed_on(
    office: Office, alice: User, text: str
) -> None:
    written = await alice.writes(text)

    await alice.sees("Ticket #1 is open")
    card = await office.sees(text)
    await alice.edits(written, f"{text}, and red")
    await office.kate.sees_edit(card, "and red")
    assert not any("I don't know" in message.text for message in await alice.chat.messages())


async def test_an_unknown_command_that_gets_words_by_an_edit_is_passed_on(
    office: Office, alice: User
) -> None:
    written = await alice.writes("/order")
    await alice.sees("I don't know /order.")

    await alice.edits(written, "/order 4711 has not arrived")

    await alice.sees("Ticket #1 is open")
    await office.sees("4711 has not arrived")


async def test_a_command_further_back_in_a_text_is_text(alice: User) -> None:
    await alice.writes("What does /close do?")

    await alice.sees("Ticket #1 is open")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/start my order 55 is late", "Hello!"),
        ("/start@sandbox_bot where is it?", "Hello!"),
        ("/help me, please", "your first message opens a ticket"),
    ],
)
async def test_words_behind_a_command_are_passed_on(
    office: Office, alice: User, text: str, answer: str
) -> None:
    written = await alice.writes(text)

    await alice.sees(answer)
    card = await office.sees(text)
    await alice.edits(written, f"{text}, and red")
    await office.kate.sees_edit(card, "and red")
    assert [answer in message.text for message in await alice.chat.messages()].count(True) == 1


@pytest.mark.parametrize("caption", ["/start", "/start here is the proof", "/help", "/proof"])
async def test_a_picture_above_a_command_is_passed_on(
    office: Office, alice: User, caption: str
) -> None:
    await alice.sends_photo(caption)

    await alice.sees("Ticket #1")
    assert (await office.sees(caption)).kind == "photo"


async def test_start_within_a_ticket_only_greets(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await alice.writes("/start")

    await alice.sees("Hello!")
    assert (await office.says_in_staff_chat()).id > card.id
    assert not any("/start" in message.text for message in await office.support.messages())


async def test_what_cannot_be_shown_does_not_stop_the_bot(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.texts.to_users.greeting", lambda: "\ud800")

    await alice.writes("/start")
    await alice.writes("/help")

    await alice.sees("your first message opens a ticket")


# Staff


@pytest.mark.parametrize("text", ["/Close", "/CLOSE@Sandbox_Bot"])
async def test_capitals_do_not_matter(office: Office, alice: User, text: str) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, text)

    await alice.sees("Ticket #1 is closed")


@pytest.mark.parametrize("text", ["/dance@sandbox_bot", "/Dance@SANDBOX_BOT 1"])
async def test_a_command_that_names_the_bot_is_answered_also_if_it_is_unknown(
    office: Office, text: str
) -> None:
    asked = await office.kate.writes(text, to=office.support)

    answer = await office.sees(f"I don't know {text.partition('@')[0]}.")
    assert answer.reply_to == asked.id


async def test_a_command_for_a_name_that_the_bot_had_before_is_answered_with_the_one_it_has(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, privacy=False) as office:
        card = await office.opens(await office.telegram.user("Alice"), "My order is late")

        await office.kate.replies(card, "/close@old_bot")

        await office.sees("/close@old_bot is meant for another bot. I'm @sandbox_bot.")


async def test_a_bot_that_was_renamed_while_it_runs_hears_its_new_name(
    file_sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.process.profile.ASKS_NAME_EVERY", 0.05)
    async with open_office(file_sessions) as office:
        card = await office.opens(await office.telegram.user("Alice"), "My order is late")
        office.sandbox.world.bot.username = "new_bot"
        asked = await office.telegram.called("getMe", since=len(await office.telegram.calls()))
        await office.telegram.called("getMe", since=asked["number"])  # so the first is answered

        await office.kate.writes("/close@new_bot 1", to=office.support)

        await office.kate.sees_edit(card, "closed · Kate")


@pytest.mark.parametrize("text", ["/take 1", "/close 1 it has come"])
async def test_a_command_that_is_done_is_marked_where_it_was_given(
    office: Office, alice: User, text: str
) -> None:
    await office.opens(alice, "My order is late")

    asked = await office.kate.writes(text.replace(" ", "@sandbox_bot ", 1), to=office.support)

    await office.kate.sees_reaction(asked, "👌")


async def test_a_command_that_is_refused_or_answered_is_not_marked(office: Office) -> None:
    refused = await office.kate.writes("/close@sandbox_bot 5", to=office.support)
    asked = await office.kate.writes("/tickets@sandbox_bot", to=office.support, plain=True)

    await office.sees("There is no ticket 5.")
    await office.sees("All tickets are closed.")
    await office.app.courier.settled()
    shown = {message.id: message.reactions for message in await office.support.messages()}
    assert not shown[refused.id]
    assert not shown[asked.id]


async def test_close_as_a_reply_closes_and_tells_the_user(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "/close")

    await alice.sees("Ticket #1 is closed. If you still need help, just write again.")
    closed = await office.kate.sees_edit(card, "closed · Kate")
    assert timeless(closed) == "✔️ #1 · Alice @alice\nclosed · Kate · ⏱\nMy order is late"
    assert closed.buttons == ["Reopen"]


async def test_the_reason_of_a_close_stays_among_staff(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "/close 7 times spam")

    await office.kate.sees_edit(card, "closed · Kate · 7 times spam")
    assert "spam" not in (await alice.sees("is closed")).text


@pytest.mark.parametrize("number", ["1", "#1", "2026-11-23/1", "1\n", " 1  ", "1,", "#1:"])
async def test_close_takes_a_number_and_a_reason(office: Office, alice: User, number: str) -> None:
    card = await office.opens(alice, "My order is late")

    await commands(office, f"/close {number} it has come")

    await alice.sees("Ticket #1 is closed")
    await office.kate.sees_edit(card, "closed · Kate · it has come")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/close ", "Reply to one of the ticket's messages, or give its number: /close 7"),
        ("/take ", "Reply to one of the ticket's messages, or give its number: /take 7"),
        ("/reopen ", "Reply to one of the ticket's messages, or give its number: /reopen 7"),
        ("/close sent yesterday", "Reply to one of the ticket's messages"),
        ("/close 5", "There is no ticket 5."),
        ("/close 5,", "There is no ticket 5."),
        ("/close 0", "There is no ticket 0."),
        ("/close -1", "There is no ticket -1."),
        ("/close ٣", "There is no ticket ٣."),
        ("/close 99999999999999999999", "There is no ticket 99999999999999999999."),
        ("/close 2026-13-45/1", "There is no ticket 2026-13-45/1."),
        ("/close 2026-11-22/1", "There is no ticket 2026-11-22/1."),
        ("/close <b>7{typed}</b>", "There is no ticket <b>7{typed}</b>."),
        ("/close <b>{command}</b>", "or give its number: /close 7"),
        ("/close '; DROP TABLE tickets; --", "or give its number: /close 7"),
        ("/close \n\n", "Reply to one of the ticket's messages, or give its number: /close 7"),
        ("/close " + "9" * 4000, "There is no ticket 9999999999"),
        ("/tickets 5 x", "There is no ticket 5."),
        ("/tickets -1", "There is no ticket -1."),
        ("/tickets x", "1 ticket waits for our answer"),
        ("/reopen 1", "#1 is not closed."),
    ],
)
async def test_rubbish_after_a_command_is_answered_and_changes_nothing(
    office: Office, alice: User, text: str, answer: str
) -> None:
    card = await office.opens(alice, "My order is late")

    await commands(office, text)

    await office.sees(answer)
    assert await office.support.message(card.id) == card


async def test_closing_twice_is_refused(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")

    again = await office.kate.replies(card, "/close")

    assert (await office.sees("#1 is already closed.")).reply_to == again.id


async def test_reopen_gives_a_new_card_and_tells_the_user(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/close")
    await office.kate.sees_edit(card, "closed")
    await alice.sees("is closed")

    await commands(office, "/reopen 1")

    await alice.sees("Ticket #1 is open again.")
    new = await office.sees("My order is late", after=card)
    assert "🟠 #1" in new.text
    old = await office.kate.sees_edit(card, "#1 continues below, on a new card.")
    assert old.buttons == []


async def test_reopen_opens_a_ticket_while_the_user_has_another_one(
    office: Office, alice: User, bob: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")
    await office.telegram.advance(8 * A_DAY)
    await office.opens(bob, "Mine is broken")
    await office.opens(alice, "It is broken")

    await office.kate.replies(card, "/reopen")

    assert "Ticket #1 · 23 Nov is open again" in (await alice.sees("open again")).text


async def test_take_shows_on_the_card_who_has_the_ticket_and_stays_among_staff(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "/take")

    taken = await office.kate.sees_edit(card, "open · Kate")
    assert taken.buttons == ["Kate has it", "Close", "More…"]
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")
    assert not any("Kate" in message.text for message in await alice.chat.messages())


async def test_take_takes_over_from_a_colleague(office: Office, alice: User) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/take")
    card = await office.kate.sees_edit(card, "open · Kate")

    await mike.replies(card, "/take")

    await office.kate.sees_edit(card, "open · Mike")


async def test_taking_what_one_has_is_refused(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/take")

    await office.kate.replies(card, "/take")

    await office.sees("#1 is already yours.")


@pytest.mark.parametrize("text", ["/close", "/take 1", "/Reopen #1", "/close 1 spam"])
async def test_commands_do_nothing_in_private_even_for_staff(
    office: Office, alice: User, text: str
) -> None:
    card = await office.opens(alice, "My order is late")

    given = await office.kate.writes(text)

    answer = await office.kate.sees(f"{text.split(maxsplit=1)[0]} works only in our team's group.")
    assert answer.reply_to == given.id
    await office.says_in_staff_chat()
    assert await office.support.message(card.id) == card
    assert not any("#2" in message.text for message in await office.support.messages())


async def test_a_mistyped_command_is_no_answer(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "/clsoe spam")

    await office.sees("begins with a slash")
    await office.kate.replies(card, "It is on its way")
    await alice.sees("It is on its way")
    assert not any("clsoe" in message.text for message in await alice.chat.messages())


async def test_an_anonymous_administrator_closes_but_cannot_take(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "/take", anonymous=True)
    await office.sees("You're writing anonymously")
    await office.kate.replies(card, "/close", anonymous=True)

    await alice.sees("is closed")
    assert "closed · ⏱\n" in timeless(await office.kate.sees_edit(card, "closed"))


async def test_of_several_tickets_with_a_number_the_bot_asks_which(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)
    await office.opens(bob, "On Tuesday")

    await commands(office, "/close 1")

    question = await office.sees("Several tickets have this number. Which one?")
    assert question.buttons == ["#1 · Bob", "#1 · 23 Nov · Alice"]
    await office.kate.presses(question, "#1 · 23 Nov · Alice")
    await alice.sees("is closed")
    await commands(office, "/close 1")
    await bob.sees("is closed")


async def test_a_reason_is_not_lost_when_several_tickets_have_the_number(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)
    await office.opens(bob, "On Tuesday")

    await commands(office, "/close 1 it has come")
    question = await office.sees(
        "Several tickets have this number. Write /close 2026-11-24/1 … or /close"
    )
    assert not question.buttons
    await commands(office, "/close 2026-11-23/1 it has come")

    await alice.sees("is closed")
    await office.sees("it has come")


async def test_a_number_is_understood_in_a_reply_to_what_is_no_ticket(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await commands(office, "/tickets")
    listed = await office.sees("1 ticket waits for our answer")

    await office.kate.replies(listed, "/close 1 it has come")

    await alice.sees("is closed")


async def test_a_number_means_the_open_ticket_rather_than_a_newer_closed_one(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)
    card = await office.opens(bob, "On Tuesday")
    await office.kate.replies(card, "/close")
    await bob.sees("is closed")

    await commands(office, "/close 1")

    await alice.sees("is closed")


async def test_who_did_what_is_written_down(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/take")
    await office.kate.replies(card, "By how much?")
    await office.kate.replies(card, "// hm")
    await office.kate.replies(card, "/close spam")
    await alice.sees("is closed")

    async with office.sessions() as session:
        events = list(await session.scalars(select(TicketEvent).order_by(TicketEvent.id)))
    assert [event.kind for event in events] == ["opened", "taken", "answered", "noted", "closed"]
    assert events[-1].details == {"reason": "spam"}
