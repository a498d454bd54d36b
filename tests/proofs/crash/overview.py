"""What Kate looks at: the board, and the answers to what she asks the bot for herself."""

import asyncio
import random
import re
from collections.abc import Iterator
from contextlib import suppress

from sandbox import Message
from sandbox.threads import topic_of
from tests.proofs.crash.kate import Kate, of_bot, unconfirmed
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.stored import Stored, read_stored
from tests.proofs.simulation.tokens import is_board, under_list, words_of
from tests.support.office import USERNAME

# How many tickets a board and a page of the list show.
ON_BOARD, ON_PAGE = 10, 6
# A line of either begins with a sign and the ticket's number.
NUMBER = re.compile(r"^\S+ #(\d+) ", re.MULTILINE)
HELP, NONE = "makes a note", "All tickets are closed."
QUESTIONS = ("tickets", "help")
# So many times as long as between two of a user's messages Kate waits between two questions.
SELDOM = 3
# How often her app can't whisper, and how often she has the board come to the end of the chat.
PLAIN, AGAIN = 0.5, 0.3
# How soon the board shows what waits once nobody writes, in seconds.
TRUE_WITHIN = 60


class Overview:
    """Has a board, and asks the bot now and then."""

    def __init__(self, scene: Scene, kate: Kate, rng: random.Random) -> None:
        self._scene = scene
        self._kate = kate
        self._rng = rng
        self._asked: list[tuple[str, Message]] = []
        # How many answers came as whispers, counted by `findings`.
        self.whispers = 0

    @property
    def asked(self) -> int:
        """Count the questions."""
        return len(self._asked)

    async def works(self, over: asyncio.Event, pause: tuple[float, float]) -> None:
        """Turn the board on, ask, and turn it on again, until it is over."""
        await self._turns_on()
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(SELDOM * self._rng.uniform(*pause)):
                    await over.wait()
                    return
            which, plain = self._rng.choice(QUESTIONS), self._rng.random() < PLAIN
            await self._asks(which, plain=plain)
            if self._rng.random() < AGAIN:
                await self._turns_on()

    async def findings(self, url: str, *, anew: bool = False) -> list[str]:
        """Say what is wrong with the board and the list, once nobody writes any more.

        The bot has to be running still. `anew`: have the board come again, instead of waiting until
        the bot looks at it.
        """
        if anew:
            await self._turns_on()
        listed = await self._lists()
        stored = await self._settled(url)
        found = [*self._on_board(stored), *self._wrong(listed, stored, ON_PAGE)]
        messages = await self._scene.support.messages()
        return [*found, *self._unanswered(messages), *self._overheard(messages)]

    async def _turns_on(self) -> None:
        await self._kate.commands(f"/board@{USERNAME} on")

    async def _asks(self, which: str, *, plain: bool) -> Message:
        asked = await self._kate.commands(f"/{which}@{USERNAME}", plain=plain)
        self._asked.append((which, asked))
        return asked

    async def _lists(self) -> str:
        """Ask what waits, when all that Kate ever asked for has been done."""
        asked = await self._asks("tickets", plain=False)
        shown = await self._scene.support.wait(
            lambda message: message.place > asked.place and _answers("tickets", message),
            seconds=self._scene.within(TRUE_WITHIN),
            wanted="the list",
        )
        return shown.text

    async def _settled(self, url: str) -> Stored:
        """Read what is stored once the board is true, or has had the time to be."""
        known, stored = 0, await read_stored(url)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._scene.within(TRUE_WITHIN)):
                while stored.boards_to_do() or any(self._on_board(stored)):
                    news = await self._scene.telegram.call("changes", since=known, timeout=0.5)
                    known, stored = news["seq"], await read_stored(url)
        return stored

    def _on_board(self, stored: Stored) -> Iterator[str]:
        """Exactly one message is pinned outside of threads: the board, which tells what waits."""
        pins = self._scene.sandbox.world.chats[self._scene.support.id].pins()
        pinned = [message for message in pins if topic_of(message) is None]
        words = [words_of(message.view) for message in pinned]
        if len(pinned) != 1 or not is_board(pinned[0].view):
            yield f"pinned is not one board: {words}"
            return
        yield from self._wrong(words[0], stored, ON_BOARD)

    def _wrong(self, words: str, stored: Stored, most: int) -> Iterator[str]:
        waiting = stored.waiting_for_staff(self._scene.support.id)
        listed = [int(number) for number in NUMBER.findall(words)]
        head = f"{len(waiting)} ticket" if waiting else "Nothing waits for our answer"
        if listed != waiting[:most] or not words.startswith(head):
            yield f"{waiting} wait, but this says: {words!r}"

    def _unanswered(self, messages: list[Message]) -> Iterator[str]:
        """Kate sees an answer to all that she asked in the group as it is now."""
        for which, asked in self._asked:
            later = (one for one in messages if one.place > asked.place)
            here = asked.chat_id == self._scene.support.id
            if here and not any(_answers(which, one) for one in later):
                yield f"no answer came to {asked.line()}"

    def _overheard(self, messages: list[Message]) -> Iterator[str]:
        """Only answers to questions are whispered, and only to Kate."""
        for message in messages:
            if message.only_for is None or not of_bot(message):
                continue
            is_answer = any(_answers(which, message) for which in QUESTIONS)
            self.whispers += 1
            if message.only_for != self._scene.kate.id or not is_answer:
                yield f"whispered: {message.line()}"


def _answers(which: str, message: Message) -> bool:
    if not of_bot(message):
        return False
    if unconfirmed(message):
        return True
    if which == "help":
        return HELP in message.text
    return under_list(message.raw.get("keyboard")) or message.text.startswith(NONE)
