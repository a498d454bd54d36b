"""A forum, once nobody writes any more: each ticket is in its thread, and nothing beside it."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress

from database.models import Ticket, TicketStatus
from sandbox.calls import Call
from sandbox.model import Chat
from tests.proofs.crash.kate import NUMBER
from tests.proofs.crash.scene import Scene
from tests.proofs.crash.stored import Stored, read_stored
from tests.proofs.crash.tally import tokens

# How soon each open ticket is in its thread once nobody writes, and all that shows what is true
# does, in seconds; the second where Telegram's limits hold.
SETTLES_WITHIN = (60, 300)
# Telegram does not say where a copy stands.
NOT_TOLD = {"copyMessage"}


async def settles(scene: Scene) -> None:
    """Wait until each open ticket is in a thread, or has had the time to be."""
    known, seconds = 0, SETTLES_WITHIN[int(scene.sandbox.limits.enabled)]
    with suppress(TimeoutError):
        async with asyncio.timeout(scene.within(seconds)):
            while _on_the_way(await read_stored(scene.variables["DATABASE_URL"])):
                news = await scene.telegram.call("changes", since=known, timeout=1)
                known = news["seq"]


def _on_the_way(stored: Stored) -> bool:
    return (
        bool(stored.waiting())
        or stored.boards_to_do()
        or any(one.thread_id is None for one in _open(stored))
    )


def _open(stored: Stored) -> list[Ticket]:
    return [one for one in stored.tickets.values() if one.status is not TicketStatus.CLOSED]


class Findings:
    """What is wrong in the end.

    `most`: how many tickets a person of this name had open at once. `announced` are tokens that may
    have been sent twice.
    """

    def __init__(
        self, scene: Scene, stored: Stored, most: Mapping[str, int], announced: Counter[str]
    ) -> None:
        self._scene = scene
        self._stored = stored
        self._most = most
        self._announced = announced
        self._group: Chat = scene.sandbox.world.chats[scene.support.id]

    def __iter__(self) -> Iterator[str]:
        """Go through all that is wrong."""
        yield from self._tickets()
        yield from self._threads()
        yield from self._left_in_general()

    def _tickets(self) -> Iterator[str]:
        """Each open ticket is alone in a thread of its user, and Kate sees its card there.

        Of a thread that was deleted the bot hears only when it sends something there.
        """
        threads = self._stored.threads
        owners = {(one.chat_id, one.thread_id or None): one.user_id for one in threads}
        held = Counter((one.staff_chat_id, one.thread_id) for one in _open(self._stored))
        cards = self._cards()
        for ticket in _open(self._stored):
            place, named = (ticket.staff_chat_id, ticket.thread_id), f"#{ticket.daily_id}"
            if ticket.thread_id is None or place[0] != self._group.id:
                yield f"{named} is in no thread of the forum: {place}"
            elif owners.get(place) != ticket.user_id:
                yield f"{named} is in a thread that is not its user's: {place}"
            elif held[place] > 1:
                yield f"{named} is not alone in its thread: {place}"
            elif ticket.thread_id in self._group.topics and cards.get(named) != ticket.thread_id:
                yield f"{named} is in {place}, and its card in {cards.get(named, 'no thread')}"

    def _cards(self) -> dict[str, int | None]:
        """Find out where the newest card of each ticket stands."""
        found: dict[str, int | None] = {}
        for _, message in sorted(self._group.messages.items()):
            words = str(message.view.get("text", ""))
            numbers = NUMBER.findall(words.partition("\n")[0])
            if message.author_id == self._scene.sandbox.world.bot.id and message.keyboard:
                found.update({number: _thread(message.view) for number in numbers[:1]})
        return found

    def _threads(self) -> Iterator[str]:
        """Nobody has more threads than they had open tickets at once.

        A thread may have been made of which the bot was never told: it died, or the answer was cut
        off. One that it took for gone, because something landed in General, is still there.
        """
        forgotten = {line["thread"] for line in self._scene.log("a thread is gone")}
        known = {one.thread_id for one in self._stored.threads} - forgotten
        bot = self._scene.sandbox.world.bot.id
        there = {key: one for key, one in self._group.topics.items() if one.creator == bot}
        held = Counter(one.name for key, one in there.items() if key in known)
        for name, number in held.items():
            if number > self._most[name]:
                yield f"{name} has {number} threads, and had {self._most[name]} tickets at once"
        strays = there.keys() - known - forgotten
        untold = [call for call in self._calls("createForumTopic") if not call.ok]
        deaths = self._scene.starts - 1
        if len(strays) > len(untold) + deaths:
            yield f"{len(strays)} threads are nobody's: {deaths} deaths, {len(untold)} cut off"

    def _left_in_general(self) -> Iterator[str]:
        """What was sent to a thread is there, unless nobody could tell the bot that it is not."""
        for call in self._calls("send"):
            told = call.answer if call.ok else None
            if told is None or "message_thread_id" not in call.params:
                continue
            result = told["result"]
            for sent in result if isinstance(result, list) else [result]:
                message = self._group.messages.get(sent["message_id"])
                if message is not None and _thread(message.view) is None:
                    words = str(message.view.get("text") or message.view.get("caption") or "")
                    if not self._may_be_twice(words):
                        yield f"left in General: {json.dumps(words)}"

    def _calls(self, begins: str) -> list[Call]:
        """List the calls of the bot to the forum that were done."""
        return [
            call
            for call in self._scene.sandbox.calls
            if call.method.startswith(begins)
            and call.method not in NOT_TOLD
            and call.processed
            and call.chat_id == self._group.id
        ]

    def _may_be_twice(self, words: str) -> bool:
        """Whether it may have been sent before a death, and so be unknown to the bot."""
        found = tokens([words])
        named = {one for token in found for one in (token, "k" + token[1:])}
        return not named.isdisjoint(self._announced) or (not found and self._scene.starts > 1)


def _thread(view: Mapping[str, object]) -> int | None:
    thread = view.get("message_thread_id") if view.get("is_topic_message") else None
    return thread if isinstance(thread, int) else None
