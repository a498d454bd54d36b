"""Updates that come together are handled in one transaction, and as well as one by one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import App
from bot.incoming.fate import Fate
from database.machinery import DeadUpdate, Delivery, DeliveryStatus
from database.models import Message, Ticket
from sandbox.client import Chat, Telegram, User
from sandbox.program import Sandbox
from services import ticket_service
from services.outbox import ASIDE
from tests.support.office import USERNAME, Sessions, open_telegram, running, settings_for


class Closed:
    """An office whose bot is not there yet: what is written waits for it, and comes together."""

    def __init__(self, sandbox: Sandbox, telegram: Telegram, sessions: Sessions) -> None:
        self.sandbox = sandbox
        self.telegram = telegram
        self.sessions = sessions
        self.kate: User
        self.alice: User
        self.bob: User
        self.support: Chat
        self.alone: list[int] = []

    @asynccontextmanager
    async def opens(self) -> AsyncIterator[App]:
        """Let the bot come, and note which updates it handles alone."""
        settings = settings_for(self.sandbox, self.support)
        async with running(self.sandbox, settings, self.sessions, asyncio.Event()) as app:
            handle = app.inbox.handle_one

            async def watched(raw: dict[str, Any]) -> Fate:
                self.alone.append(raw["update_id"])
                return await handle(raw)

            app.inbox.handle_one = watched  # type: ignore[method-assign]
            yield app

    async def sees(self, text: str) -> None:
        await self.kate.sees(text, in_=self.support)

    async def texts(self) -> list[str | None]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Message.text).order_by(Message.id)))


@pytest.fixture
async def closed(sessions: Sessions) -> AsyncIterator[Closed]:
    async with open_telegram() as (sandbox, telegram):
        office = Closed(sandbox, telegram, sessions)
        office.kate, office.alice, office.bob = [
            await telegram.user(name) for name in ("Kate", "Alice", "Bob")
        ]
        office.support = await telegram.group("Support", members=[office.kate])
        yield office


async def test_an_album_that_comes_together_arrives_together(closed: Closed) -> None:
    await closed.alice.writes("Look at these")
    await closed.alice.sends_album([{"kind": "photo", "caption": "front"}, {"kind": "photo"}])

    async with closed.opens():
        await closed.sees("Look at these")
        await closed.telegram.advance(2)
        shown = await closed.kate.sees("front", in_=closed.support)

        messages = await closed.support.messages()
        assert len([one for one in messages if one.album == shown.album]) == 2
    assert closed.alone == []


async def test_what_comes_together_is_handled_together_and_in_order(closed: Closed) -> None:
    said = []
    for number in range(10):
        for user in (closed.alice, closed.bob):
            said.append(f"{user.name} {number}.")
            await user.writes(said[-1])

    async with closed.opens():
        await closed.sees("Alice 9.")
        await closed.sees("Bob 9.")

    assert closed.alone == []
    assert await closed.texts() == said
    async with closed.sessions() as session:
        tickets = await session.scalars(select(Ticket.daily_id).order_by(Ticket.id))
        assert tickets.all() == [1, 2]


async def test_a_refusal_among_them_is_said_once_and_keeps_nothing_back(closed: Closed) -> None:
    await closed.alice.writes("My order is late")
    await closed.alice.writes("/nonsense")
    await closed.bob.writes("Mine too")

    async with closed.opens():
        await closed.sees("My order is late")
        await closed.sees("Mine too")
        await closed.alice.sees("/nonsense")

    assert await closed.texts() == ["My order is late", "Mine too"]
    refusals = [m for m in await closed.alice.chat.messages() if "/nonsense" in m.text]
    assert len(refusals) == 2  # her own words, and the answer


async def test_one_that_cannot_be_handled_is_set_aside_and_the_others_are_handled(
    closed: Closed,
) -> None:
    await closed.alice.writes("My order is late")
    await closed.telegram.update({"something_of_next_year": {}})
    await closed.bob.writes("Mine too")

    async with closed.opens():
        await closed.sees("My order is late")
        await closed.sees("Mine too")
        await closed.sees("could not be handled")

    assert await closed.texts() == ["My order is late", "Mine too"]
    async with closed.sessions() as session:
        assert len((await session.scalars(select(DeadUpdate))).all()) == 1


async def test_what_comes_again_with_something_new_is_not_handled_again(closed: Closed) -> None:
    await closed.alice.writes("My order is late")
    first = closed.sandbox.world.updates.get
    before = await first(0, 100, 0)
    async with closed.opens() as app:
        await closed.sees("My order is late")
        new = {**before[-1], "update_id": before[-1]["update_id"] + 100}
        new["message"] = new["message"] | {"message_id": 77, "text": "by three weeks"}

        assert await app.inbox.handle_batch([*before, new]) is Fate.COMMITTED

        await closed.sees("by three weeks")

    assert await closed.texts() == ["My order is late", "by three weeks"]


async def test_a_ticket_changes_hands_within_a_batch(closed: Closed) -> None:
    """What one update does to a ticket, the next one of the same batch finds done."""
    async with closed.opens():
        await closed.alice.writes("My order is late")
        await closed.alice.sees("Ticket #1")
        card = await closed.kate.sees("My order is late", in_=closed.support)
    await closed.alice.writes("by three weeks")
    await closed.kate.replies(card, "It is on its way")
    await closed.kate.replies(card, "/close")
    await closed.alice.writes("No, it is not")

    async with closed.opens():
        await closed.alice.sees("It is on its way")
        await closed.sees("No, it is not")

    async with closed.sessions() as session:
        (ticket,) = await session.scalars(select(Ticket))
        assert (ticket.daily_id, ticket.status.value, ticket.closed_at) == (1, "open", None)


async def test_what_fails_once_in_a_batch_is_handled_when_it_is_tried_again(
    closed: Closed, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = ticket_service.receive
    calls = 0

    async def fails_once(*arguments: Any, **how: Any) -> Ticket:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ArithmeticError
        return await received(*arguments, **how)

    monkeypatch.setattr("services.ticket_service.receive", fails_once)
    for number in range(4):
        await closed.alice.writes(f"question {number}")

    async with closed.opens() as app:
        await closed.sees("question 3")
        await app.courier.settled()

    assert await closed.texts() == [f"question {number}" for number in range(4)]
    async with closed.sessions() as session:
        left = await session.scalars(
            select(Delivery).where(Delivery.status != DeliveryStatus.DELIVERED)
        )
        assert left.all() == []


async def test_the_same_update_twice_in_a_batch_is_handled_once(closed: Closed) -> None:
    async with closed.opens() as app:
        await closed.alice.writes("/start")
        await closed.alice.sees("You've reached support")
        text = {"text": "/help", "entities": [{"type": "bot_command", "offset": 0, "length": 5}]}
        person = {"id": closed.alice.id, "is_bot": False, "first_name": "Alice"}
        chat = {"id": closed.alice.id, "type": "private", "first_name": "Alice"}
        asked = {"message_id": 77, "date": 1_795_435_200, "from": person, "chat": chat} | text
        update = {"update_id": 5, "message": asked}

        assert await app.inbox.handle_batch([update, update]) is Fate.COMMITTED

    async with closed.sessions() as session:
        asides = await session.scalars(select(Delivery).where(Delivery.kind == ASIDE))
        assert len(asides.all()) == 2  # of /start, and of one /help


async def test_a_command_that_nobody_knows_is_refused_along_with_the_rest(closed: Closed) -> None:
    for number in range(8):
        await closed.alice.writes("/nonsense" if number == 3 else f"question {number}")

    async with closed.opens():
        await closed.sees("question 7")
        await closed.alice.sees("/nonsense")

    assert await closed.texts() == [f"question {number}" for number in range(8) if number != 3]
    assert closed.alone == []


async def test_what_cannot_go_along_leaves_the_others_together(closed: Closed) -> None:
    for number in range(8):
        if number == 3:
            await closed.kate.writes(f"/close@{USERNAME} 99", to=closed.support)
        await closed.alice.writes(f"question {number}")

    async with closed.opens():
        await closed.sees("question 7")
        await closed.sees("99")

    assert await closed.texts() == [f"question {number}" for number in range(8)]
    assert 0 < len(closed.alone) < 4
