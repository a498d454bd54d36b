"""Questions are answered to whoever asked alone; nothing else whispers, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from bot.whispers import LONGEST_PAGE, QUESTIONS
from database.machinery import Delivery
from database.models import Message as Stored
from database.models import MessageLink
from sandbox.client import Message, User
from tests.support.office import (
    USERNAME,
    Office,
    Sessions,
    open_office,
    open_telegram,
    running,
    settings_for,
)

REFUSED = "Only you and I can see this message"
ANSWERS = {
    "/tickets": "All tickets are closed.",
    "/help": "makes a note",
    "/settings": "What do you want to change",
}


async def knows_commands(office: Office) -> Office:
    """Wait until the group's apps know which commands are ephemeral."""
    while not any(
        command.get("is_ephemeral")
        for one in (await office.telegram.status())["commands"]
        for command in one["commands"]
    ):
        await office.telegram.called("setMyCommands")
    return office


@pytest.fixture
async def office(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office whose bot is an ordinary member, and whose apps know its commands."""
    async with open_office(file_sessions) as office:
        yield await knows_commands(office)


@pytest.fixture
async def trusted(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open one whose bot is an administrator."""
    async with open_office(file_sessions, bot="administrator") as office:
        yield await knows_commands(office)


@pytest.fixture
async def max_(office: Office) -> User:
    """Make a colleague of Kate's."""
    colleague = await office.telegram.user("Max")
    await colleague.joins(office.support)
    return colleague


async def joined(office: Office, name: str) -> User:
    colleague = await office.telegram.user(name)
    await colleague.joins(office.support)
    return colleague


async def asks(office: Office, command: str, **how: Any) -> Message:
    await office.kate.writes(command, to=office.support, **how)
    return await office.sees(ANSWERS.get(command.partition("@")[0], ""))


async def stored(office: Office) -> list[Any]:
    """List everything in the database that names the message 0."""
    async with office.sessions() as session:
        messages = await session.scalars(select(Stored).where(Stored.message_id == 0))
        links = await session.scalars(select(MessageLink).where(MessageLink.message_id == 0))
        return [*messages, *links]


@pytest.mark.parametrize("command", ANSWERS)
async def test_a_question_and_its_answer_are_between_the_asker_and_the_bot(
    office: Office, max_: User, command: str
) -> None:
    answer = await asks(office, command)

    assert answer.only_for == office.kate.id
    shown = [one.text for one in await max_.looks(office.support)]
    assert command not in shown
    assert not any(ANSWERS[command] in text for text in shown)
    assert await stored(office) == []


@pytest.mark.parametrize("command", ANSWERS)
async def test_an_administrator_whispers_also_to_older_apps(trusted: Office, command: str) -> None:
    answer = await asks(trusted, command, plain=True)

    assert answer.only_for == trusted.kate.id
    assert command in [one.text for one in await trusted.support.messages() if not one.only_for]


async def test_to_older_apps_an_ordinary_member_answers_for_all(office: Office) -> None:
    answer = await asks(office, f"/tickets@{USERNAME}", plain=True)

    assert answer.only_for is None


@pytest.mark.parametrize("bot", ["member", "administrator"])
async def test_an_anonymous_administrator_is_answered_for_all(
    file_sessions: Sessions, bot: str
) -> None:
    async with open_office(file_sessions, bot=bot) as office:
        answer = await asks(office, f"/tickets@{USERNAME}", anonymous=True)

        assert answer.only_for is None


async def test_what_comes_too_late_for_a_whisper_is_answered_for_all(office: Office) -> None:
    """The bot was away for longer than Telegram lets an ordinary member whisper."""
    fault = await office.telegram.breaks("html", method="getUpdates", times=None)
    await office.kate.writes("/tickets", to=office.support)
    await office.telegram.advance(16)
    await office.telegram.mends(fault)
    await office.telegram.advance(60)

    assert (await office.sees(ANSWERS["/tickets"])).only_for is None


async def test_an_administrator_whispers_even_then(trusted: Office) -> None:
    fault = await trusted.telegram.breaks("html", method="getUpdates", times=None)
    await trusted.kate.writes("/tickets", to=trusted.support)
    await trusted.telegram.advance(16)
    await trusted.telegram.mends(fault)
    await trusted.telegram.advance(60)

    assert (await trusted.sees(ANSWERS["/tickets"])).only_for == trusted.kate.id


async def test_where_the_group_has_no_room_for_ten_seconds_the_answer_is_for_all(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, limits=True) as office:
        await knows_commands(office)
        users = [await office.telegram.user(f"User {number}") for number in range(21)]
        for user in users:
            await user.writes("question")
            await user.sees("Ticket #")

        await office.kate.writes("/tickets", to=office.support)
        await office.telegram.advance(61)

        assert (await office.sees("tickets wait for our answer")).only_for is None


async def test_a_server_that_knows_no_whispers_says_it_to_all(office: Office) -> None:
    """It refuses the reply to a message of which it was given no message_id."""
    words = "Bad Request: message identifier is not specified"
    await office.telegram.breaks("error", method="sendMessage", status=400, description=words)

    assert (await asks(office, "/tickets")).only_for is None


async def test_the_pages_of_a_whispered_list_turn_for_its_reader_alone(
    office: Office, alice: User, max_: User
) -> None:
    await office.opens(alice, "My order is late")

    listed = await asks_for_list(office)
    await office.kate.presses(listed, "Waiting for users")

    turned = await office.kate.sees_edit(listed, "Nothing waits for its user.")
    assert turned.only_for == office.kate.id
    assert not any("waits for" in one.text for one in await max_.looks(office.support))


async def asks_for_list(office: Office) -> Message:
    await office.kate.writes("/tickets", to=office.support)
    return await office.sees("waits for our answer")


async def test_show_in_a_whispered_list_leads_to_a_message_that_colleagues_can_answer(
    office: Office, alice: User, max_: User
) -> None:
    await office.opens(alice, "My order is late")

    await office.kate.presses(await asks_for_list(office), "Show #1")

    shown = await office.sees("A reply to this message")
    assert shown.only_for is None
    await max_.replies(shown, "It comes today")
    await alice.sees("It comes today")


async def test_a_reply_to_a_whisper_reaches_nobody_and_is_refused_in_a_whisper(
    office: Office, alice: User, max_: User
) -> None:
    await office.opens(alice, "My order is late")
    listed = await asks_for_list(office)

    await office.kate.replies(listed, "It comes today")

    refusal = await office.sees(REFUSED)
    assert refusal.only_for == office.kate.id
    assert not any(REFUSED in one.text for one in await max_.looks(office.support))
    await office.all_goes()
    assert not any("It comes" in one.text for one in await alice.chat.messages())
    assert await stored(office) == []
    assert await office.telegram.calls("setMessageReaction") == []


@pytest.mark.parametrize("typed", ["/close 1", "/take 1", "// to ourselves", "/setup"])
async def test_what_is_no_question_is_not_done_in_a_reply_that_nobody_sees(
    office: Office, alice: User, typed: str
) -> None:
    await office.opens(alice, "My order is late")

    await office.kate.replies(await asks_for_list(office), typed)

    await office.sees(REFUSED)
    assert "My order is late" in (await office.sees("new · asked")).text


async def test_a_question_in_reply_to_a_whisper_is_answered(office: Office) -> None:
    await office.kate.replies(await asks(office, "/help"), "/tickets")

    assert (await office.sees(ANSWERS["/tickets"])).only_for == office.kate.id
    await office.all_goes()
    assert await office.telegram.calls("setMessageReaction") == []


async def test_a_refusal_of_a_whispered_question_is_whispered(office: Office, max_: User) -> None:
    await max_.writes("/settings", to=office.support)

    refusal = await max_.sees("administrator", in_=office.support)
    assert refusal.only_for == max_.id


async def test_a_press_that_is_refused_is_answered_by_an_alert(office: Office) -> None:
    listed = await asks(office, "/help")

    press = await office.kate.presses(listed, data="tickets:x:y:z")

    assert "too old" in await press.answer()


async def test_commands_that_change_something_stay_visible_to_colleagues(
    trusted: Office,
) -> None:
    alice = await trusted.telegram.user("Alice", language="en")
    card = await trusted.opens(alice, "My order is late")

    written = await trusted.kate.writes("/close 1", to=trusted.support)

    await trusted.kate.sees_edit(card, "closed")
    assert written.only_for is None
    await trusted.kate.sees_reaction(written, "👌")


async def test_a_lost_whisper_loses_nothing_and_the_question_may_be_asked_again(
    office: Office, alice: User
) -> None:
    await office.support.loses_ephemeral()
    await office.kate.writes("/tickets", to=office.support)
    await office.telegram.called("sendMessage", status=200)
    await office.all_goes()
    await office.support.loses_ephemeral(loses=False)

    await office.opens(alice, "My order is late")

    assert (await asks_for_list(office)).only_for == office.kate.id


async def test_whispers_are_not_retold_after_they_arrived(office: Office) -> None:
    await asks(office, "/tickets")
    await office.all_goes()

    async with office.sessions() as session:
        rows = await session.scalars(
            select(Delivery.status).where(Delivery.kind == "command_answered")
        )
        assert [one.value for one in rows] == ["delivered"]


async def test_a_whispered_menu_goes_when_it_asks_for_words_where_colleagues_see_it(
    office: Office, max_: User
) -> None:
    menu = await whispered_page(office)

    await office.kate.presses(menu, "Change")

    question = await office.sees("please reply to this message")
    await office.kate.sees_gone(menu)
    assert (question.only_for, question.buttons) == (None, [])
    await office.kate.replies(question, "Welcome to our shop!")
    shown = await max_.sees("Changed on 23 Nov (Kate):", in_=office.support)
    assert shown.text.endswith("Welcome to our shop!")
    assert shown.buttons == []
    newcomer = await office.telegram.user("Eve", language="en")
    await newcomer.writes("/start")
    await newcomer.sees("Welcome to our shop!")
    await office.kate.sees_gone(question)
    assert await stored(office) == []


async def whispered_page(office: Office) -> Message:
    """Have Kate open the page of the greeting."""
    menu = await asks(office, "/settings")
    for label, then in (("Greeting", "In which language?"), ("English", "Greeting · English")):
        await office.kate.presses(menu, label)
        menu = await office.kate.sees_edit(menu, then)
        assert menu.only_for == office.kate.id
    return menu


async def test_a_whispered_menu_leads_back_and_is_closed(office: Office) -> None:
    menu = await whispered_page(office)

    for then in ("In which", "What do you want"):
        await office.kate.presses(menu, "Back")
        menu = await office.kate.sees_edit(menu, then)
    await office.kate.presses(menu, "Done")

    await office.kate.sees_gone(menu)


async def test_words_too_long_for_an_edit_are_whispered_anew(office: Office) -> None:
    question = await changing(office)
    await office.kate.replies(question, "x" * LONGEST_PAGE)
    await office.sees("x" * LONGEST_PAGE)
    menu = await asks(office, "/settings")
    await office.kate.presses(menu, "Greeting")
    menu = await office.kate.sees_edit(menu, "In which")

    await office.kate.presses(menu, "English")

    page = await office.sees("x" * LONGEST_PAGE, after=menu)
    assert page.only_for == office.kate.id


async def test_where_they_cannot_be_whispered_anew_all_see_them(office: Office) -> None:
    question = await changing(office)
    await office.kate.replies(question, "x" * LONGEST_PAGE)
    await office.sees("x" * LONGEST_PAGE)
    menu = await asks(office, "/settings")
    await office.kate.presses(menu, "Greeting")
    menu = await office.kate.sees_edit(menu, "In which")
    await office.all_goes()
    words = "Bad Request: BOT_NOT_ADMIN"
    await office.telegram.breaks("error", method="sendMessage", status=400, description=words)

    press = await office.kate.presses(menu, "English")

    page = await office.sees("x" * LONGEST_PAGE, after=menu)
    assert page.only_for is None
    assert not await press.answer()


async def changing(office: Office) -> Message:
    """Have Kate asked for another greeting, from a menu that all see."""
    menu = await asks(office, f"/settings@{USERNAME}", plain=True)
    for label, then in (("Greeting", "In which"), ("English", "Greeting · English")):
        await office.kate.presses(menu, label)
        menu = await office.kate.sees_edit(menu, then)
    await office.kate.presses(menu, "Change")
    return await office.sees("please reply to this message")


async def test_a_server_that_takes_no_ephemeral_commands_gets_them_as_ordinary_ones(
    file_sessions: Sessions,
) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        words = "Bad Request: can't parse BotCommand"
        await telegram.breaks("error", method="setMyCommands", status=400, description=words)
        settings = settings_for(sandbox, support)

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await telegram.called("setMyCommands", status=200)

        (menu,) = [one for one in (await telegram.status())["commands"] if "chat" in one["scope"]]
        names = [one["command"] for one in menu["commands"]]
        assert set(QUESTIONS) < set(names)
        assert not any("is_ephemeral" in one for one in menu["commands"])
