"""A bot that is not sure to lead says nothing; one that is deposed drops everything."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import override

import pytest
from sqlalchemy import select

from bot.app import App
from bot.client import make_bot
from database import leadership
from database.leadership import Deposed, Lead
from database.machinery import Delivery, DeliveryStatus
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, User
from tests.support.office import Sessions, close, now, open_telegram, settings_for


class Doubtful(Lead):
    """A lead that the test gives and takes."""

    def __init__(self) -> None:
        self.certain = asyncio.Event()
        self.deposed = asyncio.Event()
        self.asked = asyncio.Condition()
        self.waiting = 0

    @property
    @override
    def is_sure(self) -> bool:
        return self.certain.is_set()

    @override
    async def sure(self) -> None:
        if not self.is_sure:
            self.waiting += 1
            async with self.asked:
                self.asked.notify_all()
            try:
                await self.certain.wait()
            finally:
                self.waiting -= 1

    @override
    async def keep(self) -> None:
        await self.deposed.wait()
        raise Deposed

    async def makes_wait(self, count: int) -> None:
        """Wait until this many wait for certainty at once."""
        async with self.asked:
            await self.asked.wait_for(lambda: self.waiting >= count)


@dataclass
class Stage:
    """A bot that runs under a doubtful lead."""

    sandbox: Sandbox
    telegram: Telegram
    support: Chat
    alice: User
    lead: Doubtful
    sessions: Sessions
    running: asyncio.Task[None]

    async def polls(self) -> None:
        async with asyncio.timeout(10):
            await self.sandbox.world.updates.polled.wait()

    def calls(self, method: str) -> int:
        return sum(call.method == method for call in self.sandbox.calls)


@pytest.fixture
async def stage(file_sessions: Sessions) -> AsyncIterator[Stage]:
    stopped, lead = asyncio.Event(), Doubtful()
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        alice = await telegram.user("Alice")
        settings = settings_for(sandbox, support)
        bot = make_bot(settings)
        app = App(settings, bot, file_sessions, clock=lambda: now(sandbox), lead=lead)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(until_deposed(app, stopped))
            yield Stage(sandbox, telegram, support, alice, lead, file_sessions, running)
            stopped.set()
        await close(bot)


async def until_deposed(app: App, stopped: asyncio.Event) -> None:
    try:
        await app.run(stopped)
    except* Deposed:
        assert not stopped.is_set()


async def test_updates_are_asked_for_only_by_who_is_sure_to_lead(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "BEATS_EVERY", 0.01)
    await stage.alice.writes("My order is late")
    await stage.lead.makes_wait(1)
    assert stage.calls("getUpdates") == 0

    stage.lead.certain.set()

    await stage.alice.sees("Ticket #1")


async def test_what_was_claimed_is_held_until_the_lead_is_sure(stage: Stage) -> None:
    stage.lead.certain.set()
    await stage.polls()
    stage.lead.certain.clear()

    await stage.alice.writes("My order is late")
    # The poller, the card and the confirmation.
    await stage.lead.makes_wait(3)
    assert stage.calls("sendMessage") == 0

    stage.lead.certain.set()
    await stage.alice.sees("Ticket #1")
    assert stage.calls("sendMessage") == 2


async def test_a_deposed_bot_drops_what_it_claimed_and_asks_for_nothing_more(
    stage: Stage,
) -> None:
    stage.lead.certain.set()
    await stage.polls()
    stage.lead.certain.clear()
    await stage.alice.writes("My order is late")
    await stage.lead.makes_wait(3)
    asked = stage.calls("getUpdates")

    stage.lead.deposed.set()
    await stage.running

    assert (stage.calls("getUpdates"), stage.calls("sendMessage")) == (asked, 0)
    async with stage.sessions() as session:
        claimed = await session.scalars(select(Delivery.status))
        assert claimed.all() == [DeliveryStatus.CLAIMED] * 2
