"""From a user to staff: tickets, their cards, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.client import Message, User
from tests.support.office import Office, Sessions, formatted, open_office, timeless

A_DAY = timedelta(days=1).total_seconds()


async def test_a_first_message_opens_a_ticket_and_staff_see_its_card(
    office: Office, alice: User
) -> None:
    await alice.writes("My order is late")

    card = await office.sees("My order is late")
    assert timeless(card) == "🔶 #1 · Alice @alice\nnew · asked ⏱\nMy order is late"
    assert card.buttons == ["Take", "Close", "More…"]
    await alice.sees("Ticket #1 is open")


async def test_the_name_on_the_card_leads_to_the_person(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    [mention] = [one for one in card.entities if one["type"] == "text_mention"]
    assert mention["user"]["id"] == alice.id
    assert formatted(card, "text_mention") == ["Alice"]


async def test_the_number_on_the_card_is_copied_by_a_tap(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    assert formatted(card, "code") == ["#1"]


async def test_the_card_has_a_clock_that_needs_no_edit(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    [clock] = [one for one in card.entities if one["type"] == "date_time"]
    asked_at = datetime.fromtimestamp(clock["unix_time"], UTC)
    assert clock["date_time_format"] == "r"
    assert formatted(card, "date_time") == [f"{asked_at:%d %b, %H:%M UTC}"]


async def test_the_formatting_of_a_first_message_is_kept_on_the_card(
    office: Office, alice: User
) -> None:
    await alice.writes("😀 very late", entities=[{"type": "bold", "offset": 3, "length": 4}])

    card = await office.sees("very late")
    assert formatted(card, "bold") == ["very"]


async def test_further_messages_join_the_open_ticket_as_replies_to_its_card(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    await alice.writes("by 😀 three weeks", entities=[{"type": "italic", "offset": 6, "length": 5}])

    follow_up = await office.sees("three weeks")
    assert follow_up.text == "#1 · by 😀 three weeks"
    assert formatted(follow_up, "italic") == ["three"]
    assert follow_up.reply_to == card.id


async def test_each_user_has_a_ticket_of_their_own(office: Office, alice: User, bob: User) -> None:
    await office.opens(alice, "Mine is late")

    card = await office.opens(bob, "Mine is broken")

    assert "#2 · Bob" in card.text
    await bob.sees("Ticket #2 is open")


async def test_the_numbers_start_again_each_day(office: Office, alice: User, bob: User) -> None:
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)

    card = await office.opens(bob, "On Tuesday")

    assert "#1 · Bob" in card.text


async def test_a_ticket_of_another_day_is_shown_with_its_date(office: Office, alice: User) -> None:
    await office.opens(alice, "On Monday")
    await office.telegram.advance(A_DAY)

    await alice.writes("On Tuesday")

    follow_up = await office.sees("On Tuesday")
    assert follow_up.text == "#1 · 23 Nov · On Tuesday"


async def test_what_staff_answered_and_the_user_adds_make_the_ticket_open_again(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "By how much?")
    await office.kate.sees_edit(card, "answered, waiting for the user")

    await alice.writes("By three weeks")

    await office.sees("By three weeks")
    assert "🟠" in (await office.kate.sees_edit(card, "open")).text


@pytest.mark.parametrize("privacy", [True, False])
@pytest.mark.parametrize("supergroup", [True, False])
@pytest.mark.parametrize("status", ["member", "administrator"])
async def test_question_and_answer_work_whatever_the_group_and_the_bots_rights(
    file_sessions: Sessions, *, privacy: bool, supergroup: bool, status: str
) -> None:
    async with open_office(
        file_sessions, privacy=privacy, supergroup=supergroup, bot=status
    ) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        await office.kate.writes("Who knows about this?", to=office.support)

        answer = await office.kate.replies(card, "It is on its way")

        received = await alice.sees("It is on its way")
        assert received.text == "It is on its way"
        await office.kate.sees_reaction(answer, "👍")
        assert [m.text for m in await alice.chat.messages() if m.from_id != alice.id] == [
            "Ticket #1 is open. We'll reply here; you can add details at any time.",
            "It is on its way",
        ]


async def test_a_question_is_answered_on_either_database(sessions: Sessions) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        answer = await office.kate.replies(card, "By how much?")
        await alice.sees("By how much?")
        await office.kate.sees_reaction(answer, "👍")
        await alice.writes("By three weeks")
        await office.kate.replies(await office.sees("By three weeks"), "It is here now")
        await alice.sees("It is here now")
        await office.kate.presses(card, "Close")
        await alice.sees("Ticket #1 is closed")
        await alice.writes("It is broken")
        await alice.sees("Ticket #1 is open again")
        reopened = await office.sees("It is broken")
        await office.kate.sees_edit(card, "continues below")
        assert reopened.buttons == ["Take", "Close", "More…"]


# After the close


async def closed(office: Office, user: User) -> Message:
    """Have Kate close a ticket; return its card."""
    card = await office.opens(user, "My order is late")
    await office.kate.replies(card, "/close")
    await user.sees("is closed")
    return await office.kate.sees_edit(card, "closed")


@pytest.mark.parametrize("days", [0, 6.9])
async def test_who_writes_again_within_a_week_reopens_the_ticket_under_a_new_card(
    office: Office, alice: User, days: float
) -> None:
    card = await closed(office, alice)
    await office.telegram.advance(days * A_DAY)

    await alice.writes("It is broken")

    await alice.sees("is open again.")
    new = await office.sees("It is broken")
    assert timeless(new).splitlines()[1:] == ["open · came back ⏱", "It is broken"]
    assert (new.buttons, new.reply_to) == (["Take", "Close", "More…"], card.id)
    old = await office.kate.sees_edit(card, "continues below, on a new card.")
    assert old.buttons == []
    assert old.text.endswith("\nMy order is late")
    assert "My order is late" not in (await office.says_in_staff_chat(after=new)).text


async def reopened(office: Office, alice: User) -> tuple[Message, Message, Message]:
    """Have a ticket reopened by what its user writes; return old card, new card and writing."""
    card = await closed(office, alice)
    written = await alice.writes("It is broken")
    new = await office.sees("It is broken")
    return await office.kate.sees_edit(card, "continues below"), new, written


async def test_a_reopened_ticket_keeps_its_new_words_on_the_card(
    office: Office, alice: User
) -> None:
    _, card, _ = await reopened(office, alice)

    await office.kate.presses(card, "Take")

    taken = await office.kate.sees_edit(card, "open · Kate")
    assert taken.text.endswith("\nIt is broken")


async def test_edits_reach_both_cards_of_a_reopened_ticket(office: Office, alice: User) -> None:
    old, new, written = await reopened(office, alice)
    first = next(m for m in await alice.chat.messages() if m.text == "My order is late")

    await alice.edits(written, "It is broken again")
    await alice.edits(first, "My order is lost")

    await office.kate.sees_edit(new, "It is broken again")
    await office.kate.sees_edit(old, "My order is lost")


async def test_staff_who_reopen_see_the_newest_words_on_the_card(
    office: Office, alice: User
) -> None:
    _, card, _ = await reopened(office, alice)
    await office.kate.replies(card, "/close")
    await office.kate.sees_edit(card, "closed")

    await office.kate.replies(card, "/reopen")

    newest = await office.sees("It is broken", after=card)
    assert (newest.reply_to, newest.buttons) == (card.id, ["Take", "Close", "More…"])


async def test_a_card_with_a_picture_below_it_does_not_show_older_words(
    office: Office, alice: User
) -> None:
    await closed(office, alice)
    await alice.sends_photo("look")
    picture = await office.sees("look", kind="photo")
    card = await office.support.message(picture.reply_to or 0)
    assert card is not None

    await office.kate.presses(card, "Take")

    taken = await office.kate.sees_edit(card, "open · Kate")
    assert taken.text.splitlines()[2:] == []


async def test_the_card_follows_a_new_username(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Call me")
    assert "@alice" in card.text
    names = {"first_name": "Alice", "username": "alice_new", "language_code": "en"}
    await office.telegram.call("rename", user=alice.id, **names)

    await alice.writes("Still there?")

    await office.kate.sees_edit(card, "@alice_new")


async def test_who_writes_after_more_than_a_week_opens_a_new_ticket(
    office: Office, alice: User
) -> None:
    card = await closed(office, alice)
    await office.telegram.advance(7.1 * A_DAY)

    await alice.writes("It is broken")

    await alice.sees("is open. We'll reply here")
    new = await office.sees("It is broken")
    assert new.buttons == ["Take", "Close", "More…"]
    assert new.reply_to is None
    assert await office.support.message(card.id) == card


@pytest.mark.parametrize("text", ["Thanks!", "Thanks, bye", "до свидания, спасибо", "👍"])
async def test_thanks_are_shown_to_staff_and_reopen_nothing(
    office: Office, alice: User, text: str
) -> None:
    card = await closed(office, alice)

    await alice.writes(text)

    assert (await office.sees(text, after=card)).text == f"#1 · {text}"
    await office.says_in_staff_chat()
    assert await office.support.message(card.id) == card
    assert not any("open again" in m.text for m in await alice.chat.messages())


@pytest.mark.parametrize(
    "text", ["Thanks, but it is broken", "thank you?", "ok, but when", "спасибо, а когда"]
)
async def test_whatever_says_more_than_thanks_reopens(
    office: Office, alice: User, text: str
) -> None:
    await closed(office, alice)

    await alice.writes(text)

    await alice.sees("Ticket #1 is open again.")


async def test_a_picture_after_the_close_reopens(office: Office, alice: User) -> None:
    await closed(office, alice)

    await alice.sends_photo("thanks")

    await office.sees("thanks", kind="photo")
