"""Two staff chats, each with its colleagues and tickets: neither sees anything of the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy import update

from bot.app import App
from bot.callbacks import RestoreDefault, SettingsButton
from bot.card_buttons import CloseTicket
from bot.incoming.confirmations import Confirmations
from core.address import Place
from database.models import Ticket
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, Message, User
from services import links, ticket_service
from services.helpdesk import staff_chat_changes
from services.helpdesk.content import Content, Person
from services.helpdesk.team_settings import Words
from tests.support.office import USERNAME, Sessions, now, open_telegram, running, settings_for
from tests.support.times import NOON


@dataclass
class House:
    """Kate in the main staff chat, Liam in another; Alice asks the one, Bob the other."""

    sandbox: Sandbox
    telegram: Telegram
    sessions: Sessions
    kate: User
    liam: User
    team: Chat
    billing: Chat
    alice: User
    bob: User

    def bot_in(self, group: Chat) -> AbstractAsyncContextManager[App]:
        """Run the bot with this group as its main staff chat."""
        settings = settings_for(self.sandbox, group)
        return running(self.sandbox, settings, self.sessions, asyncio.Event())

    async def opens_there(self, text: str) -> Message:
        """Have a ticket of Bob's in the other chat, and return its card."""
        await self.bob.writes("/start")
        await self.bob.sees("support")
        person = Person(self.bob.id, "Bob", None, "en")
        async with self.sessions.begin() as session:
            await ticket_service.receive(
                session,
                person,
                Content(self.bob.id, 100_000, "text", NOON, text=text),
                staff_chat_id=self.billing.id,
                day=NOON.date(),
                now=now(self.sandbox),
            )
        return await self.liam.sees(text, in_=self.billing)

    async def opens_here(self, text: str) -> Message:
        await self.alice.writes(text)
        return await self.kate.sees(text, in_=self.team)


@pytest.fixture
async def house(file_sessions: Sessions) -> AsyncIterator[House]:
    async with open_telegram() as (sandbox, telegram):
        kate, liam = [await telegram.user(name) for name in ("Kate", "Liam")]
        team = await telegram.group("Team", members=[kate])
        billing = await telegram.group("Billing", members=[liam])
        alice, bob = [await telegram.user(name, language="en") for name in ("Alice", "Bob")]
        async with file_sessions.begin() as session:
            await staff_chat_changes.add(session, billing.id, now=NOON)
        yield House(sandbox, telegram, file_sessions, kate, liam, team, billing, alice, bob)


async def says(chat: Chat, words: str) -> bool:
    return any(words in message.text for message in await chat.messages())


async def closing(house: House, card: Message) -> str:
    """Copy what a card's button carries."""
    async with house.sessions() as session:
        ticket_id = await links.ticket_id_of(session, Place(card.chat_id, card.id))
        ticket = await session.get_one(Ticket, ticket_id)
    return CloseTicket.of(ticket).pack()


async def test_each_chat_answers_its_own_users(house: House) -> None:
    async with house.bot_in(house.team):
        of_alice, of_bob = await house.opens_here("My lamp"), await house.opens_there("My bill")

        await house.kate.replies(of_alice, "We send another lamp")
        await house.liam.replies(of_bob, "We send another bill")

        await house.alice.sees("another lamp")
        await house.bob.sees("another bill")
        await house.liam.writes(f"/tickets@{USERNAME}", to=house.billing, plain=True)
        listed = await house.liam.sees("Nothing waits for our answer.", in_=house.billing)
        await house.liam.presses(listed, "All")
        listed = await house.liam.sees_edit(listed, "1 ticket is not closed")
        assert "Bob" in listed.text
        assert not await says(house.team, "bill")
        assert not await says(house.billing, "lamp")


async def test_a_ticket_of_the_other_chat_is_not_found_by_its_number_or_button(
    house: House,
) -> None:
    async with house.bot_in(house.team):
        of_alice, of_bob = await house.opens_here("My lamp"), await house.opens_there("My bill")

        await house.liam.writes(f"/close@{USERNAME} 1", to=house.billing)
        await house.liam.sees("There is no ticket 1", in_=house.billing)
        press = await house.liam.presses(of_bob, data=await closing(house, of_alice))

        assert await press.answer() == "This ticket belongs to another team."
        await house.kate.presses(of_alice, "Close")
        await house.alice.sees("is closed")


async def test_a_reply_about_a_ticket_of_the_other_chat_is_told_so(house: House) -> None:
    async with house.bot_in(house.team):
        of_bob = await house.opens_there("My bill")
        async with house.sessions.begin() as session:
            await session.execute(update(Ticket).values(staff_chat_id=house.team.id))

        await house.liam.replies(of_bob, "We send another bill")

        await house.liam.sees("This ticket belongs to another team.", in_=house.billing)
        assert not await says(house.bob.chat, "another bill")


async def both_menus_are_set(house: House) -> int:
    """Wait until the bot has set the menus of both chats; give the number of the call."""
    first = await house.telegram.called("setMyCommands")
    second = await house.telegram.called("setMyCommands", since=first["number"])
    return int(second["number"])


async def menus(house: House) -> dict[int, list[str]]:
    """Tell which commands the menu of each group has."""
    listed = (await house.telegram.status())["commands"]
    return {
        json.loads(one["scope"])["chat_id"]: [each["command"] for each in one["commands"]]
        for one in listed
        if "chat_id" in one["scope"]
    }


async def test_each_chat_has_a_menu_of_what_works_there(house: House) -> None:
    async with house.bot_in(house.team):
        await both_menus_are_set(house)

        in_main, in_other = [(await menus(house))[one.id] for one in (house.team, house.billing)]

        assert {"tickets", "settings", "board", "setup"} < {*in_main}
        assert in_other == [one for one in in_main if one != "settings"]


@pytest.mark.parametrize("which", ["main", "other"])
async def test_a_group_that_became_a_supergroup_has_its_menu_there(
    house: House, which: str
) -> None:
    moves = house.team if which == "main" else house.billing
    async with house.bot_in(house.team):
        last = await both_menus_are_set(house)
        before = await menus(house)

        new = await moves.becomes_supergroup()

        await house.telegram.called("setMyCommands", since=last)
        assert (await menus(house))[new.id] == before[moves.id]


async def test_the_other_chat_moves_and_its_team_goes_on_in_the_supergroup(house: House) -> None:
    async with house.bot_in(house.team):
        await house.opens_here("My lamp")
        await house.opens_there("My bill")

        new = await house.billing.becomes_supergroup()

        card = await house.liam.sees("My bill", in_=new)
        told = await house.liam.sees("This group became a supergroup", in_=new)
        assert "STAFF_CHAT_ID" not in told.text
        await house.liam.replies(card, "We send another bill")
        await house.bob.sees("another bill")
        assert not await says(house.team, "supergroup")
        assert not await says(new, "lamp")


async def test_the_other_chat_moves_while_the_bot_is_not_in_the_main_one(house: House) -> None:
    async with house.bot_in(house.team):
        await house.opens_there("My bill")
    await house.team.bot_becomes("left")

    async with house.bot_in(house.team):
        new = await house.billing.becomes_supergroup()

        card = await house.liam.sees("My bill", in_=new)
        await house.liam.replies(card, "We send another bill")
        await house.bob.sees("another bill")


async def test_tickets_wait_for_a_new_main_chat_until_the_bot_is_in_it(house: House) -> None:
    async with house.bot_in(house.team):
        await house.opens_here("My lamp")
    third = await house.telegram.group("Third", members=[house.kate])
    await third.bot_becomes("left")

    async with house.bot_in(third):
        new = await house.billing.becomes_supergroup()
        await house.liam.sees("This group became a supergroup", in_=new)
        await third.bot_becomes("member")

        await house.kate.sees("My lamp", in_=third)


async def fails(*_: object, **__: object) -> None:
    raise ArithmeticError


async def test_of_what_cannot_be_handled_each_team_hears_its_own(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house.bot_in(house.team):
        of_bob = await house.opens_there("My bill")
        monkeypatch.setattr("services.helpdesk.answers.write", fails)
        monkeypatch.setattr("services.ticket_service.receive", fails)

        await house.liam.replies(of_bob, "We send another bill")
        first = await house.liam.sees("could not be handled", in_=house.billing)
        await house.bob.writes("And my lamp?")
        await house.bob.sees("Something went wrong")
        await house.alice.writes("My lamp")
        told = await house.kate.sees("could not be handled", in_=house.team)

        assert first.text.endswith("From: Liam")
        assert told.text.endswith("From: Alice")
        await house.telegram.advance(301)
        await house.liam.sees("From: Bob", in_=house.billing)
        assert not await says(house.team, "Liam")
        assert not await says(house.team, "Bob")


async def test_what_users_read_is_set_in_the_main_chat(house: House) -> None:
    refusal = "Settings are changed in the main staff chat."
    async with house.bot_in(house.team):
        of_bob = await house.opens_there("My bill")

        await house.liam.writes(f"/settings@{USERNAME}", to=house.billing, plain=True)
        await house.liam.sees(refusal, in_=house.billing)
        for button in (
            SettingsButton(speaker_id=house.liam.id),
            RestoreDefault(speaker_id=house.liam.id, which=Words.GREETING, language="en"),
        ):
            press = await house.liam.presses(of_bob, data=button.pack())
            assert await press.answer() == refusal


async def test_another_main_chat_gets_the_tickets_of_the_former_one_and_no_others(
    house: House,
) -> None:
    async with house.bot_in(house.team):
        await house.opens_here("My lamp")
        of_bob = await house.opens_there("My bill")
    third = await house.telegram.group("Third", members=[house.kate])

    async with house.bot_in(third):
        of_alice = await house.kate.sees("My lamp", in_=third)
        await house.kate.replies(of_alice, "We send another lamp")
        await house.liam.replies(of_bob, "We send another bill")

        await house.alice.sees("another lamp")
        await house.bob.sees("another bill")
        assert not await says(third, "bill")
        assert not await says(house.billing, "lamp")


async def test_trouble_in_the_other_chat_stops_nobody(house: House) -> None:
    await house.billing.bot_becomes("left")

    async with house.bot_in(house.team):
        of_alice = await house.opens_here("My lamp")
        await house.kate.replies(of_alice, "We send another lamp")

        await house.alice.sees("another lamp")


async def test_words_kept_in_one_chat_go_first_though_their_writer_was_known_in_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_: Confirmations) -> int:
        return 0

    monkeypatch.setattr(Confirmations, "look", nobody)
    await house.kate.joins(house.billing)
    async with house.bot_in(house.team):
        of_alice, of_bob = await house.opens_here("My lamp"), await house.opens_there("My bill")
        await house.team.opens_to_strangers(linked=-1009000000009)
        for method in ("getChatMember", "getChat"):
            silent = {"method": method, "chat_id": house.team.id, "times": None}
            await house.telegram.breaks("cut_before", **silent)
        await house.kate.replies(of_alice, "first")
        await house.telegram.called("getChat")
        await house.kate.replies(of_bob, "We send another bill")
        await house.bob.sees("another bill")
        await house.telegram.mends()
        await house.telegram.advance(31)

        await house.kate.replies(of_alice, "second")

        await house.alice.sees("second")
        said = [one.text for one in await house.alice.chat.messages()]
        assert [one for one in said if one in {"first", "second"}] == ["first", "second"]
