"""Kate, who is staff: answers what the bot shows in the group, by replies or in a thread."""

import asyncio
import random
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sandbox import Message
from sandbox.client import Chat, ControlError
from tests.proofs.crash.arrivals import Arrivals
from tests.proofs.crash.lines import Line, Lines
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.tally import tokens, user_of
from tests.proofs.simulation.tokens import is_board, under_list

# How the bot begins when it can't tell which ticket a reply belongs to.
ASKS_BACK = "I don't know which ticket this belongs to"
# How it begins when it keeps a reply until somebody presses the button of a ticket.
ASKS_WHICH = "I don't know for sure which ticket this belongs to"
# How it refuses a command while Telegram does not answer whether somebody is in the group.
UNCONFIRMED = "Telegram hasn't confirmed"

# What the bot shows in the thread of a ticket if it was answered elsewhere.
ELSEWHERE = re.compile(r"^#\d+ · .* elsewhere$", re.MULTILINE)
# The share of her answers in threads that reply to nothing.
PLAINLY = 0.5

# The number of a ticket on its card, and on a button.
NUMBER = re.compile(r"#\d+\b")


class Kate:
    """`share`: the share of the bot's messages in the group that she answers unasked."""

    def __init__(
        self,
        scene: Scene,
        arrivals: Arrivals,
        lines: Lines,
        rng: random.Random,
        *,
        share: float,
    ) -> None:
        self.answers: defaultdict[int, list[str]] = defaultdict(list)
        self.chats: list[Chat] = [scene.support]
        self._scene = scene
        self._arrivals = arrivals
        self._lines = lines
        self._rng = rng
        self._share = share
        self._answered = Counter[int]()
        self._cards: dict[int, Message] = {}
        # The ticket of each thread, and all that shows a line.
        self._in_thread: dict[int, str] = {}
        self._shown: defaultdict[int, list[Message]] = defaultdict(list)
        self._replied: dict[str, Message] = {}
        # Her answers that replied to nothing.
        self._plain: set[str] = set()
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
        if message.chat_id != self._scene.support.id or lists(message) or tells(message):
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
        line = self._line_of(message, found)
        self._shown[line.number].append(message)
        if message.buttons:
            self._cards[line.number] = message
            ticket = NUMBER.findall(message.text)[0]
            if message.thread is not None:
                self._in_thread[message.thread] = ticket
            if not line.ticket:
                line.ticket = ticket
                line.tickets.append(line.ticket)
        if self._rng.random() < self._share:
            await self._answers(message, found)

    async def answers_one(self) -> None:
        """Answer any ticket, by its card."""
        number = self._rng.choice(sorted(self._cards))
        async with self._desk:
            await self._replies(self._cards[number], self._lines.of_number(number))

    async def takes_one(self) -> None:
        """Press a button that changes a card, each time for another ticket."""
        number = sorted(self._cards)[self._taken % len(self._cards)]
        self._taken += 1
        async with self._desk:
            await self._scene.kate.presses(self._cards[number], "Take")

    async def commands(self, text: str, *, to: Message | None = None, **how: Any) -> Message:
        """Give the bot a command, as a reply or not."""
        async with self._desk:
            return await self._scene.kate.writes(text, to=self._scene.support, reply_to=to, **how)

    def answered_copies(self) -> list[Message]:
        """List the copies of texts, each on one line, that she replied to, if that has arrived."""
        return [
            message
            for answer, message in self._replied.items()
            if answer in self._arrivals.waited
            and answer not in self._arrivals.kept | self._plain
            and message.chat_id == self._scene.support.id
            and message.kind == "text"
            and not message.buttons
            and self._is_of_one_line(tokens([message.text]))
            and self._stands(message)
        ]

    async def _answers(self, message: Message, found: list[str]) -> None:
        """Reply to what shows these questions, unless it may be about two tickets now."""
        async with self._desk:
            line = self._line_of(message, found)
            if self._is_of_one_line(found) and not line.quiet:
                await self._replies(message, line)

    def _line_of(self, message: Message, found: list[str]) -> Line:
        """Find the line that a message is about; what a card shows may be on another one by now."""
        if message.buttons:
            return self._lines.on_card(NUMBER.findall(message.text)[0], found[0])
        return self._lines.of(found[0])

    async def _replies(self, to: Message, line: Line) -> None:
        """Answer a user by replying to a message, or in its thread, if it stands there still."""
        if not self._stands(to):
            return
        self._answered[line.number] += 1
        token = f"a{line.number}.{self._answered[line.number]:04}"
        self._arrivals.begins(token)
        self.answers[line.number].append(token)
        self._lines.answers(line.number, token)
        self._replied[token] = to
        try:
            await self._writes(f"{token}, sir", to, line)
        except ControlError:
            if self._stands(to):
                raise
            self._withdraws(token)  # it had landed in General, and the bot has just removed it

    async def _writes(self, text: str, to: Message, line: Line) -> None:
        kate, group, thread = self._scene.kate, self._scene.support, to.thread
        if self._is_about(thread, line) and self._rng.random() < PLAINLY:
            self._plain.update(tokens([text]))
            await kate.writes(text, to=group, thread=thread)
        else:
            await kate.replies(to, text)

    def _stands(self, message: Message) -> bool:
        """Whether it is in the group as it is now, and nobody has deleted it."""
        here = self._scene.support.id
        return message.chat_id == here and (
            message.id < 0 or message.id in self._scene.sandbox.world.chats[here].messages
        )

    def _is_about(self, thread: int | None, line: Line) -> bool:
        """Whether a thread has the ticket of this line, as far as its card says."""
        return thread is not None and self._in_thread.get(thread) == line.ticket

    def _anything(self, line: Line) -> Message | None:
        """Find what shows this line: its card, or else the newest of what still stands."""
        shown = [*self._shown[line.number]]
        shown += [self._cards[line.number]] if line.number in self._cards else []
        return next((one for one in reversed(shown) if self._stands(one)), None)

    def _is_of_one_line(self, found: list[str]) -> bool:
        return len({self._lines.of(token).number for token in found}) == 1

    async def _tries_again(self, refusal: Message) -> None:
        """Write the answer again, to the card: the bot did not know what it replied to."""
        token = await self._meant_by(refusal)
        if token is None or token in self._arrivals.refused:
            return
        self._arrivals.refuses(token)
        line = self._lines.of_number(user_of(token))
        self._takes_back(token)
        async with self._desk:
            if (shown := self._anything(line)) is not None:
                await self._replies(shown, line)

    def _withdraws(self, token: str) -> None:
        self._arrivals.withdraws(token)
        self._takes_back(token)

    def _takes_back(self, token: str) -> None:
        """Count an answer no more that will reach nobody."""
        number = user_of(token)
        self.answers[number].remove(token)
        self._lines.takes_back(number, token)
        del self._replied[token]

    async def _chooses(self, question: Message) -> None:
        """Choose the ticket of a kept reply; if it is not offered, write the answer again."""
        token = await self._meant_by(question)
        if token is None:
            return
        wanted = self._lines.of_number(user_of(token)).ticket
        named = [one for one in question.buttons if NUMBER.findall(one) == [wanted]]
        if not named:
            await self._tries_again(question)
            return
        self._arrivals.kept.add(token)
        async with self._desk:
            if self._stands(question):
                await self._scene.kate.presses(question, named[0])
            elif token not in self._arrivals.waited:
                self._withdraws(token)

    async def _meant_by(self, refusal: Message) -> str | None:
        """Find which answer is refused: it is replied to, or quoted if the group has moved.

        None if it is a command.
        """
        quoted = await self.chats[-1].message(refusal.reply_to) if refusal.reply_to else None
        return next(iter(tokens([refusal.text if quoted is None else quoted.text])), None)


def asks_back(message: Message) -> bool:
    """Whether the bot says that it can't tell which ticket was meant."""
    return message.text.startswith(ASKS_BACK)


def asks(message: Message) -> bool:
    """Whether the bot asks about staff's own words; a token that it quotes has not arrived."""
    return message.text.startswith((ASKS_BACK, ASKS_WHICH))


def tells(message: Message) -> bool:
    """Whether the bot shows an answer where its ticket goes on: it has not arrived by that."""
    return bool(ELSEWHERE.match(message.text))


def unconfirmed(message: Message) -> bool:
    """Whether the bot says that it could not learn from Telegram who gave a command."""
    return message.text.startswith(UNCONFIRMED)


def lists(message: Message) -> bool:
    """Whether it lists what waits, and so repeats what cards and copies have said."""
    return is_board(message.raw) or under_list(message.raw.get("keyboard"))


def of_bot(message: Message) -> bool:
    return bool(message.raw["from"]["is_bot"])
