"""Users move what joined one of their tickets to another one, by a button under what they hear."""

import pytest

from sandbox.client import Message, User
from tests.support.office import Office


@pytest.fixture
async def alice(office: Office) -> User:
    return await office.telegram.user("Alice")


@pytest.fixture
async def cards(office: Office, alice: User) -> tuple[Message, Message]:
    """Have two open tickets of Alice's; the first one was answered last, so it is current."""
    first = await office.opens(alice, "My order is late")
    await alice.writes("/new My invoice is wrong")
    await alice.sees("Ticket #2 is open")
    second = await office.sees("My invoice is wrong")
    answer = await office.kate.replies(first, "It comes tomorrow")
    await office.kate.sees_reaction(answer, "👍")
    return first, second


async def test_a_press_moves_the_message_and_its_copy_says_where_to(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    before = await office.sees("40 euros")
    assert (told.buttons, before.text) == (["#2"], "#1 · It says 40 euros")

    await alice.presses(told, "#2")

    moved = "#2 · ↪ Moved from #1 to #2\nIt says 40 euros"
    assert (await office.kate.sees_edit(before, "Moved")).text == moved
    new = await office.sees("Moved from #1 to #2")
    assert (new.text, new.reply_to) == (moved, cards[1].id)
    assert (await alice.sees_edit(told, "Moved to ticket #2.")).buttons == ["#1"]


@pytest.mark.usefixtures("cards")
async def test_replies_to_both_copies_are_about_the_new_ticket(office: Office, alice: User) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    old = await office.sees("40 euros")
    await alice.presses(told, "#2")
    await office.kate.sees_edit(old, "Moved")
    new = await office.sees("Moved from #1 to #2")
    await office.app.courier.settled()

    for copy in (old, new):
        await office.kate.replies(copy, f"About {copy.id}")
        assert (await alice.sees(f"About {copy.id}")).text.startswith("#2\n")


@pytest.mark.usefixtures("cards")
async def test_what_is_written_next_joins_the_ticket_that_was_chosen(
    office: Office, alice: User
) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    await alice.presses(told, "#2")
    await alice.sees_edit(told, "Moved to ticket #2.")

    await alice.writes("And it should be 30")

    assert (await office.sees("should be 30")).text.startswith("#2")
    assert (await alice.chat.transcript()).count("Added to ticket") == 0


@pytest.mark.usefixtures("cards")
async def test_it_can_be_moved_back(office: Office, alice: User) -> None:
    written = await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    copy = await office.sees("40 euros")
    await alice.presses(told, "#2")
    await office.kate.sees_edit(copy, "Moved from #1 to #2")

    await alice.presses(await alice.sees_edit(told, "Moved to ticket #2."), "#1")

    edited = await office.kate.sees_edit(copy, "Moved from #2 to #1")
    await alice.edits(written, "It says 50 euros")
    assert (await office.kate.sees_edit(edited, "50")).text.startswith("#1 ·")


async def test_a_burst_moves_as_a_whole(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    before = [await office.sees("40 euros")]
    await alice.writes("It was to be 30")
    await alice.writes("Can you change it?")
    before.append(await office.sees("change it?"))

    await alice.presses(told, "#2")

    for copy, ends in zip(before, ("40 euros", "change it?"), strict=True):
        edited = await office.kate.sees_edit(copy, "Moved from #1 to #2")
        assert edited.text.endswith(ends)
    new = await office.sees("change it?", after=before[1])
    assert new.reply_to == cards[1].id
    said = "It says 40 euros\n\nIt was to be 30\n\nCan you change it?"
    assert new.text == f"#2 · ↪ Moved from #1 to #2\n{said}"


@pytest.mark.usefixtures("cards")
async def test_an_album_moves_as_a_whole(office: Office, alice: User) -> None:
    await alice.sends_album([{"kind": "photo", "caption": "Both pages"}, "photo"])
    told = await alice.sees("Added to ticket #1.")
    before = await office.sees("Both pages")

    await alice.presses(told, "#2")

    assert (await office.kate.sees_edit(before, "Moved")).text.startswith("↪ Moved from #1 to #2")
    new = await office.sees("Moved from #1 to #2", after=before)
    await office.kate.replies(new, "Thank you for both")
    assert (await alice.sees("for both")).text.startswith("#2")


@pytest.mark.usefixtures("cards")
async def test_what_cannot_be_edited_is_told_below_it(office: Office, alice: User) -> None:
    await alice.sends("sticker")
    told = await alice.sees("Added to ticket #1.")
    await office.all_goes()

    await alice.presses(told, "#2")
    await office.all_goes()

    shown = await office.support.transcript()
    assert shown.count("Moved from #1 to #2") == 2


@pytest.mark.usefixtures("cards")
async def test_replies_to_a_copy_that_cannot_be_edited_are_about_the_new_ticket(
    office: Office, alice: User
) -> None:
    await alice.sends("sticker")
    told = await alice.sees("Added to ticket #1.")
    copy = await office.sees(kind="sticker")
    await office.all_goes()
    await alice.presses(told, "#2")
    told = await alice.sees_edit(told, "Moved to ticket #2.")
    await office.all_goes()

    await office.kate.replies(copy, "How nice")
    assert (await alice.sees("How nice")).text.startswith("#2")

    await alice.presses(told, "#1")
    await alice.sees_edit(told, "Moved to ticket #1.")
    await office.all_goes()
    await office.kate.replies(copy, "And how big")
    assert (await alice.sees("And how big")).text.startswith("#1")


@pytest.mark.usefixtures("cards")
async def test_what_cannot_be_edited_is_shown_once_more_however_often_it_was_moved(
    office: Office, alice: User
) -> None:
    await alice.sends("sticker")
    told = await alice.sees("Added to ticket #1.")
    copy = await office.sees(kind="sticker")
    await office.all_goes()
    await office.support.bot_becomes("restricted")
    await alice.writes("It is for you")
    await office.holds_all()

    await alice.presses(told, "#2")
    await alice.presses(await alice.sees_edit(told, "Moved to ticket #2."), "#1")
    await alice.sees_edit(told, "Moved to ticket #1.")
    await office.lets_bot_in()
    await office.sees(kind="sticker", after=copy)
    await office.says_in_staff_chat()

    shown = await office.support.messages()
    assert len([one for one in shown if one.kind == "sticker"]) == 2
    assert len([one for one in shown if one.text.startswith("↪ Moved from #2 to #1")]) == 2


@pytest.mark.usefixtures("cards")
async def test_what_is_moved_after_the_group_became_a_supergroup_is_shown_there_once(
    office: Office, alice: User
) -> None:
    await alice.sends("sticker")
    told = await alice.sees("Added to ticket #1.")
    await office.all_goes()
    new = await office.support.becomes_supergroup()
    await office.kate.sees("became a supergroup", in_=new)
    await office.all_goes()

    await alice.presses(told, "#2")
    await office.kate.sees(kind="sticker", in_=new)
    await office.kate.writes("/help@sandbox_bot", to=new, plain=True)
    await office.kate.sees("makes a note", in_=new)
    await office.all_goes()

    assert len([one for one in await new.messages() if one.kind == "sticker"]) == 1


async def test_a_ticket_that_was_closed_meanwhile_takes_nothing(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    await office.kate.presses(cards[1], "Close")
    await office.kate.sees_edit(cards[1], "closed")

    press = await alice.presses(told, "#2")

    assert await press.answer() == (
        "Ticket #2 is closed now, so nothing was moved. "
        "To go on with it, reply to one of its messages."
    )


async def test_a_ticket_that_became_part_of_this_one_is_offered_no_more(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    await office.kate.replies(cards[0], "/merge 1 2")
    await office.sees("Merged with #2")

    await alice.presses(told, "#2")

    assert (await alice.sees_edit(told, "Moved to ticket #1.")).buttons == []
    assert "Moved" not in await office.support.transcript()


async def test_what_is_written_below_an_answer_stays_with_it(
    office: Office, alice: User, cards: tuple[Message, Message]
) -> None:
    await alice.writes("It says 40 euros")
    told = await alice.sees("Added to ticket #1.")
    before = await office.sees("40 euros")
    await office.kate.replies(cards[0], "May the neighbour take it?")
    await alice.sees("May the neighbour take it?")
    await office.all_goes()
    await alice.writes("Yes, please")
    await office.sees("Yes, please")

    await alice.presses(told, "#2")
    await office.kate.sees_edit(before, "Moved from #1 to #2")
    await office.all_goes()

    shown = await office.support.transcript()
    assert (shown.count("Moved from"), "#1 · Yes, please" in shown) == (2, True)
    assert (await office.kate.sees_edit(cards[0], "open")).text.startswith("🟠 #1")


async def two_in_one(office: Office, alice: User) -> tuple[Message, Message]:
    """Have two texts of #1 come as one; what Alice is told of the first, and the message.

    The second one replies to what she is told, so it stays when the first one moves.
    """
    first = await office.opens(alice, "My order is late")
    await alice.writes("/new My invoice is wrong")
    await alice.sees("Ticket #2 is open")
    answer = await office.kate.replies(first, "It comes tomorrow")
    await office.kate.sees_reaction(answer, "👍")
    await office.support.bot_becomes("restricted")
    await alice.writes("At noon?")
    told = await alice.sees("Added to ticket #1.")
    await office.holds_all()
    await alice.replies(told, "Or later?")
    await office.lets_bot_in()
    together = await office.sees("Or later?")
    return told, together


async def test_of_merged_texts_one_is_moved_and_a_reply_asks_for_the_ticket(
    office: Office, alice: User
) -> None:
    told, together = await two_in_one(office, alice)
    assert together.text == "#1\nAt noon?\n\nOr later?"

    await alice.presses(told, "#2")
    edited = await office.kate.sees_edit(together, "Moved")
    await office.app.courier.settled()
    reply = await office.kate.replies(edited, "At eleven")

    assert edited.text == "#1\n↪ Moved from #1 to #2\nAt noon?\n\nOr later?"
    asked = await office.sees("which one is it?")
    assert (asked.reply_to, asked.buttons) == (reply.id, ["#1 · Alice", "#2 · Alice"])
    await office.kate.presses(asked, "#2 · Alice")
    assert (await alice.sees("At eleven")).text == "#2\nAt eleven"


async def test_a_command_in_reply_to_two_tickets_asks_for_one(office: Office, alice: User) -> None:
    told, together = await two_in_one(office, alice)
    await alice.presses(told, "#2")
    await office.kate.sees_edit(together, "Moved")
    await office.app.courier.settled()

    await office.kate.replies(together, "/close")
    asked = await office.sees("about several tickets")
    await office.kate.presses(asked, "#2 · Alice")

    await alice.sees("Ticket #2 is closed")
