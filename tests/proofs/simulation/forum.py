"""A staff chat that is a forum: what people do with its threads, and what must be true of them."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffMode
from sandbox import topics
from sandbox.errors import ApiError
from sandbox.model import Topic
from sandbox.people import acting
from services.helpdesk import staff_chats, staff_modes, thread_closing
from services.invariants import threads as rules
from tests.proofs.simulation import tokens
from tests.proofs.simulation.fairness import HARMLESS
from tests.proofs.simulation.ledger import Ledger
from tests.proofs.simulation.people import named, recent
from tests.proofs.simulation.placing import OF_USERS
from tests.proofs.simulation.plan import TRAFFIC

if TYPE_CHECKING:
    from tests.proofs.simulation.run import Simulation

OPERATIONS = frozenset(
    {"forum", "hear_threads", "close_threads", "say", "say_note", "shut", "delete_thread"}
    | {"drop_threads", "take_right", "choose_mode"}
)

# After these, messages may be sent once more, each to where it can be seen.
SENT_ANEW = frozenset({"delete_thread", "drop_threads", "take_right", "choose_mode", "shut"})

# Open tickets that are not where the mode of their staff chat says.
BEHIND = (
    "SELECT 'behind', tickets.id, mode FROM tickets JOIN staff_chats ON staff_chat_id = chat_id "
    "WHERE status <> 'closed' AND mode IS NOT NULL "
    "AND (thread_id IS NULL OR wants_thread) = (mode = 'forum')"
)


OPEN_IN_THREADS = (
    "SELECT tickets.id, thread_id FROM tickets "
    "WHERE status <> 'closed' AND thread_id IS NOT NULL ORDER BY tickets.id"
)

# Nothing of this costs a thread.
CALM = HARMLESS | TRAFFIC.keys() | OF_USERS | OPERATIONS - SENT_ANEW | {"shut"}

# How many more tickets are open after such an event.
TURNS = {"opened": 1, "reopened": 1, "closed": -1}


class Forum:
    """What staff do with the threads of one run, and what befalls them."""

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self.people = simulation.people
        self.world = simulation.telegram.world
        self.hears = False
        # The messages that people deleted with their threads.
        self.removed: set[int] = set()
        # What was said to nobody in particular in a thread.
        self.said: set[str] = set()

    def act(self, do: str, how: dict[str, Any]) -> bool:
        """Do an operation; False if it is impossible now."""
        try:
            return getattr(self, do)(**how) is not False
        except ApiError:
            return False

    def forum(self) -> None:
        """Do nothing: the group is a forum from the beginning."""

    def hear_threads(self) -> bool:
        """Have what staff write in threads go to users, from now on."""
        return self._change(_hear, lambda: setattr(self, "hears", True))

    def close_threads(self) -> bool:
        """Have threads closed with their tickets, from now on."""
        return self._change(partial(_close, self.simulation.machine.clock()), lambda: None)

    def choose_mode(self, mode: str) -> bool:
        now = self.simulation.machine.clock()
        return self._change(partial(_choose, StaffMode(mode), now), lambda: None)

    def say(self, staff: int, pick: float) -> bool:
        """Write in a thread, in reply to nothing."""
        topic = self._topic(pick)
        if topic is None or not self.hears:
            return False
        token = self._write(topic, staff, "a", "{}, madam")
        self.said.add(token)
        return True

    def say_note(self, staff: int, pick: float) -> bool:
        topic = self._topic(pick)
        return topic is not None and bool(self._write(topic, staff, "n", "// {}"))

    def shut(self, pick: float, *, closed: bool) -> bool:
        """Close a thread, or open it again."""
        topic = self._topic(pick)
        if topic is None:
            return False
        person = self.people.staff[0]
        topics.close(self.world, self.people.group, topic, person, closed=closed)
        self.people.dealings.update((person.id, one) for one in named(topic.name))
        return True

    def delete_thread(self, pick: float) -> bool:
        topic = self._topic(pick)
        if topic is None:
            return False
        there = set(self.people.group.messages)
        topics.delete(self.world, self.people.group, topic)
        gone = there - set(self.people.group.messages)
        self.removed |= gone
        for one in self.people.written:
            one.deleted |= one.chat_id == self.people.group.id and one.message_id in gone
        return True

    def drop_threads(self, seconds: float) -> None:
        """Have what is sent to threads land in General for a while."""
        group = self.people.group
        group.drops_threads = True
        self.simulation.agenda.after(seconds, lambda: setattr(group, "drops_threads", False))

    def take_right(self, seconds: float) -> None:
        self.people.set_bot("member")
        restore = partial(self.people.set_bot, self.people.bot_status)
        self.simulation.agenda.after(seconds, restore)

    def heal(self) -> None:
        self.people.group.drops_threads = False

    def waiting(self) -> list[str]:
        """List the open tickets that are still to follow the mode."""
        if "forum" not in self.simulation.done:
            return []
        return [" ".join(map(str, row)) for row in self.simulation.store.ask(BEHIND)]

    # The judge --------------------------------------------------------------------------------

    def findings(self) -> Iterator[str]:
        if "forum" in self.simulation.done:
            yield from self._rules()
            yield from self._hidden()
            yield from self._shut()
            yield from self._more_than_needed()

    def _rules(self) -> Iterator[str]:
        """Every rule of threads holds."""
        for rule in rules.rules():
            written_out = {"literal_binds": True, "render_postcompile": True}
            statement = rule.broken.compile(dialect=sqlite.dialect(), compile_kwargs=written_out)
            for row in self.simulation.store.ask(str(statement)):
                yield f"check: {rule.name}: {rule.things} {row[0]}"

    def _hidden(self) -> Iterator[str]:
        """What users wrote can be seen at the end, unless people deleted its thread."""
        if {"delete_copy", "fault"} & {*self.simulation.done}:
            return
        ledger, group = Ledger(self.simulation), self.people.group
        places: dict[str, set[int]] = {}
        for sight in ledger.sights:
            if sight.chat_id == group.id:
                for token in sight.tokens:
                    places.setdefault(token, set()).add(sight.message_id)
        for token, ids in places.items():
            if token[0] == "q" and not ids & (group.messages.keys() | self.removed):
                yield f"hidden: {token} stood in {sorted(ids)}"

    def _shut(self) -> Iterator[str]:
        """No open ticket is left in a thread that members can't write in.

        While the bot is not in the group, nobody tells it who closes one.
        """
        if "kick" in self.simulation.done:
            return
        for ticket_id, thread_id in self.simulation.store.ask(OPEN_IN_THREADS):
            topic = self.people.group.topics.get(thread_id)
            if topic is not None and topic.closed:
                yield f"shut: ticket {ticket_id} is open in thread {thread_id}, which is closed"

    def _more_than_needed(self) -> Iterator[str]:
        """A user has as many threads as there were open tickets of theirs at once.

        Where something went wrong with threads, or an answer was lost, there may be more.
        """
        if not CALM.issuperset(self.simulation.done):
            return
        ledger = Ledger(self.simulation)
        users = {key: ticket["user_id"] for key, ticket in ledger.tickets.items()}
        open_now, most = Counter[int](), Counter[int]()
        for event in ledger.rows("ticket_events"):
            user_id = users[event["ticket_id"]]
            open_now[user_id] += TURNS.get(event["kind"], 0)
            most[user_id] = max(most[user_id], open_now[user_id])
        made = Counter(thread["user_id"] for thread in ledger.rows("threads"))
        for user_id, number in made.items():
            if number > most[user_id]:
                yield f"threads: {number} of user {user_id}, who had {most[user_id]} open tickets"

    # Helpers ----------------------------------------------------------------------------------

    def _topic(self, pick: float) -> Topic | None:
        bot = self.world.bot.id
        made = [one for one in self.people.group.topics.values() if one.creator == bot]
        return recent(made, pick) if made else None

    def _write(self, topic: Topic, staff: int, what: str, words: str) -> str:
        (user,) = named(topic.name)
        token = self.people.token(f"{what}{user}")
        content = acting.text_fields(words.format(token), None)
        person = self.people.staff[staff]
        self.people.say(person, token, content, thread=topic.id, note=what == "n")
        self.people.dealings.add((person.id, tokens.user_of(token)))
        return token

    def _change(self, change: Any, then: Any) -> bool:
        process = self.simulation.process
        return process is not None and process.change(change, then)


async def _hear(session: AsyncSession) -> None:
    chat = await staff_chats.main(session)
    await staff_modes.choose_hearing(session, chat, everything=True)


async def _choose(mode: StaffMode, now: Any, session: AsyncSession) -> None:
    chat = await staff_chats.main(session)
    await staff_modes.choose(session, chat, mode, now=now)


async def _close(now: Any, session: AsyncSession) -> None:
    chat = await staff_chats.main(session)
    if chat.mode is StaffMode.FORUM:
        await thread_closing.choose(session, chat, closes=True, by=None, now=now)
