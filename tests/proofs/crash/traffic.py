"""Traffic: users write and staff answer all the time; every message has a token.

Some people have two tickets: then they are two users here, and reply to say which one they mean.
Staff merge and split these, look at the board, and ask what waits.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from sandbox import Message
from sandbox.client import User
from tests.proofs.crash.arrivals import Arrivals
from tests.proofs.crash.forms import Form
from tests.proofs.crash.kate import NUMBER, Kate, asks, lists, of_bot, tells
from tests.proofs.crash.lines import Line, Lines
from tests.proofs.crash.meddling import Meddling
from tests.proofs.crash.overview import Overview
from tests.proofs.crash.regrouping import People, Regrouping
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.tally import Tally, card_token, confirmation, shown_to, tokens, user_of

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
    """Everybody who writes, and what was written; `regroups`: staff also merge and split."""

    def __init__(
        self,
        scene: Scene,
        seed: int,
        *,
        pause: tuple[float, float] = PAUSE,
        stalled: float = STALLED,
        answered: float = ANSWERED,
        regroups: bool = True,
    ) -> None:
        super().__init__(scene.within(stalled))
        self.scene = scene
        self.lines = Lines()
        self.users: list[User] = []
        self.questions: defaultdict[int, list[str]] = defaultdict(list)
        self._rng = random.Random(seed)
        self.kate = Kate(scene, self, self.lines, self._rng, share=answered)
        self.overview = Overview(scene, self.kate, self._rng)
        people = People(self.lines, self._waits, self.goes_on_from)
        self.regrouping = Regrouping(self.kate, people, self, self._rng)
        self.meddling = Meddling(scene, self.kate, self.regrouping, self._rng)
        self._regroups = regroups
        self._works: list[asyncio.Task[None]] = []
        self._pause = pause
        self._pens: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._numbers_of: defaultdict[int, list[int]] = defaultdict(list)
        self._confirmed: defaultdict[int, list[str]] = defaultdict(list)
        self._split_off: set[int] = set()
        self._said: dict[str, Message] = {}
        self._came: dict[tuple[int, int], Message] = {}
        self._over = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    async def flow(self, group: asyncio.TaskGroup, users: int = USERS) -> asyncio.Task[None]:
        """Have users write until `finish`; return the task that watches the chats."""
        self._group = group
        self._works = [group.create_task(self.overview.works(self._over, self._pause))]
        if self._regroups:
            work = self.regrouping.works(self._over, self._pause)
            self._works.append(group.create_task(work))
        if self.scene.form is Form.FORUM:
            work = self.meddling.works(self._over, self._pause)
            self._works.append(group.create_task(work))
        for count in range(users):
            number = await self.joins()
            if count % SECOND_TICKETS == 1:
                await self.joins(beside=number)
        return group.create_task(self._watch())

    async def joins(self, *, writes: bool = True, beside: int | None = None) -> int:
        """Add a user, and return the number; without `writes`, they write only when told to.

        `beside` is the number of a user who opens another ticket.
        """
        if beside is None:
            user = await self.scene.telegram.user(f"User {len(self.users)}")
        else:
            user = self.users[beside]
        number = len(self.users)  # now: staff may have split a ticket meanwhile
        self.users.append(user)
        self._numbers_of[user.id].append(number)
        self.lines.opens(number, user.id)
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
        await self._all_comes()
        await asyncio.wait(self._works, timeout=self._stalled)
        await self._all_comes()
        for work in self._works:
            work.cancel()

    def counts(self) -> dict[str, int]:
        """Count what staff did beside answering, and what became of their replies to orphans."""
        return {
            "merges": self.regrouping.done["merges"],
            "splits": self.regrouping.done["splits"],
            "questions": self.overview.asked,
            "whispers": self.overview.whispers,
            "replies to orphans": len(self.kept),
            "typed again": len(self.refused),
            **self.meddling.done,
        }

    def most_at_once(self) -> dict[str, int]:
        """Count how many tickets each person had open at once, by name.

        Staff split only the only one, so that nobody has more than two.
        """
        return {self.users[numbers[0]].name: min(len(numbers), 2) for numbers in self.people()}

    def missing(self) -> set[str]:
        """List what has not arrived yet: tokens, confirmations, and commands to merge and split."""
        opened = self.questions.keys() - self._split_off
        written = {confirmation(one) for one in opened if self.questions[one]}
        for said in [*self.questions.values(), *self.kate.answers.values()]:
            written.update(said)
        return (written - self.waited.keys()) | self.regrouping.missing()

    async def writes(self, number: int, *, photo: bool = False) -> None:
        """Have a user write the next message, unless staff are about to split the ticket."""
        line, user = self.lines.of_number(number), self.users[number]
        async with self._pens[user.id]:
            if line.held or line.number != number:
                return
            last, others = line.questions[-1:], len(self.lines.of_person(user.id)) > 1
            token = f"q{number}.{len(self.questions[number]):04}"
            self.begins(token, *[confirmation(one) for one in {number} - self._split_off])
            self.questions[number].append(token)
            self.lines.asks(number, token)
            how: dict[str, Any] = {"reply_to": self._said[last[0]]} if last and others else {}
            if photo:
                said = await user.sends_photo(f"{token}, a photo", **how)
            elif not last and number != self._numbers_of[user.id][0]:
                said = await user.writes(f"/new {token}, please")
            else:
                bold = [{"type": "bold", "offset": 0, "length": len(token)}]
                said = await user.writes(f"{token}, please", entities=bold, **how)
            self._said[token] = said

    async def _writes(self, number: int) -> None:
        line = self.lines.of_number(number)
        while line is self.lines.of_number(number) and not self._over.is_set():
            photo = bool(line.questions) and self._rng.random() < PHOTOS
            if self.unseen() < MOST_UNSEEN:
                await self.writes(number, photo=photo)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rng.uniform(*self._pause)):
                    await self._over.wait()

    async def _all_comes(self) -> None:
        with suppress(TimeoutError):
            while self.missing():
                await self.hears()

    @asynccontextmanager
    async def _waits(self, person: int) -> AsyncIterator[None]:
        """Have a person write nothing."""
        async with self._pens[person]:
            yield

    def goes_on_from(self, token: str) -> Line:
        """Split a line at a question, and have its person write on the new one, too."""
        person, number = self.lines.of(token).person, len(self.users)
        self.users.append(self.users[self._numbers_of[person][0]])
        self._numbers_of[person].append(number)
        self._split_off.add(number)
        line = self.lines.split(token, number)
        self.does(self._writes(number))
        return line

    async def _watch(self) -> None:
        known = 0
        while True:
            news = await self.scene.telegram.call("changes", since=known, timeout=30)
            known = news["seq"]
            for change in news["changes"]:
                if change["kind"] in {"message", "edit", "reaction"}:
                    message = Message(change["message"])
                    self.regrouping.notices(message)
                    self._came.setdefault(_place(message), message)
                    if of_bot(message) and change["kind"] != "reaction":
                        self._notes(message)
                        if change["kind"] == "message":
                            await self.kate.looks_at(message)

    def _notes(self, message: Message) -> None:
        opened = self._opened(message.chat_id)
        texts = [] if _repeats(message) else [message.text]
        known = self._confirmed[message.chat_id]
        self.arrives(*(shown_to(opened, texts, known) if opened else tokens(texts)))

    def _opened(self, person: int) -> list[int]:
        """List the numbers of a person for which there is a confirmation."""
        numbers = self._numbers_of.get(person, [])
        return [number for number in numbers if number not in self._split_off]

    async def tally(self) -> Tally:
        """Compare what every chat shows with what was written."""
        result = Tally(lost=[*self.regrouping.missing()])
        stand = [message for chat in self.kate.chats for message in await chat.messages()]
        came = [self._as_it_came(one) for one in self._with_deleted(stand) if of_bot(one)]
        right = [one for one in came if not _repeats(one)]
        order = asked = tokens(one.text for one in right)
        result.count(self._counted(right, {_place(one) for one in stand}))
        for numbers in self.people():
            person = self.users[numbers[0]]
            said = [one.text for one in await person.chat.messages() if of_bot(one)]
            told = shown_to(self._opened(person.id), said, [])
            result.count(told)
            order = order + told
            for number in numbers:
                self._compare(result, number, asked, told)
            result.wrong += [token for token in told if user_of(token) not in numbers]
        result.wrong += [token for token in asked if token[0] != "q"]
        for chain in self.lines.chains():
            result.follow(chain, dict.fromkeys(order), self.kept)
        return result

    def _with_deleted(self, stand: list[Message]) -> list[Message]:
        """List what stands in the group, and what did until people deleted its thread.

        What landed in General was sent again, and is removed there: it came only to its thread.
        """
        came = {_place(one): one for one in self._came.values() if one.thread is not None}
        chats = [chat.id for chat in self.kate.chats]
        found = came | {_place(one): one for one in stand}
        return sorted(found.values(), key=lambda one: (chats.index(one.chat_id), one.place))

    def _as_it_came(self, message: Message) -> Message:
        """Give a message as it was first seen: an older card no longer shows its question."""
        return self._came.get(_place(message), message)

    def _counted(self, shown: list[Message], stand: set[tuple[int, int]]) -> Iterator[str]:
        """Go through the tokens that messages count as: one with buttons is a card.

        What goes on in another thread is none too many there: a card, or what was in one that
        people have deleted.
        """
        last: dict[str, Message] = {}
        for message in shown:
            found = tokens([message.text])
            is_card = bool(found and message.buttons)
            if is_card:
                line = self.lines.on_card(NUMBER.findall(message.text)[0], found[0])
                found = [card_token(line.questions[0])]
            for token in found:
                before = last.get(token, message)
                may_come = is_card or _place(before) not in stand
                if before.thread == message.thread or not may_come:
                    yield token
                last[token] = message

    def _compare(self, result: Tally, number: int, asked: list[str], told: list[str]) -> None:
        """Compare what was written under one number."""
        result.add(self.questions[number], _written_as("q", number, asked))
        result.add(self.kate.answers[number], _written_as("a", number, told))
        is_confirmed = self.questions[number] and number not in self._split_off
        confirmations = [confirmation(number)] if is_confirmed else []
        result.add(confirmations, _written_as("c", number, told))


def _written_as(kind: str, number: int, shown: list[str]) -> list[str]:
    return [token for token in shown if token.startswith(f"{kind}{number}.")]


def _place(message: Message) -> tuple[int, int]:
    return message.chat_id, message.id


def _repeats(message: Message) -> bool:
    """Whether it only repeats what was shown elsewhere: that has not arrived by this."""
    return asks(message) or lists(message) or tells(message)
