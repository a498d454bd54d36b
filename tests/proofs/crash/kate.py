"""Kate, who is staff: answers by replying to what the bot shows in the group."""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox import Message
from sandbox.client import Chat
from tests.proofs.crash.arrivals import Arrivals
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.tally import tokens, user_of

# How the bot begins when it can't tell which ticket a reply belongs to.
ASKS_BACK = "I don't know which ticket this belongs to"
# How it begins when it keeps a reply until somebody presses the button of a ticket.
ASKS_WHICH = "I don't know for sure which ticket this belongs to"

# The number of a ticket on its card, and on a button.
NUMBER = re.compile(r"#\d+\b")


class Kate:
    """`share`: the share of the bot's messages in the group that she answers unasked."""

    def __init__(
        self, scene: Scene, arrivals: Arrivals, rng: random.Random, *, share: float
    ) -> None:
        self.answers: defaultdict[int, list[str]] = defaultdict(list)
        self.chats: list[Chat] = [scene.support]
        self._scene = scene
        self._arrivals = arrivals
        self._rng = rng
        self._share = share
        self._answered = Counter[int]()
        self._cards: dict[int, Message] = {}
        self._taken = 0
        self._desk = asyncio.Lock()

    def rests(self) -> None:
        """Answer nothing more unasked."""
        self._share = 0.0

    @asynccontextmanager
    async def pauses(self) -> AsyncIterator[None]:
        """Write nothing while the group is changed."""
        async with self._desk:
            yield

    def moves(self, new: Chat) -> None:
        """Go on in another staff chat."""
        self.chats.append(new)
        self._scene.support = new

    async def looks_at(self, message: Message) -> None:
        """Reply to the bot's message: a card, a copy or a question."""
        if message.chat_id != self._scene.support.id:
            return
        if asks_back(message):
            await self._tries_again(message)
            return
        if message.text.startswith(ASKS_WHICH):
            await self._chooses(message)
            return
        found = tokens([message.text])
        if not found:
            return
        number = user_of(found[0])
        if message.buttons:
            self._cards[number] = message
        if self._rng.random() < self._share:
            await self.replies(message, number)

    async def answers_one(self) -> None:
        """Answer any ticket, by its card."""
        number = self._rng.choice(sorted(self._cards))
        await self.replies(self._cards[number], number)

    async def takes_one(self) -> None:
        """Press a button that changes a card, each time for another ticket."""
        number = sorted(self._cards)[self._taken % len(self._cards)]
        self._taken += 1
        async with self._desk:
            await self._scene.kate.presses(self._cards[number], "Take")

    async def replies(self, to: Message, number: int) -> None:
        """Answer a user by replying to a message, unless the group has moved."""
        async with self._desk:
            if to.chat_id != self._scene.support.id:
                return
            self._answered[number] += 1
            token = f"a{number}.{self._answered[number]:04}"
            self._arrivals.begins(token)
            self.answers[number].append(token)
            await self._scene.kate.replies(to, f"{token}, sir")

    async def _tries_again(self, refusal: Message) -> None:
        """Write the answer again, to the card: the bot did not know what it replied to."""
        token = await self._meant_by(refusal)
        if token in self._arrivals.refused:
            return
        self._arrivals.refuses(token)
        number = user_of(token)
        self.answers[number].remove(token)
        await self.replies(self._cards[number], number)

    async def _chooses(self, question: Message) -> None:
        """Choose the ticket of a kept reply; if it is not offered, write the answer again."""
        token = await self._meant_by(question)
        card = self._cards.get(user_of(token))
        wanted = NUMBER.findall(card.text)[:1] if card is not None else []
        named = [one for one in question.buttons if wanted and NUMBER.findall(one) == wanted]
        if not named:
            await self._tries_again(question)
            return
        self._arrivals.kept.add(token)
        async with self._desk:
            await self._scene.kate.presses(question, named[0])

    async def _meant_by(self, refusal: Message) -> str:
        """Find which answer is refused: it is replied to, or quoted if the group has moved."""
        quoted = await self.chats[-1].message(refusal.reply_to) if refusal.reply_to else None
        (token,) = tokens([refusal.text if quoted is None else quoted.text])
        return token


def asks_back(message: Message) -> bool:
    """Whether the bot says that it can't tell which ticket was meant."""
    return message.text.startswith(ASKS_BACK)


def asks(message: Message) -> bool:
    """Whether the bot asks about staff's own words; a token that it quotes has not arrived."""
    return message.text.startswith((ASKS_BACK, ASKS_WHICH))


def of_bot(message: Message) -> bool:
    return bool(message.raw["from"]["is_bot"])
