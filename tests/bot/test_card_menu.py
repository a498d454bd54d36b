"""Who has a ticket, on its card, and the menu behind *More…*: whispered, or else on the card."""

import asyncio

import pytest

from sandbox.client import Message, User
from services.whispers import WITHIN
from tests.bot.test_buttons import press_of
from tests.support.office import (
    Office,
    Sessions,
    open_office,
    open_telegram,
    running,
    settings_for,
)

CLOSED = ["Kate has it", "Close", "More…"]
OPEN = ["Kate has it", "Close", "Less", "Release", "How to answer"]
WHISPERED = ["Release", "How to answer", "Hide"]
ASKED = "Kate has #1. To take it over, press again within a minute."


@pytest.fixture
async def mike(office: Office) -> User:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    return mike


@pytest.fixture
async def card(office: Office, alice: User) -> Message:
    """Have a card that Kate has taken."""
    return await taken_by_kate(office, alice)


async def taken_by_kate(office: Office, alice: User) -> Message:
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
    """Have Kate open the menu where Telegram takes no whisper."""
    await office.telegram.breaks(
        "error", method="sendMessage", status=400, description="Bad Request: BOT_NOT_ADMIN"
    )
    assert not await (await office.kate.presses(card, "More…")).answer()
    menu = await office.kate.sees_edit(card)
    assert (menu.buttons, menu.text, menu.only_for) == (OPEN, card.text, None)
    return menu


async def whispered(office: Office, card: Message, to: User | None = None) -> Message:
    """Have Kate, or another one, open the menu where they alone see it."""
    person = to or office.kate
    press = await person.presses(card, "More…")
    menu = await person.sees("#1 · Alice", in_=office.support, after=card)
    assert not await press.answer()
    assert (menu.text, menu.only_for) == ("#1 · Alice", person.id)
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
    """All see the menu, and press in it."""
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

    assert (await press.answer()).startswith("Reply to the card")
    assert await now(office, menu) == menu


async def test_only_whoever_pressed_sees_the_menu_and_the_card_stays_as_it_is(
    office: Office, mike: User, card: Message
) -> None:
    menu = await whispered(office, card)

    assert menu.buttons == WHISPERED
    assert menu.silent
    assert await now(office, card) == card
    assert menu.id not in [one.id for one in await mike.looks(office.support)]


async def test_a_whispered_menu_offers_a_colleague_no_release_of_what_is_not_theirs(
    office: Office, mike: User, card: Message
) -> None:
    assert (await whispered(office, card, mike)).buttons == ["How to answer", "Hide"]


async def test_released_from_a_whispered_menu_the_ticket_is_free_and_the_menu_goes(
    office: Office, card: Message
) -> None:
    menu = await whispered(office, card)

    press = await office.kate.presses(menu, "Release")

    assert await press.answer() == "Nobody has it now."
    await office.kate.sees_gone(menu)
    assert (await office.kate.sees_edit(card)).buttons == ["Take", "Close", "More…"]


async def test_a_whispered_menu_goes_once_it_has_said_how_to_answer(
    office: Office, card: Message
) -> None:
    menu = await whispered(office, card)

    press = await office.kate.presses(menu, "How to answer")

    assert (await press.answer()).startswith("Reply to the card")
    await office.kate.sees_gone(menu)
    assert await now(office, card) == card


async def test_hide_removes_a_whispered_menu_and_changes_nothing(
    office: Office, card: Message
) -> None:
    menu = await whispered(office, card)

    press = await office.kate.presses(menu, "Hide")

    assert not await press.answer()
    await office.kate.sees_gone(menu)
    assert await now(office, card) == card


async def test_an_outdated_whispered_menu_is_refused_by_an_alert(
    office: Office, mike: User, card: Message
) -> None:
    menu = await whispered(office, card)
    await mike.replies(card, "/take")
    taken = await mike.sees_edit(card, "open · Mike")

    press = await office.kate.presses(menu, "Release")
    assert await press.answer() == "Only Mike can release #1, but you can take it over."

    await (await mike.presses(taken, "Close")).answer()
    press = await office.kate.presses(menu, "Release")
    assert await press.answer() == "#1 is already closed."
    closed = await office.kate.sees_edit(taken, "closed")
    press = await office.kate.presses(menu, "Hide")
    await office.kate.sees_gone(menu)
    assert await now(office, closed) == closed


async def test_a_reply_to_a_whispered_menu_reaches_nobody_and_is_refused(
    office: Office, alice: User, card: Message
) -> None:
    menu = await whispered(office, card)

    await office.kate.replies(menu, "It comes tomorrow")

    refusal = await office.sees("Only you and I can see this message")
    assert refusal.only_for == office.kate.id
    assert await now(office, card) == card
    assert not any("tomorrow" in one.text for one in await alice.chat.messages())


async def test_a_reply_to_a_whispered_menu_that_all_see_is_no_answer_either(
    office: Office, alice: User, card: Message
) -> None:
    """Nobody could say whether Telegram keeps such a reply between its writer and the bot."""
    menu = await whispered(office, card)
    chat = {"id": office.support.id, "type": "group", "title": "Support"}
    around = {"chat": chat, "date": menu.raw["date"]}
    replied = around | {"message_id": 0, "ephemeral_message_id": -menu.id, "text": menu.text}
    replied |= {"from": menu.raw["from"], "reply_markup": menu.raw["keyboard"]}
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    said = around | {"message_id": 900, "from": kate, "text": "It comes tomorrow"}

    await office.telegram.update({"message": said | {"reply_to_message": replied}})

    await office.sees("Only you and I can see this message")
    assert not any("tomorrow" in one.text for one in await alice.chat.messages())


async def test_a_press_older_than_whispers_may_answer_opens_the_menu_on_the_card(
    office: Office, card: Message
) -> None:
    """The bot was away."""
    fault = await office.telegram.breaks("html", method="getUpdates", times=None)
    await office.kate.presses(card, "More…")
    await office.telegram.advance(16)
    await office.telegram.mends(fault)
    await office.telegram.advance(60)

    assert (await office.kate.sees_edit(card)).buttons == OPEN


async def crowded(office: Office) -> Message:
    """Have the group get as many messages as a minute allows; the card that Kate has taken."""
    card = await taken_by_kate(office, await office.telegram.user("Alice", language="en"))
    for number in range(21):
        user = await office.telegram.user(f"User {number}")
        await user.writes("question")
        await user.sees("Ticket #")
    return card


async def test_without_room_for_a_whisper_the_menu_opens_on_the_card_when_its_turn_comes(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, limits=True) as office:
        card = await crowded(office)
        press = await office.kate.presses(card, "More…")
        await office.all_goes()
        await office.telegram.advance(WITHIN.total_seconds() + 1)

        assert not await press.answer()
        await office.telegram.advance(50)
        assert (await office.kate.sees_edit(card)).buttons == OPEN


async def test_a_ticket_that_was_closed_while_the_menu_waited_gets_none(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, limits=True) as office:
        card = await crowded(office)
        press = await office.kate.presses(card, "More…")
        await (await office.kate.presses(card, "Close")).answer()
        await office.telegram.advance(WITHIN.total_seconds() + 1)

        assert await press.answer() == "#1 is already closed."
        await office.telegram.advance(60)
        assert (await office.kate.sees_edit(card, "closed")).buttons == ["Reopen"]


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
