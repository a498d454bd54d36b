"""A user with several open tickets: `/new` opens them, and answers and replies find their own."""

import pytest

from bot.texts import team_words
from sandbox.client import Message, User
from tests.support.office import Office

HOUR, DAY = 3600, 24 * 3600
ASKED = "What else can we help with?"


@pytest.fixture
async def alice(office: Office) -> User:
    return await office.telegram.user("Alice")


@pytest.fixture
async def cards(office: Office, alice: User) -> tuple[Message, Message]:
    """Have two open tickets of Alice's; the second one is current."""
    first = await office.opens(alice, "My order is late")
    await alice.writes("/new My invoice is wrong")
    await alice.sees("Ticket #2 is open")
    return first, await office.sees("My invoice is wrong")


async def test_words_behind_new_open_a_ticket_without_the_command(
    cards: tuple[Message, Message],
) -> None:
    first, second = cards

    assert [card.text.splitlines()[-1] for card in cards] == [
        "My order is late",
        "My invoice is wrong",
    ]
    assert [card.text[:4] for card in (first, second)] == ["🔶 #1", "🔶 #2"]
    assert [card.silent for card in cards] == [False, False]


async def test_new_has_the_next_message_open_a_ticket(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")

    await alice.writes("/new")
    asked = await alice.sees(ASKED)
    await alice.writes("My invoice is wrong")

    assert asked.buttons == ["Never mind"]
    assert "#2" in (await alice.sees("Ticket #2 is open")).text
    assert "#2" in (await office.sees("My invoice is wrong")).text


async def test_a_button_under_the_confirmation_does_the_same(alice: User) -> None:
    await alice.writes("My order is late")
    confirmed = await alice.sees("Ticket #1 is open")
    assert confirmed.buttons == ["Start another"]

    await alice.presses(confirmed, "Start another")
    await alice.sees(ASKED)
    await alice.writes("My invoice is wrong")

    await alice.sees("Ticket #2 is open")


async def test_the_button_works_for_a_day(office: Office, alice: User) -> None:
    await alice.writes("My order is late")
    confirmed = await alice.sees("Ticket #1 is open")

    await office.telegram.advance(DAY + 60)
    press = await alice.presses(confirmed, "Start another")

    assert "send /new" in await press.answer()
    await alice.writes("Is it lost?")
    assert "#1" in (await office.sees("Is it lost?")).text


async def test_never_mind_takes_the_wish_back(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await alice.writes("/new")
    asked = await alice.sees(ASKED)

    await alice.presses(asked, "Never mind")

    assert (await alice.sees_edit(asked, "no new ticket")).buttons == []
    await alice.writes("Is it lost?")
    assert "#1" in (await office.sees("Is it lost?")).text


async def test_never_mind_says_if_it_is_too_late(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await alice.writes("/new")
    asked = await alice.sees(ASKED)
    await alice.writes("My invoice is wrong")
    await alice.sees("Ticket #2 is open")

    press = await alice.presses(asked, "Never mind")

    assert "already open" in await press.answer()


async def test_a_photo_may_come_with_the_command(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")

    await alice.sends_photo("/new It looks like this")

    await alice.sees("Ticket #2 is open")
    assert (await office.sees("It looks like this")).text == "It looks like this"


async def test_in_a_later_item_of_an_album_the_command_stays_and_so_does_the_album(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")

    items = await alice.sends_album(
        [{"kind": "photo", "caption": "Front"}, {"kind": "photo", "caption": "/new And the back"}]
    )
    await office.sees("Front")
    back = await office.sees("/new And the back")
    await alice.edits(items[1], "/new And what is behind")

    assert (await office.kate.sees_edit(back, "behind")).text == "/new And what is behind"
    assert "Ticket #2" not in await alice.chat.transcript()


async def test_an_edit_may_repeat_the_command(office: Office, alice: User) -> None:
    written = await alice.writes("/new My invoice is wrong")
    card = await office.sees("My invoice is wrong")

    await alice.edits(written, "/new My invoice is much too high")

    edited = await office.kate.sees_edit(card, "too high")
    assert edited.text.splitlines()[-1] == "My invoice is much too high"


async def test_there_is_no_sixth_ticket_and_nothing_is_lost(office: Office, alice: User) -> None:
    for number in range(1, 6):
        await alice.writes(f"/new Question {number}")
        await alice.sees(f"Ticket #{number} is open")

    await alice.writes("/new")
    await alice.sees("several open tickets (#1, #2, #3, #4, #5), so I can't open another one")
    written = await alice.writes("/new Question 6")

    assert (await alice.sees("so this was added to ticket #5")).reply_to == written.id
    assert "#5" in (await office.sees("Question 6")).text


async def test_each_answer_begins_with_the_number_of_its_ticket(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    first, second = cards

    await office.kate.replies(first, "It comes tomorrow")
    await office.kate.replies(second, "We sent a new one")

    assert (await alice.sees("tomorrow")).text == "#1\nIt comes tomorrow"
    assert (await alice.sees("a new one")).text == "#2\nWe sent a new one"


async def test_the_answer_to_an_only_ticket_has_no_number(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "It comes tomorrow")

    assert (await alice.sees("tomorrow")).text == "It comes tomorrow"


async def test_what_is_written_after_an_answer_joins_its_ticket(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    answer = await office.kate.replies(cards[0], "It comes tomorrow")
    await office.kate.sees_reaction(answer, "👍")

    await alice.writes("Thank you, and at what time?")

    assert (await office.sees("at what time?")).text.startswith("#1")


async def test_whose_words_join_another_ticket_than_the_last_ones_is_told(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    answer = await office.kate.replies(cards[0], "It comes tomorrow")
    await office.kate.sees_reaction(answer, "👍")

    written = await alice.writes("At what time?")
    told = await alice.sees("Added to ticket #1.")
    await alice.writes("I am out in the morning")
    await office.sees("out in the morning")

    assert told.reply_to == written.id
    assert (await alice.chat.transcript()).count("Added to ticket") == 1


async def test_a_reply_joins_the_ticket_that_it_replies_to(office: Office, alice: User) -> None:
    written = await alice.writes("My order is late")
    await alice.writes("/new My invoice is wrong")
    await alice.sees("Ticket #2 is open")

    await alice.replies(written, "It was to come on Monday")
    assert (await office.sees("on Monday")).text.startswith("#1")
    await alice.writes("At noon")

    assert (await office.sees("At noon")).text.startswith("#1")


async def test_staff_reopen_a_ticket_beside_an_open_one(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    first, _ = cards
    await office.kate.presses(first, "Close")
    await alice.sees("Ticket #1 is closed")

    closed = await office.kate.sees_edit(first, "closed")
    await office.kate.presses(closed, "Reopen")

    await alice.sees("Ticket #1 is open again")
    await alice.writes("The number is on it")
    assert (await office.sees("The number is on it")).text.startswith("#2")


async def test_beside_an_open_ticket_the_closing_words_say_how_to_go_on(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await office.kate.replies(cards[0], "/close")
    told = await alice.sees("Ticket #1 is closed. To go on with it, reply to one of its messages.")
    await office.app.courier.settled()

    await alice.replies(told, "It has not come")

    assert "#1" in (await office.sees("It has not come")).text


def test_the_teams_own_closing_words_are_followed_by_how_to_go_on() -> None:
    bold = {"type": "bold", "offset": 0, "length": 3}

    assert team_words.closed_beside(("Bye, {ticket} is done!", [bold]), "#1") == (
        "Bye, #1 is done!\n\nTo go on with #1, reply to one of its messages.",
        [bold],
    )
