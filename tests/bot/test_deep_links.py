"""What a link to the bot carries (t.me/bot?start=order_4711) reaches staff with the ticket."""

from sandbox.client import User
from tests.bot.test_commands import has_no_ticket
from tests.support.office import Office, formatted, timeless


async def test_what_a_link_carries_is_on_the_card_of_the_next_ticket(
    office: Office, alice: User
) -> None:
    await alice.writes("/start order_4711")
    await alice.sees("Hello!")
    assert await has_no_ticket(office)

    card = await office.opens(alice, "It is late")

    state, link, words = timeless(card).splitlines()[1:]
    assert state == "new · asked ⏱"
    assert (link, words) == ("🔗 Came by the link order_4711", "It is late")
    assert formatted(card, "code") == ["#1", "order_4711"]
    assert formatted(card, "blockquote") == ["It is late"]


async def test_a_link_within_a_ticket_shows_with_the_next_message(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "It is late")
    await alice.writes("/start order_4712")
    await alice.sees("Hello!")

    await alice.writes("This one, too")

    await office.kate.sees_edit(card, "🔗 Came by the link order_4712")


async def test_a_link_that_leads_back_to_a_closed_ticket_is_on_its_new_card(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "It is late")
    await office.kate.replies(card, "/close")
    await office.kate.sees_edit(card, "closed")
    await alice.writes("/start order_4713")

    await alice.writes("It is late again")

    again = await office.sees("It is late again", after=card)
    assert "🔗 Came by the link order_4713" in again.text


async def test_a_link_of_the_day_before_yesterday_says_nothing_of_today(
    office: Office, alice: User
) -> None:
    await alice.writes("/start order_4711")
    await alice.sees("Hello!")
    await office.telegram.advance(2 * 24 * 3600)

    card = await office.opens(alice, "It is late")

    assert "order_4711" not in card.text


async def test_what_a_link_carried_counts_once(office: Office, alice: User) -> None:
    await alice.writes("/start order_4711")
    first = await office.opens(alice, "It is late")
    await office.kate.replies(first, "/close")
    await office.kate.sees_edit(first, "closed")
    await office.telegram.advance(8 * 24 * 3600)

    second = await office.opens(alice, "Something else")

    assert "order_4711" in first.text
    assert "order_4711" not in second.text


async def test_who_types_the_line_of_a_link_has_it_quoted(office: Office, alice: User) -> None:
    card = await office.opens(alice, "🔗 Came by the link order_4711")

    assert formatted(card, "code") == ["#1"]
    assert formatted(card, "blockquote") == ["🔗 Came by the link order_4711"]
