"""Traffic: users write and staff answer all the time; every message has a token.

Some people have two tickets: then they are two users here, and reply to say which one they mean.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from sandbox import Message
from sandbox.client import User
from tests.proofs.crash.arrivals import Arrivals
from tests.proofs.crash.kate import Kate, asks, of_bot
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.tally import Tally, confirmation, shown_to, tokens, user_of

USERS = 5
# Seconds between two messages of one user.
PAUSE = (0.2, 0.8)
# After this many seconds without news, nothing more will come.
STALLED = 20
# The share of the bot's messages in the group that Kate answers.
ANSWERED = 0.6
# Of so many users, one has a second ticket.
SECOND_TICKETS = 3
# The share of users' messages that are photos.
PHOTOS = 0.15
# Nobody writes while this many messages are not seen yet, so that a slow machine can keep up.
MOST_UNSEEN = 80


class Traffic(Arrivals):
    """Everybody who writes, and what was written."""

    def __init__(
        self,
        scene: Scene,
        seed: int,
        *,
        pause: tuple[float, float] = PAUSE,
        stalled: float = STALLED,
        answered: float = ANSWERED,
    ) -> None:
        super().__init__(scene.within(stalled))
        self.scene = scene
        self.users: list[User] = []
        self.questions: defaultdict[int, list[str]] = defaultdict(list)
        self._rng = random.Random(seed)
        self.kate = Kate(scene, self, self._rng, share=answered)
        self._pause = pause
        self._numbers_of: defaultdict[int, list[int]] = defaultdict(list)
        self._confirmed: defaultdict[int, list[str]] = defaultdict(list)
        self._last: dict[int, Message] = {}
        self._over = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    async def flow(self, group: asyncio.TaskGroup, users: int = USERS) -> asyncio.Task[None]:
        """Have users write until `finish`; return the task that watches the chats."""
        self._group = group
        for number in range(users):
            await self.joins()
            if number % SECOND_TICKETS == 1:
                await self.joins(beside=len(self.users) - 1)
        return group.create_task(self._watch())

    async def joins(self, *, writes: bool = True, beside: int | None = None) -> int:
        """Add a user, and return the number; without `writes`, they write only when told to.

        `beside` is the number of a user who opens another ticket.
        """
        number = len(self.users)
        if beside is None:
            user = await self.scene.telegram.user(f"User {number}")
        else:
            user = self.users[beside]
        self.users.append(user)
        self._numbers_of[user.id].append(number)
        if writes:
            self.does(self._writes(number))
        return number

    def people(self) -> list[list[int]]:
        """List the users by person."""
        return list(self._numbers_of.values())

    def does(self, what: Coroutine[Any, Any, None]) -> None:
        """Start something else, which ends by itself."""
        assert self._group is not None
        self._group.create_task(what)

    async def finish(self) -> None:
        """Write nothing new, and wait until everything has arrived, or nothing arrives any more.

        Kate still answers what the bot asks.
        """
        self._over.set()
        self.kate.rests()
        with suppress(TimeoutError):
            while self.missing():
                await self.hears()

    def missing(self) -> set[str]:
        """List the tokens that are not seen yet, those of the bot's confirmations included."""
        written = {confirmation(number) for number, asked in self.questions.items() if asked}
        for said in [*self.questions.values(), *self.kate.answers.values()]:
            written.update(said)
        return written - self.waited.keys()

    async def writes(self, number: int, *, photo: bool = False) -> None:
        """Have a user write the next message."""
        token = f"q{number}.{len(self.questions[number]):04}"
        self.begins(token, confirmation(number))
        self.questions[number].append(token)
        last, user = self._last.get(number), self.users[number]
        numbers = self._numbers_of[user.id]
        how: dict[str, Any] = {}
        if last is not None and len(numbers) > 1:
            how["reply_to"] = last
        if photo:
            said = await user.sends_photo(f"{token}, a photo", **how)
        elif last is None and number != numbers[0]:
            said = await user.writes(f"/new {token}, please")
        else:
            bold = [{"type": "bold", "offset": 0, "length": len(token)}]
            said = await user.writes(f"{token}, please", entities=bold, **how)
        self._last[number] = said

    async def _writes(self, number: int) -> None:
        while not self._over.is_set():
            photo = bool(self.questions[number]) and self._rng.random() < PHOTOS
            if self.unseen() < MOST_UNSEEN:
                await self.writes(number, photo=photo)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(*self._pause)):
                    await self._over.wait()

    async def _watch(self) -> None:
        known = 0
        while True:
            news = await self.scene.telegram.call("changes", since=known, timeout=30)
            known = news["seq"]
            for change in news["changes"]:
                if change["kind"] in {"message", "edit"}:
                    message = Message(change["message"])
                    if of_bot(message):
                        self._notes(message)
                        if change["kind"] == "message":
                            await self.kate.looks_at(message)

    def _notes(self, message: Message) -> None:
        numbers = self._numbers_of.get(message.chat_id)
        texts = [] if asks(message) else [message.text]
        known = self._confirmed[message.chat_id]
        self.arrives(*(shown_to(numbers, texts, known) if numbers else tokens(texts)))


async def tally_of(traffic: Traffic) -> Tally:
    """Compare what every chat shows with what was written."""
    result = Tally()
    staff = [message for chat in traffic.kate.chats for message in await chat.messages()]
    shown = tokens(one.text for one in staff if of_bot(one) and not asks(one))
    of_user = defaultdict(list)
    for token in shown:
        of_user[token.partition(".")[0]].append(token)
    for numbers in traffic.people():
        user = traffic.users[numbers[0]]
        told = shown_to(numbers, [m.text for m in await user.chat.messages() if of_bot(m)], [])
        for number in numbers:
            asked = traffic.questions[number]
            result.add(asked, of_user[f"q{number}"])
            mine = [token for token in told if user_of(token) == number]
            answers = [token for token in mine if token[0] != "c"]
            result.add(traffic.kate.answers[number], answers, traffic.kept)
            said = [confirmation(number)] if asked else []
            result.add(said, [token for token in mine if token[0] == "c"])
        result.wrong += [token for token in told if user_of(token) not in numbers]
    result.wrong += [token for token in shown if token[0] != "q"]
    return result
