"""Users write, staff answer, all the time: numbered, so that each message can be told apart."""

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import suppress

from sandbox import Message
from sandbox.client import User
from tests.crash.reckoning import TOKEN, Reckoning, tokens
from tests.crash.scene import Scene

USERS = 5
# So many seconds between two messages of one user.
PAUSE = (0.2, 0.8)
# When so many seconds bring nothing new, nothing more will come.
STALLED = 20
# Of the bot's messages in the group, Kate answers so many.
ANSWERED = 0.6
PHOTOS = 0.15


class Traffic:
    """Everybody who writes, and what was written."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene = scene
        self.users: list[User] = []
        self.questions: defaultdict[int, list[str]] = defaultdict(list)
        self.answers: defaultdict[int, list[str]] = defaultdict(list)
        self.refused: list[str] = []
        self._rng = random.Random(seed)
        self._answered = Counter[int]()
        self._cards: dict[int, Message] = {}
        self._over = asyncio.Event()
        self._news = asyncio.Event()
        self._seen: set[str] = set()

    async def flow(self, group: asyncio.TaskGroup) -> asyncio.Task[None]:
        """Start: each user writes until `finish`; return Kate, who looks on until cancelled."""
        for number in range(USERS):
            self.users.append(await self.scene.telegram.user(f"User {number}"))
        for number in range(USERS):
            group.create_task(self._writes(number))
        return group.create_task(self._looks_on())

    async def finish(self) -> None:
        """Write nothing new, and wait until all has arrived or nothing arrives any more.

        What the bot asks back is still answered.
        """
        self._over.set()
        with suppress(TimeoutError):
            while self._missing():
                self._news.clear()
                async with asyncio.timeout(STALLED):
                    await self._news.wait()

    def _missing(self) -> set[str]:
        written = [*self.questions.values(), *self.answers.values()]
        return {token for each in written for token in each} - self._seen

    async def _writes(self, number: int) -> None:
        while not self._over.is_set():
            token = f"q{number}.{len(self.questions[number]):04}"
            if self.questions[number] and self._rng.random() < PHOTOS:
                await self.users[number].sends_photo(f"{token}, a photo")
            else:
                await self.users[number].writes(f"{token}, please")
            self.questions[number].append(token)
            await asyncio.sleep(self._rng.uniform(*PAUSE))

    async def _looks_on(self) -> None:
        known = 0
        while True:
            news = await self.scene.telegram.call("changes", since=known, timeout=30)
            known = news["seq"]
            for change in news["changes"]:
                if change["kind"] == "message":
                    message = Message(change["message"])
                    if of_bot(message):
                        self._seen.update(tokens([message.text]))
                        self._news.set()
                        await self._looks_at(message)

    async def _looks_at(self, message: Message) -> None:
        """Kate replies to what the bot shows in the group, by card or by copy."""
        if message.chat_id != self.scene.support.id:
            return
        found = TOKEN.search(message.text)
        if found is None:
            await self._tries_again(message)
            return
        number = int(found[0][1])
        if message.buttons:
            self._cards[number] = message
        if not self._over.is_set() and self._rng.random() < ANSWERED:
            await self._replies(message, number)

    async def _replies(self, to: Message, number: int) -> None:
        self._answered[number] += 1
        token = f"a{number}.{self._answered[number]:04}"
        self.answers[number].append(token)
        await self.scene.kate.replies(to, f"{token}, sir")

    async def _tries_again(self, refusal: Message) -> None:
        """The bot did not know what she replied to, and says so: she replies to the card."""
        told = await self.scene.support.message(refusal.reply_to or 0)
        assert told is not None, refusal.text
        (token,) = tokens([told.text])
        if token in self.refused:
            return
        self.refused.append(token)
        number = int(token[1])
        self.answers[number].remove(token)
        await self._replies(self._cards[number], number)


async def reckon(traffic: Traffic) -> Reckoning:
    """Look at every chat."""
    result = Reckoning()
    staff = [message for message in await traffic.scene.support.messages() if of_bot(message)]
    shown = tokens(message.text for message in staff)
    for number, user in enumerate(traffic.users):
        result.add(traffic.questions[number], [one for one in shown if one[:2] == f"q{number}"])
        private = [message for message in await user.chat.messages() if of_bot(message)]
        result.add(traffic.answers[number], tokens(message.text for message in private))
    result.wrong += [token for token in shown if token[0] != "q"]
    return result


def of_bot(message: Message) -> bool:
    return bool(message.raw["from"]["is_bot"])
