"""A Telegram for measuring: users write without HTTP, and each copy in the group is timed."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox import Sandbox
from sandbox.model import Chat, Json, Member, Person
from sandbox.people import acting

# Every message carries one, and counts as seen when the group shows it.
TOKEN = re.compile(r"<(\d+)>")


class Telegram:
    """A sandbox with a staff group and users; `seen` and `written` are seconds by token."""

    def __init__(self, sandbox: Sandbox, first_user: int) -> None:
        world = sandbox.world
        counters = world.counters()
        world.count_from(counters | {"user": counters["user"] + first_user})
        self.sandbox = sandbox
        self.written: dict[int, float] = {}
        self.seen: dict[int, float] = {}
        self.order: list[int] = []
        self.group = world.add_group("Support", supergroup=True)
        self.group.members[world.bot.id] = Member(world.bot)
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._last = 0

    def become_forum(self) -> None:
        """Turn topics on in the staff group, and let the bot manage them."""
        self.group.is_forum = True
        self.group.members[self.sandbox.world.bot.id].status = "administrator"

    def user(self, name: str) -> Chat:
        """Make a user who has opened the chat with the bot."""
        world = self.sandbox.world
        return world.add_person(Person(world.free_user_id(), name, language_code="en"))

    def write(self, chat: Chat, words: str = "Where is my order?") -> int:
        """Have the user write; return the message's token."""
        self._last += 1
        token = self._last
        person = chat.person
        assert person is not None  # noqa: S101 - private chats have one
        self.written[token] = time.perf_counter()
        text = acting.text_fields(f"<{token}> {words}", None)
        acting.post(self.sandbox.world, person, chat, text)
        return token

    async def sees(self, token: int, seconds: float = 60) -> float:
        """Wait until the group shows the message; return how many seconds that took."""
        if token not in self.seen:
            future = asyncio.get_running_loop().create_future()
            self._waiting[token] = future
            async with asyncio.timeout(seconds):
                await future
        return self.seen[token] - self.written[token]

    def forget(self) -> None:
        """Let go of the past, which is Telegram's memory and not the bot's."""
        for chat in self.sandbox.world.chats.values():
            chat.messages.clear()
        self.sandbox.stage.calls.clear()
        self.written.clear()
        self.seen.clear()
        self.order.clear()

    async def watch(self) -> None:
        """Note what appears in the group until cancelled."""
        known = self.sandbox.world.feed.last
        while True:
            for change in await self.sandbox.world.feed.wait(known, 60):
                known = change["seq"]
                if change["kind"] == "message" and change["chat_id"] == self.group.id:
                    self._note(change["message"])

    def _note(self, message: Json) -> None:
        now = time.perf_counter()
        for found in TOKEN.findall(message.get("text", "")):
            token = int(found)
            if token not in self.seen:
                self.seen[token] = now
                self.order.append(token)
                future = self._waiting.pop(token, None)
                if future is not None and not future.done():
                    future.set_result(None)


@asynccontextmanager
async def opened(first_user: int = 0) -> AsyncIterator[Telegram]:
    """Open Telegram, without limits, and watch it; users are numbered from `first_user` on."""
    async with Sandbox(seed=first_user) as sandbox, asyncio.TaskGroup() as group:
        telegram = Telegram(sandbox, first_user)
        watching = group.create_task(telegram.watch())
        yield telegram
        watching.cancel()
