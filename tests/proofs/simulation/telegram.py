"""Telegram in memory: the sandbox, behind a network that delays, cuts and repeats.

This is no second model of Telegram: the sandbox decides what people and bots may do. This module
only replaces its HTTP server, in virtual time.
"""

import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from typing import Any

from aiohttp import ClientConnectorError, ClientOSError

from sandbox import faults
from sandbox.clock import Clock
from sandbox.errors import ApiError, conflict
from sandbox.faults import Fault, Faults
from sandbox.limits import Limits
from sandbox.methods import METHODS
from sandbox.methods import updates as getting
from sandbox.model import Json, Person
from sandbox.params import Params
from sandbox.updates import OTHER_POLLER
from sandbox.world import World
from tests.proofs.simulation import tokens
from tests.proofs.simulation.clockwork import Agenda
from tests.proofs.simulation.trace import Trace

BOT_ID = 4_242_424_242
USERNAME = "simulated_bot"

# The share of slow requests, and how long they take each way at most, in seconds.
SLOW, SLOWEST = 0.03, 3.0
# The share of requests that take longer than anybody waits, and how long, in seconds.
ENDLESS, FOREVER = 0.002, 40.0

# The methods that can carry what a person wrote.
CARRIES = frozenset({"sendMessage", "copyMessage", "sendMediaGroup", "sendPhoto"})

_PAGE = "<html><head><title>{0} Bad Gateway</title></head><body>nginx</body></html>"

Answer = Callable[[int, str], None]
Cut = Callable[[Exception], None]


@dataclass(eq=False)
class Call:
    """One request of one process, and its outcome."""

    number: int
    process: int
    method: str
    params: Params
    answer: Answer
    cut: Cut
    at: float
    status: int = 0
    description: str = ""
    processed: bool = False
    # How many messages Telegram counts it as.
    cost: int = 0
    processed_at: float = 0.0
    # When the bot had its answer, or stopped waiting for it.
    over_at: float = inf
    heard: bool = False
    fault: str | None = None
    shown: list[str] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    card: bool = False
    # The tokens in what it asks Telegram to show.
    carried: set[str] = field(default_factory=set)

    @property
    def came_late(self) -> bool:
        """Whether Telegram processed it after the bot had stopped waiting for its answer."""
        return self.processed and self.processed_at > self.over_at

    @property
    def went_wrong(self) -> bool:
        """Whether it was to send or edit a message, and did not simply succeed."""
        return METHODS[self.method.lower()].cost is not None and (
            self.status != HTTPStatus.OK or not self.heard or self.fault is not None
        )

    @property
    def chat_id(self) -> int | None:
        asked = self.params.text("chat_id")
        return int(asked) if asked.lstrip("-").isdigit() else None


class Telegram:
    """Answers the processes of one bot, which it tells apart by their numbers."""

    def __init__(
        self, agenda: Agenda, epoch: float, rng: random.Random, trace: Trace, *, limits: bool
    ) -> None:
        self.agenda = agenda
        self.rng = rng
        self.trace = trace
        bot = Person(BOT_ID, "Support", username=USERNAME, is_bot=True)
        self.world = World(bot, Clock(lambda: epoch + agenda.now), rng)
        self.limits = Limits(enabled=limits)
        self.faults = Faults(rng)
        self.latency = (0.005, 0.06)
        self.slow, self.endless = SLOW, ENDLESS
        self.calls: list[Call] = []
        self.provoked: list[Call] = []
        # From when until when Telegram fails at a message, by its token.
        self.stuck: dict[str, tuple[float, float]] = {}
        self.on_change: Callable[[Call | None], None] = lambda _call: None
        self._poll: Call | None = None
        self._given: list[Json] = []
        self._repeats = 0

    def receive(self, call: Call) -> None:
        """Take a request that has just left the bot."""
        self.calls.append(call)
        self.agenda.after(self._delay(), lambda: self._arrive(call))

    def hang_up(self, process: int) -> None:
        """End the long poll of a process that is gone."""
        if self._poll is not None and self._poll.process == process:
            self._poll = None

    def changed(self) -> None:
        """Look what has changed in the chats, and answer the long poll if there are updates."""
        self.on_change(None)
        poll = self._poll
        if poll is not None and len(self.world.updates):
            self._poll = None
            self._give(poll, self._batch(poll, offset=0))

    def repeat(self, count: int) -> None:
        """Let the next answer to getUpdates begin with this many old updates, confirmed or not."""
        self._repeats = count

    def rival(self) -> None:
        """Let somebody else poll with the same token for a moment."""
        if self._poll is not None:
            poll, self._poll = self._poll, None
            self._refuse(poll, conflict(OTHER_POLLER))

    @property
    def quiet(self) -> bool:
        """Whether nothing is in flight except the long poll."""
        return not len(self.world.updates) and all(
            call is self._poll or call.status or call.method == "getUpdates"
            for call in self.calls[-50:]
        )

    def _delay(self) -> float:
        chance = self.rng.random()
        if chance < self.endless:
            return FOREVER
        if chance < self.slow:
            return self.rng.uniform(0, SLOWEST)
        return self.rng.uniform(*self.latency)

    def _arrive(self, call: Call) -> None:
        fault = self._stubborn(call) or self.faults.pick(call.method, call.chat_id)
        call.fault = fault.kind if fault else None
        if fault is not None and fault.kind in faults.BEFORE:
            self._strike(call, fault)
        elif call.method == "getUpdates":
            self._updates(call, fault)
        else:
            self._process(call, fault)

    def _stubborn(self, call: Call) -> Fault | None:
        """Fail a call that carries a message at which Telegram fails now."""
        if call.method not in CARRIES:
            return None
        call.carried = {*tokens.of(self._said(call))}
        fails = any(
            self.agenda.now < self.stuck[one][1] for one in call.carried & self.stuck.keys()
        )
        return Fault("error", status=500, description="Internal Server Error") if fails else None

    def _said(self, call: Call) -> str:
        said = [call.params.text(name) for name in ("text", "caption", "media")]
        if call.method == "copyMessage" and not said[1]:
            source = self.world.chats.get(call.params.integer("from_chat_id"))
            copied = source and source.messages.get(call.params.integer("message_id"))
            said += [tokens.words_of(copied.view)] if copied else []
        return " ".join(said)

    def _process(self, call: Call, fault: Fault | None) -> None:
        method = METHODS[call.method.lower()]
        now = self.world.clock.now()
        count = method.cost(call.params) if method.cost is not None else 0
        try:
            if count and call.chat_id is not None:
                self.limits.check(now, call.chat_id, count)
            result = method.handler(self.world, call.params)
        except ApiError as error:
            if error.code == 429:
                self.provoked.append(call)
            self._refuse(call, error)
            return
        if count and call.chat_id is not None:
            self.limits.charge(now, call.chat_id, count)
        call.processed, call.processed_at, call.cost = True, self.agenda.now, count
        self.on_change(call)
        if fault is not None and fault.kind != "garbage":
            self._strike(call, fault)
        else:
            self._ok(call, faults.garbage(result) if fault is not None else result)
        self.changed()

    def _updates(self, call: Call, fault: Fault | None) -> None:
        """Answer getUpdates at once if there are updates; otherwise later, or when time is up."""
        if self._poll is not None:
            poll, self._poll = self._poll, None
            self._refuse(poll, conflict(OTHER_POLLER))
        allowed = call.params.json("allowed_updates", "allowed updates")
        if allowed is not None:
            self.world.updates.allowed = sorted(allowed)
        batch = self._batch(call, offset=call.params.integer("offset"))
        seconds = min(call.params.integer("timeout"), getting.LONGEST_POLL)
        if fault is not None:
            self._strike(call, fault)
        elif batch or seconds <= 0:
            self._give(call, batch)
        else:
            self._poll = call
            self.agenda.after(seconds, lambda: self._time_is_up(call))

    def _time_is_up(self, call: Call) -> None:
        if self._poll is call:
            self._poll = None
            self._give(call, [])

    def _batch(self, call: Call, *, offset: int) -> list[Json]:
        limit = min(max(call.params.integer("limit", getting.MOST), 1), getting.MOST)
        return _at_once(self.world.updates.get(offset, limit, 0))

    def _give(self, call: Call, batch: list[Json]) -> None:
        known = [one["update_id"] for one in batch]
        if self._repeats and batch:
            old = [one for one in self._given if one["update_id"] not in known]
            batch = old[-self._repeats :] + batch
            self._repeats = 0
        seen = {one["update_id"] for one in self._given}
        self._given += [one for one in batch if one["update_id"] not in seen]
        self._ok(call, batch)

    def _ok(self, call: Call, result: object) -> None:
        body = json.dumps({"ok": True, "result": result}, separators=(",", ":"))
        self._answer(call, 200, body)

    def _refuse(self, call: Call, error: ApiError) -> None:
        call.description = error.description
        self._answer(call, error.code, json.dumps(error.answer()))

    def _strike(self, call: Call, fault: Fault) -> None:
        """Answer as the fault says; a cut connection gets no answer at all."""
        if fault.kind == "error":
            if "message to edit not found" in fault.description:
                self._vanish(call)
            self._refuse(call, fault.error())
        elif fault.kind in {"html", "html_after"}:
            self._answer(call, fault.status, _PAGE.format(fault.status))
        elif fault.status == NEVER_LEFT:
            self._tell(call, lambda: call.cut(_not_connected()), 1)
        else:
            self._tell(call, lambda: call.cut(ClientOSError(104, "Connection reset by peer")), 1)

    def _vanish(self, call: Call) -> None:
        """Delete a message that Telegram claims not to find, so that people don't see it either."""
        chat = self.world.chats.get(call.chat_id or 0)
        message = chat and chat.messages.get(call.params.integer("message_id"))
        if message:
            self.world.delete(message)

    def _answer(self, call: Call, status: int, body: str) -> None:
        self._tell(call, lambda: call.answer(status, body), status)

    def _tell(self, call: Call, end: Callable[[], None], status: int) -> None:
        call.status = status
        if call.method != "getUpdates":
            shown = " ".join(call.shown)
            self.trace.add(
                f"{call.process} {call.method} {call.chat_id} → {status} "
                f"{call.fault or ''} {call.description} [{shown}]"
            )
        self.agenda.after(self._delay(), end)


# The status of a fault that means a connection was never made.
NEVER_LEFT = -1


def _not_connected() -> Exception:
    nowhere: Any = type("Nowhere", (), {"host": "telegram", "port": 443, "ssl": True})()
    return ClientConnectorError(nowhere, ConnectionRefusedError(111, "Connection refused"))


def _at_once[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("this would have waited")
