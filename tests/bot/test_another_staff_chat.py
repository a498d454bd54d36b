"""The operator chooses another group: what people wrote goes nowhere else from then on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from bot.app import App
from bot.callbacks import ResendFailed
from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, User
from services.notices import QuestionPosted
from tests.support.office import Sessions, open_telegram, running, settings_for


@dataclass
class Place:
    """Kate in two groups, of which the former was the staff chat until now."""

    sandbox: Sandbox
    telegram: Telegram
    sessions: Sessions
    kate: User
    former: Chat
    team: Chat

    def bot_in(self, group: Chat) -> AbstractAsyncContextManager[App]:
        """Run the bot with this group as its staff chat."""
        settings = settings_for(self.sandbox, group)
        return running(self.sandbox, settings, self.sessions, asyncio.Event())

    async def told_of(self, private: str) -> bool:
        """Whether the former group has seen something."""
        return any(private in message.text for message in await self.former.messages())


@pytest.fixture
async def place(file_sessions: Sessions) -> AsyncIterator[Place]:
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        former, team = [await telegram.group(name, members=[kate]) for name in ("Former", "Team")]
        yield Place(sandbox, telegram, file_sessions, kate, former, team)


async def test_what_waits_goes_to_the_staff_chat_of_today(place: Place) -> None:
    alice = await place.telegram.user("Alice")
    async with place.bot_in(place.former):
        await alice.writes("first")
        await place.kate.sees("first", in_=place.former)
        await alice.sees("Ticket #")
        away = {"method": "sendMessage", "chat_id": place.former.id, "times": None}
        await place.telegram.breaks("html", **away)
        await alice.writes("my private number is 555")
        await place.telegram.called("sendMessage", status=502)
    await place.telegram.mends()
    await place.telegram.advance(3600)
    await place.telegram.latency(0.1, 0.1)

    async with place.bot_in(place.team):
        await place.kate.sees("first", in_=place.team)
        await place.kate.sees("555", in_=place.team)

    assert not await place.told_of("555")


async def test_nothing_more_goes_to_the_former_group_while_the_new_one_is_out_of_reach(
    place: Place,
) -> None:
    alice = await place.telegram.user("Alice")
    async with place.bot_in(place.former):
        await alice.writes("first")
        await alice.sees("Ticket #")
        await place.kate.sees("first", in_=place.former)
    await place.team.bot_becomes("left")

    async with place.bot_in(place.team):
        await alice.writes("my private number is 555")
        bob = await place.telegram.user("Bob")
        await bob.writes("my private number is 777")
        await bob.sees("Ticket #2")
        assert not await place.told_of("555")
    await place.team.bot_becomes("member")
    await place.telegram.advance(61)

    async with place.bot_in(place.team):
        await place.kate.sees("555", in_=place.team)
        await place.kate.sees("777", in_=place.team)

    assert not await place.told_of("555")
    assert not await place.told_of("777")


async def test_send_again_sends_to_the_staff_chat_of_today(place: Place) -> None:
    alice = await place.telegram.user("Alice")
    async with place.bot_in(place.former):
        await alice.writes("first")
        await place.kate.sees("first", in_=place.former)
        await alice.sees("Ticket #")
        odd = {"status": 400, "description": "Bad Request: message is odd"}
        await place.telegram.breaks("error", method="sendMessage", chat_id=place.former.id, **odd)
        await alice.writes("my private number is 555")
        await place.kate.sees("this did not arrive", in_=place.former)

    async with place.bot_in(place.team):
        card = await place.kate.sees("first", in_=place.team)
        # As the button of a notice that waited, and so moved along, would.
        press = await place.kate.presses(card, data=await send_again(place))
        assert await press.answer() == "Sending again."
        await place.kate.sees("555", in_=place.team)

    assert not await place.told_of("555")


async def send_again(place: Place) -> str:
    """Make the button for the one question that failed."""
    async with place.sessions() as session:
        failed = await session.scalar(
            select(Delivery).where(
                Delivery.kind == QuestionPosted.kind, Delivery.status == DeliveryStatus.FAILED
            )
        )
        ticket = await session.scalar(select(Ticket))
    assert failed is not None
    assert ticket is not None
    posted_at = int(failed.created_at.timestamp())
    return ResendFailed.of(ticket, delivery_id=failed.id, posted_at=posted_at).pack()
