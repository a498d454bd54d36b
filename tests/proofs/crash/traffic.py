"""Users write, staff answer, all the time: numbered, so that each message can be told apart."""

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
from tests.proofs.crash.reckoning import Reckoning, confirmation, shown_to, tokens
from tests.proofs.crash.scene import Scene

USERS = 5
# Seconds between two messages of one user.
PAUSE = (0.2, 0.8)
# If nothing new comes for this many seconds, nothing more will come.
STALLED = 20
# Of the bot's messages in the group, Kate answers so many.
ANSWERED = 0.6
PHOTOS = 0.15
# Nobody writes on while so many messages are not seen yet: a slow machine must not drown.
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
        self._number_of: dict[int, int] = {}
        self._over = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    async def flow(self, group: asyncio.TaskGroup, users: int = USERS) -> asyncio.Task[None]:
        """Start: each user writes until `finish`; return who looks on, until cancelled."""
        self._group = group
        for _ in range(users):
            await self.joins()
        return group.create_task(self._looks_on())

    async def joins(self, *, writes: bool = True) -> int:
        """Add a user, who writes until `finish`, or only when told to; return the number."""
        number = len(self.users)
        user = await self.scene.telegram.user(f"User {number}")
        self.users.append(user)
        self._number_of[user.id] = number
        if writes:
            self.does(self._writes(number))
        return number

    def does(self, what: Coroutine[Any, Any, None]) -> None:
        """Let something else go on until it ends by itself."""
        assert self._group is not None
        self._group.create_task(what)

    async def finish(self) -> None:
        """Write nothing new, and wait until all has arrived or nothing arrives any more.

        What the bot asks back is still answered.
        """
        self._over.set()
        self.kate.rests()
        with suppress(TimeoutError):
            while self.missing():
                await self.hears()

    def missing(self) -> set[str]:
        """Tell what was written and is not seen yet; the bot has its own word to each user."""
        written = {confirmation(number) for number, asked in self.questions.items() if asked}
        for said in [*self.questions.values(), *self.kate.answers.values()]:
            written.update(said)
        return written - self.waited.keys()

    async def writes(self, number: int, *, photo: bool = False) -> None:
        """Have a user write the next message."""
        token = f"q{number}.{len(self.questions[number]):04}"
        self.begins(token, confirmation(number))
        self.questions[number].append(token)
        if photo:
            await self.users[number].sends_photo(f"{token}, a photo")
        else:
            bold = [{"type": "bold", "offset": 0, "length": len(token)}]
            await self.users[number].writes(f"{token}, please", entities=bold)

    async def _writes(self, number: int) -> None:
        while not self._over.is_set():
            photo = bool(self.questions[number]) and self._rng.random() < PHOTOS
            if self.unseen() < MOST_UNSEEN:
                await self.writes(number, photo=photo)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(*self._pause)):
                    await self._over.wait()

    async def _looks_on(self) -> None:
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
        number = self._number_of.get(message.chat_id)
        texts = [] if asks(message) else [message.text]
        self.arrives(*(tokens(texts) if number is None else shown_to(number, texts)))


async def reckon(traffic: Traffic) -> Reckoning:
    """Look at every chat."""
    result = Reckoning()
    staff = [message for chat in traffic.kate.chats for message in await chat.messages()]
    shown = tokens(one.text for one in staff if of_bot(one) and not asks(one))
    of_user = defaultdict(list)
    for token in shown:
        of_user[token.partition(".")[0]].append(token)
    for number, user in enumerate(traffic.users):
        asked = traffic.questions[number]
        result.add(asked, of_user[f"q{number}"])
        told = shown_to(number, [m.text for m in await user.chat.messages() if of_bot(m)])
        answers = [token for token in told if token[0] != "c"]
        result.add(traffic.kate.answers[number], answers, traffic.kept)
        said = [confirmation(number)] if asked else []
        result.add(said, [token for token in told if token[0] == "c"])
    result.wrong += [token for token in shown if token[0] != "q"]
    return result
