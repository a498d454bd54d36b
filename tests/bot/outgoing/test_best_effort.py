"""What is only for the eyes is bounded in number, and one of a kind waits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiogram.methods import EditMessageText, SendMessage

from bot.client import make_bot
from bot.outgoing.best_effort import MOST_WAITING, Asides
from sandbox import Telegram
from sandbox.client import User
from services.delivery.limiter import Limiter
from tests.support.office import USERNAME, Sessions, close, open_office, open_telegram, settings_for


@dataclass
class Desk:
    """Asides that have no room until there is `some_room`."""

    telegram: Telegram
    asides: Asides
    users: list[User]
    group_id: int
    clock: list[float] = field(default_factory=lambda: [0.0])

    async def some_room(self, until: str, method: str = "sendMessage") -> None:
        """Have them find no room; then let a second pass, and wait until this was sent."""
        for _ in range(3):
            await asyncio.sleep(0)  # the task has its turn
        self.clock[0] += 1.0
        async with asyncio.timeout(20):
            while until not in await self.sent(method):
                await self.telegram.called(method)

    async def sent(self, method: str = "sendMessage") -> list[str]:
        return [one["params"]["text"] for one in await self.telegram.calls(method)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        users = [await telegram.user(f"User {number}") for number in range(MOST_WAITING + 20)]
        for user in users:
            await user.writes("/start")  # so that the bot may write to them
        limiter, clock = Limiter(per_chat=0, per_group=0, total=1000), [0.0]
        for _ in range(1000):
            limiter.leave(1)
            limiter.answer(0.0, 1)
        bot = make_bot(settings_for(sandbox, support))
        asides = Asides(bot, limiter, lambda: clock[0])
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asides.run())
            yield Desk(telegram, asides, users, support.id, clock)
            task.cancel()
        await close(bot)


async def test_only_a_few_wait_and_the_oldest_are_dropped(desk: Desk) -> None:
    for number, user in enumerate(desk.users):
        desk.asides.show(SendMessage(chat_id=user.id, text=f"list {number}"))

    await desk.some_room(until=f"list {len(desk.users) - 1}")

    shown = {f"list {number}" for number in range(len(desk.users))}
    assert shown - set(await desk.sent()) == {f"list {number}" for number in range(20)}


async def test_of_a_kind_the_newest_is_shown_in_a_private_chat(desk: Desk) -> None:
    for number in range(5):
        desk.asides.show(SendMessage(chat_id=desk.users[0].id, text=f"list {number}"))

    await desk.some_room(until="list 4")

    assert await desk.sent() == ["list 4"]


async def test_each_list_in_the_group_whose_button_is_pressed_turns_to_the_newest_page(
    desk: Desk,
) -> None:
    for list_id, page in ((1, "page 1"), (2, "page 2"), (1, "page 3")):
        desk.asides.show(EditMessageText(chat_id=desk.group_id, message_id=list_id, text=page))

    await desk.some_room(until="page 3", method="editMessageText")

    assert sorted(await desk.sent("editMessageText")) == ["page 2", "page 3"]


async def test_a_list_that_staff_ask_for_gets_its_turn_while_much_waits(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, limits=True) as office:
        users = [await office.telegram.user(f"User {number}") for number in range(45)]
        for user in users:
            await user.writes(f"question of {user.name}.")
            await user.sees("Ticket #")

        for _ in range(3):  # one list is enough for all who ask
            await office.kate.writes(f"/tickets@{USERNAME}", to=office.support, plain=True)
        await office.telegram.advance(61)

        await office.sees("tickets wait for our answer")
        shown = [message.text for message in await office.support.messages()]
        assert not any("question of User 44." in text for text in shown)
        assert len([text for text in shown if "for our answer" in text]) == 1
