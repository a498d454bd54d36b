"""Who has a ticket, on its card, and the menu behind *More…*."""

import asyncio

import pytest

from sandbox.client import Message, User
from tests.bot.test_buttons import press_of
from tests.support.office import Office, Sessions, open_telegram, running, settings_for

CLOSED = ["Kate has it", "Close", "More…"]
OPEN = ["Kate has it", "Close", "Less", "Release", "How to answer"]
ASKED = "Kate has #1. To take it over, press again within a minute."


@pytest.fixture
async def mike(office: Office) -> User:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    return mike


@pytest.fixture
async def card(office: Office, alice: User) -> Message:
    """Have a card that Kate has taken."""
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Take")).answer()
    taken = await office.kate.sees_edit(card, "open · Kate")
    assert taken.buttons == CLOSED
    return taken


async def now(office: Office, card: Message) -> Message:
    """Read the card once the bot has done all that it was asked for."""
    await office.all_goes()
    shown = await office.support.message(card.id)
    assert shown is not None
    return shown


def all_data(message: Message) -> list[str]:
    """List what the buttons carry."""
    return [
        one["callback_data"] for row in message.raw["keyboard"]["inline_keyboard"] for one in row
    ]


def mark_of(card: Message) -> str:
    """Give what the buttons carry behind the ticket's key."""
    return all_data(card)[0].rpartition(":")[2]


async def opened(office: Office, card: Message) -> Message:
    """Have Kate open the menu."""
    assert not await (await office.kate.presses(card, "More…")).answer()
    menu = await office.kate.sees_edit(card)
    assert (menu.buttons, menu.text) == (OPEN, card.text)
    return menu


async def test_a_colleague_is_asked_and_takes_over_by_a_second_press(
    office: Office, mike: User, card: Message
) -> None:
    press = await mike.presses(card, "Kate has it")
    assert await press.answer() == ASKED
    assert await now(office, card) == card

    await office.telegram.advance(5)
    press = await mike.presses(card, "Kate has it")

    assert await press.answer() == "It's yours."
    taken = await mike.sees_edit(card, "open · Mike")
    assert taken.buttons == ["Mike has it", "Close", "More…"]


async def test_a_late_press_of_take_takes_nothing_over(
    office: Office, mike: User, card: Message
) -> None:
    """Its data is not that of *Kate has it*: whoever presses it has not read who has the ticket."""
    for _ in range(2):
        press = await mike.presses(card, data=f"take:1:{mark_of(card)}")
        assert await press.answer() == "#1 is with Kate. To take it over, reply /take."
        await office.telegram.advance(5)


async def test_whoever_has_it_learns_how_to_release_it(office: Office, card: Message) -> None:
    press = await office.kate.presses(card, "Kate has it")

    assert await press.answer() == "You have #1. To give it back, press More…, then Release."


async def test_released_it_can_be_taken_by_anybody(
    office: Office, mike: User, card: Message
) -> None:
    menu = await opened(office, card)
    press = await mike.presses(menu, "Release")
    assert await press.answer() == "Only Kate can release #1, but you can take it over."

    press = await office.kate.presses(menu, "Release")

    assert await press.answer() == "Nobody has it now."
    free = await office.kate.sees_edit(menu)
    assert free.buttons == ["Take", "Close", "More…"]
    assert "Kate" not in free.text
    assert "open · asked" in free.text
    press = await mike.presses(free, data=all_data(menu)[0])
    assert await press.answer() == "Nobody has #1 now. You can take it."


async def test_the_menu_opens_and_closes_again(office: Office, card: Message) -> None:
    menu = await opened(office, card)

    await (await office.kate.presses(menu, "Less")).answer()

    assert (await office.kate.sees_edit(menu)).buttons == CLOSED


async def test_what_the_user_writes_leaves_the_menu_open(
    office: Office, alice: User, card: Message
) -> None:
    await office.kate.replies(card, "It comes tomorrow")
    await alice.sees("tomorrow")
    menu = await opened(office, await office.kate.sees_edit(card, "answered"))

    await alice.writes("Which hour?")

    assert (await office.kate.sees_edit(menu, "open · Kate")).buttons == OPEN


async def test_how_to_answer_is_told_to_whoever_asks(office: Office, card: Message) -> None:
    menu = await opened(office, card)

    press = await office.kate.presses(menu, "How to answer")

    assert (await press.answer() or "").startswith("Reply to this message")


async def test_late_presses_of_the_menu_on_a_closed_ticket_say_so(
    office: Office, card: Message
) -> None:
    menu = await opened(office, card)
    await (await office.kate.presses(menu, "Close")).answer()
    await office.kate.sees_edit(card, "closed")

    for late in (one for one in all_data(menu) if one.split(":")[0] in {"over", "more", "release"}):
        press = await office.kate.presses(card, data=late)
        assert await press.answer() == "#1 is already closed."


@pytest.mark.parametrize("what", ["over", "more", "less", "release", "how"])
async def test_strangers_get_nothing_from_these_buttons(
    office: Office, alice: User, what: str
) -> None:
    card = await office.opens(alice, "My order is late")
    press = press_of(alice, card, f"{what}:1:{mark_of(card)}")

    await office.telegram.update({"callback_query": press})

    answer = await office.telegram.called("answerCallbackQuery")
    assert answer["params"]["text"] == "This button doesn't work in this chat."
    assert await now(office, card) == card


async def test_a_card_of_an_older_version_goes_on_working(
    alice: User, mike: User, card: Message
) -> None:
    """It has *Close* alone after it was taken, without a name, and no menu."""
    press = await mike.presses(card, data="close:1")

    assert await press.answer() == "Closed."
    await alice.sees("is closed")


async def test_a_second_press_after_a_restart_takes_over(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, mike = await telegram.user("Kate"), await telegram.user("Mike")
        alice = await telegram.user("Alice", language="en")
        support = await telegram.group("Support", members=[kate, mike], bot="member")
        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await alice.writes("My order is late")
            card = await kate.sees("My order is late", in_=support)
            await kate.presses(card, "Take")
            card = await kate.sees_edit(card, "open · Kate")
            assert await (await mike.presses(card, "Kate has it")).answer() == ASKED
        await telegram.advance(10)

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await mike.presses(card, "Kate has it")

            await mike.sees_edit(card, "open · Mike")


async def test_presses_collected_while_the_bot_was_away_only_ask(file_sessions: Sessions) -> None:
    """Whoever presses in vain presses again, without having read anything."""
    async with open_telegram() as (sandbox, telegram):
        kate, mike = await telegram.user("Kate"), await telegram.user("Mike")
        alice = await telegram.user("Alice", language="en")
        support = await telegram.group("Support", members=[kate, mike], bot="member")
        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await alice.writes("My order is late")
            card = await kate.sees("My order is late", in_=support)
            await kate.presses(card, "Take")
            card = await kate.sees_edit(card, "open · Kate")
        for _ in range(2):
            await mike.presses(card, "Kate has it")
            await telegram.advance(5)
        last = await mike.presses(card, "Kate has it")

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            assert await last.answer() == ASKED
            await kate.replies(card, "It comes tomorrow")
            assert "Kate" in (await kate.sees_edit(card, "answered")).text
