"""Buttons: what they do for staff, and that nobody else gets anything from them."""

from typing import Any

import pytest
from sqlalchemy import select

from database.models import Ticket, TicketStatus
from sandbox.client import Message, User
from tests.support.office import Office

TELEGRAMS_OWN = {"message_id", "date", "chat", "from", "text", "entities", "reply_markup"}

TOO_OLD = "This button is too old. Please use a newer one."

# The data of buttons that change or delete their message.
MENUS_DATA = [
    "tickets:0",
    "settings:{kate}::",
    "settings:{kate}:greeting:",
    "settings:{kate}:greeting:en",
    "words:{kate}:greeting:en",
    "stop:{kate}:greeting:en",
    "default:{kate}:greeting:en",
    "done:{kate}",
]


async def status(office: Office) -> TicketStatus:
    async with office.sessions() as session:
        return (await session.scalars(select(Ticket))).one().status


def press_of(user: User, card: Message, data: str) -> dict[str, Any]:
    """Make a press as Telegram reports it, also of somebody who can't reach the card here."""
    return {
        "id": "4815162342",
        "from": {"id": user.id, "is_bot": False, "first_name": user.name},
        "message": {key: value for key, value in card.raw.items() if key in TELEGRAMS_OWN},
        "chat_instance": "1",
        "data": data,
    }


async def closed_card(office: Office, alice: User) -> Message:
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Close")).answer()
    await alice.sees("is closed")
    return await office.kate.sees_edit(card, "closed")


async def test_take_shows_who_has_the_ticket(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    press = await office.kate.presses(card, "Take")

    assert await press.answer() == "It's yours."
    taken = await office.kate.sees_edit(card, "open · Kate")
    assert taken.buttons == ["Kate has it", "Close", "More…"]


async def test_take_leaves_a_colleagues_ticket_alone_and_says_how_to_take_it_over(
    office: Office, alice: User
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Take")).answer()

    press = await mike.presses(card, data="take:1")

    assert await press.answer() == "#1 is with Kate. To take it over, reply /take."


async def test_close_closes_and_tells_the_user(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    press = await office.kate.presses(card, "Close")

    assert await press.answer() == "Closed."
    await alice.sees("Ticket #1 is closed")
    assert (await office.kate.sees_edit(card, "closed · Kate")).buttons == ["Reopen"]


async def test_reopen_opens_the_ticket_again_under_a_new_card(office: Office, alice: User) -> None:
    card = await closed_card(office, alice)

    press = await office.kate.presses(card, "Reopen")

    assert await press.answer() == "Reopened."
    await alice.sees("Ticket #1 is open again.")
    await office.kate.sees_edit(card, "continues below")
    assert "🟠 #1" in (await office.sees("My order is late")).text


async def test_pressing_close_twice_says_that_it_is_closed(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Close")).answer()

    press = await office.kate.presses(card, data="close:1")

    assert await press.answer() == "#1 is already closed."


@pytest.mark.parametrize("data", ["take:1", "close:1", "reopen:1", "resend:1", "tickets:0"])
async def test_buttons_forged_in_private_do_nothing(office: Office, alice: User, data: str) -> None:
    await office.opens(alice, "My order is late")

    press = await alice.presses(await alice.sees("Ticket #1"), data=data)

    assert await press.answer() == "This button doesn't work in this chat."
    assert await status(office) is TicketStatus.NEW


@pytest.mark.parametrize("data", ["take:1", "close:1", "reopen:1", "resend:2", "tickets:0"])
async def test_buttons_forged_in_another_group_do_nothing(
    office: Office, alice: User, data: str
) -> None:
    await office.opens(alice, "My order is late")
    elsewhere = await office.telegram.group("Elsewhere", members=[alice])

    told = await alice.sees("This is not the staff chat", in_=elsewhere)
    press = await alice.presses(told, data=data)

    assert await press.answer() == "This button doesn't work in this chat."
    assert await status(office) is TicketStatus.NEW


@pytest.mark.parametrize("data", ["take:1", "close:1", "reopen:1", "resend:2", "tickets:0"])
async def test_somebody_outside_the_staff_chat_who_presses_its_buttons_does_nothing(
    office: Office, alice: User, data: str
) -> None:
    card = await office.opens(alice, "My order is late")

    await office.telegram.update({"callback_query": press_of(alice, card, data)})

    answer = await office.telegram.called("answerCallbackQuery")
    assert answer["params"]["text"] == "This button doesn't work in this chat."
    assert await status(office) is TicketStatus.NEW


async def test_who_left_the_staff_chat_presses_in_vain(office: Office, alice: User) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    await (await mike.presses(card, "Take")).answer()
    await mike.leaves(office.support)
    await office.telegram.advance(300)

    await office.telegram.update({"callback_query": press_of(mike, card, "close:1")})

    await office.says_in_staff_chat()
    assert await status(office) is TicketStatus.OPEN


async def test_presses_count_although_telegram_does_not_say_who_is_in_the_chat(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks(
        "error", method="getChatMember", status=400, description="Bad Request: member not found"
    )

    press = await office.kate.presses(card, "Close")

    assert await press.answer() == "Closed."


async def test_telegram_is_not_asked_again_at_once_who_is_in_the_chat(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.called("getChatMember")  # of the bot itself, when it starts
    await office.telegram.breaks("cut_before", method="getChatMember")
    before = len(await office.telegram.calls("getChatMember"))

    await (await office.kate.presses(card, "Take")).answer()
    await (await office.kate.presses(card, "Close")).answer()

    assert len(await office.telegram.calls("getChatMember")) == before + 1


@pytest.mark.parametrize(
    "data",
    [
        "",
        "take",
        "take:",
        "take:x",
        "take:1:2",
        "take:-1",
        "close:99999999999999999999999",
        "ticket:1",
        "old_close_1",
        "tickets:-5:x",
        "\x00",
        "🙂" * 16,
    ],
)
async def test_data_of_an_older_version_or_none_of_ours_is_answered(
    office: Office, alice: User, data: str
) -> None:
    card = await office.opens(alice, "My order is late")

    press = await office.kate.presses(card, data=data)

    assert await press.answer() in {
        "This button is too old. Please use a newer one.",
        "This button doesn't work in this chat.",
    }
    assert await status(office) is TicketStatus.NEW


@pytest.mark.parametrize(
    "data",
    [
        "take:12345",
        "close:12345:guessed",
        "over:12345:guessed",
        "more:12345:guessed",
        "release:12345:",
        "how:12345:guessed",
        "reopen:12345:",
        "close_this:12345:guessed",
        "resend:12345",
        "again:12345:guessed:12345:0",
    ],
)
async def test_buttons_of_what_does_not_exist_are_answered(
    office: Office, alice: User, data: str
) -> None:
    card = await office.opens(alice, "My order is late")

    press = await office.kate.presses(card, data=data)

    assert await press.answer() == "This button is too old. Please use a newer one."


async def test_a_page_that_does_not_exist_any_more_shows_the_last_one(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.kate.writes("/tickets@sandbox_bot", to=office.support, plain=True)
    listed = await office.sees("1 ticket waits for our answer")
    await office.opens(await office.telegram.user("Eve"), "Mine is broken")

    press = press_of(office.kate, listed, "tickets:999999999999")
    button = {"text": "▶", "callback_data": press["data"]}
    press["message"]["reply_markup"] = {"inline_keyboard": [[button]]}

    await office.telegram.update({"callback_query": press})

    await office.kate.sees_edit(listed, "2 tickets are not closed")


@pytest.mark.parametrize("data", MENUS_DATA)
async def test_data_of_another_message_changes_no_card(
    office: Office, alice: User, data: str
) -> None:
    """Words typed for it as for a menu's would be sent to the user."""
    card = await office.opens(alice, "My order is late")
    data = data.format(kate=office.kate.id)

    press = await office.kate.presses(card, data=data)

    assert await press.answer() == TOO_OLD
    await office.all_goes()
    assert await office.support.message(card.id) == card
    assert not any("please reply" in one.text for one in await office.support.messages())


async def test_kept_words_are_decided_under_their_own_question_alone(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.replies(card, "/etc")
    question = await office.sees("begins with a slash")
    data = question.raw["keyboard"]["inline_keyboard"][0][0]["callback_data"]

    press = await office.kate.presses(card, data=data)

    assert await press.answer() == TOO_OLD
    await office.all_goes()
    assert await office.support.message(card.id) == card
    await office.kate.presses(question, "Send as answer")
    await alice.sees("/etc")


async def test_a_button_of_a_message_out_of_reach_is_too_old(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    press = press_of(office.kate, card, "tickets:0")
    gone = {"chat": card.raw["chat"], "message_id": card.id, "date": 0}

    await office.telegram.update({"callback_query": press | {"message": gone}})

    answer = await office.telegram.called("answerCallbackQuery")
    assert answer["params"]["text"] == TOO_OLD


async def test_a_press_is_answered_even_if_handling_it_fails(
    office: Office, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await office.opens(alice, "My order is late")
    monkeypatch.setattr("services.ticket_service.close", fails)

    press = await office.kate.presses(card, "Close")

    await press.answer()
    await office.sees("Something that was sent to me could not be handled")


async def fails(*_: object, **__: object) -> None:
    raise ArithmeticError


async def test_a_button_under_an_anonymous_administrators_name_does_not_take(
    office: Office, alice: User
) -> None:
    """A press always names the person, so that person takes the ticket."""
    card = await office.opens(alice, "My order is late")
    await office.kate.writes("Good morning", to=office.support, anonymous=True)

    await office.kate.presses(card, "Take")

    await office.kate.sees_edit(card, "open · Kate")
