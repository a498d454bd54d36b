"""The bench: one plan of updates through the real App, a real database, and a fake wire."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast, override
from zoneinfo import ZoneInfo

from aiogram import Bot
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from bot.app import App
from bot.incoming.fate import Fate
from bot.reading.update_json import as_dict, origin
from core.config import Settings
from core.heartbeat import Heartbeat, Part
from core.team import StaffMode
from database.machinery import DeadUpdate, Delivery, SeenUpdate
from database.models import KeptReason, KeptWords, Message
from database.session import make_sessions
from services import notices, outbox, update_records
from services.helpdesk import (
    staff_chat_changes,
    staff_chats,
    staff_modes,
    thread_closing,
    thread_keeping,
)
from services.invariants import check
from services.problems import NotConfirmed, NoteStays, NotStaff, RepliesDropped
from tests.proofs.fuzzing import teams
from tests.proofs.fuzzing.databases import Database
from tests.proofs.fuzzing.people import BOB, CHATS, ROBOT, SECOND_CHAT, STAFF_CHAT
from tests.proofs.fuzzing.updates import Step
from tests.proofs.fuzzing.wire import BOT, BOT_ID, TOKEN, Fault, Wire
from tests.support.times import NOON

# How many turns of the courier the outbox may take to empty before something counts as stuck.
MOST_TURNS = 400

# Events at level ERROR that mean no mistake of the bot.
EXPECTED = {
    "update set aside",
    "update without update_id",
    "the bot may not write to the staff chat; all is kept and tried each minute",
    "the staff group became a supergroup with a new id; set STAFF_CHAT_ID to it",
}
HANDLED, REFUSED, ASIDE, AGAIN = "handled", "refused", "set aside", "known"
_OUTCOMES = {
    "refused": REFUSED,
    "update set aside": ASIDE,
    "update was handled before": AGAIN,
}


@dataclass
class Report:
    """How many updates had which (kind, outcome); and what is wrong, in sentences."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.outcomes.total()


class Beats(Heartbeat):
    """A heartbeat that tells when the poller or the courier takes a turn."""

    def __init__(self) -> None:
        self.turned = asyncio.Event()

    @override
    def beat(self, part: Part) -> None:
        self.turned.set()


class Bench:
    """The bot, and what becomes of one plan."""

    def __init__(
        self,
        database: Database,
        faults: Mapping[int, Fault],
        gathers: timedelta,
        *,
        forum: bool = False,
    ) -> None:
        """With `forum`, the main team has threads, with all that it may set for them."""
        self.now = NOON
        self._forum = forum
        self.database = database
        self.sessions = make_sessions(database.engine)
        self.wire = Wire(lambda: self.now, faults)
        self.wire.chats |= CHATS
        self.wire.statuses[BOB] = "left"
        self.report = Report()
        self.logs: list[MutableMapping[str, Any]] = []
        self.sent: dict[int, tuple[Step, dict[str, Any]]] = {}
        self.became: dict[int, str] = {}
        self.app = self._app(gathers)
        self._last_id = 1000

    def _app(self, gathers: timedelta) -> App:
        settings = Settings(
            _env_file=None,
            bot_token=SecretStr(TOKEN),
            staff_chat_id=STAFF_CHAT,
            support_timezone=ZoneInfo("UTC"),
            limit_per_chat=0,
            limit_per_group=0,
            limit_total=0,
            staff_batch_seconds=gathers,
        )
        bot = Bot(TOKEN, session=self.wire)
        app = App(settings, bot, self.sessions, self._clock, lambda: self._clock().timestamp())
        app.heartbeat = self.beats = Beats()
        self._handle_one, self._handle_batch = app.inbox.handle_one, app.inbox.handle_batch
        app.inbox.handle_one = self._watched_one  # type: ignore[method-assign]
        app.inbox.handle_batch = self._watched_batch  # type: ignore[method-assign]
        return app

    def _clock(self) -> datetime:
        return self.now

    async def run(self, plan: list[list[Step]]) -> Report:
        """Run the plan to its end, and check every promise."""
        stopped = asyncio.Event()
        with capture_logs() as self.logs, teams.tickets_of_its_own():
            await self._prepare()
            async with asyncio.TaskGroup() as group:
                group.create_task(self.app.run(stopped))
                for batch in plan:
                    self.wire.offer([self._update(step) for step in batch])
                    await self.wire.taken()
                    await self._drained()
                stopped.set()
        await self._judge()
        return self.report

    async def _prepare(self) -> None:
        async with self.sessions.begin() as session:
            await staff_chat_changes.add(session, SECOND_CHAT, now=NOON)
            if self._forum:
                await self._open_forum(session)

    async def _open_forum(self, session: AsyncSession) -> None:
        self.wire.statuses[BOT_ID] = "administrator"
        await staff_chat_changes.choose_main(session, STAFF_CHAT, now=NOON)
        await staff_modes.choose(
            session, await staff_chats.main(session), StaffMode.FORUM, now=NOON
        )
        chat = await staff_chats.main(session)
        await staff_modes.choose_hearing(session, chat, everything=True)
        await thread_closing.choose(session, chat, closes=True, by=None, now=NOON)
        await thread_keeping.choose(session, chat, days=30, by=None, now=NOON)

    def _update(self, step: Step) -> dict[str, Any]:
        """Number an update; if the step has no gap to the last one, give that one again."""
        self.now += timedelta(seconds=step.later)
        if step.gap == 0 and self._last_id in self.sent:
            return self.sent[self._last_id][1]
        self._last_id += step.gap or 1
        while self._last_id in self.sent:
            self._last_id += 1
        made = {"update_id": self._last_id} | step.build(self.wire)
        # As it is after the wire has made JSON of it.
        made = cast("dict[str, Any]", json.loads(json.dumps(made)))
        self.sent[self._last_id] = (step, made)
        return made

    async def _watched_one(self, raw: dict[str, Any]) -> Fate:
        """Handle an update, and note its outcome."""
        before = len(self.logs)
        fate = await self._handle_one(raw)
        said = [_OUTCOMES[one["event"]] for one in self.logs[before:] if one["event"] in _OUTCOMES]
        self._note(raw, said[-1] if said else HANDLED)
        return fate

    async def _watched_batch(self, batch: Sequence[dict[str, Any]]) -> Fate:
        """Handle a batch, and note the outcomes; none if it has to be split."""
        before = len(self.logs)
        if (fate := await self._handle_batch(batch)) is not Fate.COMMITTED:
            return fate
        again = Counter(
            one["update_id"] for one in self.logs[before:] if _OUTCOMES.get(one["event"]) is AGAIN
        )
        refused = {one.get("update_id") for one in self.logs[before:] if one["event"] == "refused"}
        for raw in reversed(batch):  # of two with the same number, the second one is known
            known = again[raw["update_id"]] > 0
            again[raw["update_id"]] -= 1
            outcome = REFUSED if raw["update_id"] in refused else HANDLED
            self._note(raw, AGAIN if known else outcome)
        return fate

    def _note(self, raw: dict[str, Any], outcome: str) -> None:
        step, _ = self.sent[raw["update_id"]]
        self.report.outcomes[step.kind, outcome] += 1
        if outcome is not AGAIN:
            self.became[raw["update_id"]] = outcome

    async def _drained(self) -> None:
        """Wait until the outbox is empty, and let time pass if deliveries wait for it."""
        before: object = None
        for _ in range(MOST_TURNS):
            count, due = pending = await self.database.pending()
            if not count:
                return
            if pending == before:
                self.now = max(self.now + timedelta(seconds=5), due or self.now)
            before = pending
            self.beats.turned.clear()
            while not self.beats.turned.is_set():
                self.app.courier.wake()  # again: the current turn may have used up the last one
                await asyncio.sleep(0)
            await self.app.courier.settled()
        self.report.wrong.append("the outbox does not become empty")

    # The promises

    async def _judge(self) -> None:
        async with self.sessions() as session:
            seen = set(await session.scalars(select(SeenUpdate.update_id)))
            dead = {one.update_id: one for one in await session.scalars(select(DeadUpdate))}
            written = set(
                (await session.execute(select(Message.chat_id, Message.message_id))).all()
            )
            refusals = select(Delivery).where(Delivery.kind == notices.Refusal.kind)
            told = Counter(
                one.chat_id
                for one in await session.scalars(refusals)
                if one.payload["problem"]["name"] != NoteStays.__name__  # handled, but answered
            )
            await self._judge_kept_words(session)
            self.report.wrong += [one async for one in teams.mixed_up(session)]
            found = await check.findings(await session.connection(), now=self.now)
        say = self.report.wrong.append
        if lost := self.sent.keys() - self.became.keys():
            say(f"never handled: {sorted(lost)}")
        if self.now - NOON < update_records.KEPT_FOR and (lost := self.sent.keys() - seen):
            say(f"handled, but not recorded as seen: {sorted(lost)}")
        for update_id, (step, raw) in self.sent.items():
            outcome = self.became.get(update_id)
            if (outcome == ASIDE) != (update_id in dead):
                say(f"{outcome}, but in dead_updates: {update_id in dead}: {raw}")
            if outcome == ASIDE and json.loads(dead[update_id].raw) != raw:
                say(f"set aside in another form than it came: {raw}")
            if outcome == ASIDE and step.plausible and step.kind in _ASKED_FOR:
                say(f"set aside, although Telegram could send it: {step}: {dead[update_id].error}")
            if outcome == HANDLED and _joins_a_ticket(step) and _place(raw) not in written:
                say(f"handled, but in no ticket: {raw}")
        blurred = any(teams.is_blurred(step, raw) for step, raw in self.sent.values())
        self.report.wrong += teams.names(self.wire, second_too=not blurred)
        self.report.wrong += [f"a user hears nothing of {one}" for one in self.wire.unheard]
        self._judge_refusals(told)
        self._judge_logs()
        for finding in found:
            if finding.wrong:
                say(f"check: {finding.line}")

    async def _judge_kept_words(self, session: AsyncSession) -> None:
        """Kept words are not passed on, and their writer is told or asked."""
        waiting = select(Delivery).where(
            Delivery.kind.in_([notices.WordsKept.kind, notices.UnconfirmedKept.kind])
        )
        asked = {one.payload.get("mark") for one in await session.scalars(waiting)}
        known = select(Message.chat_id, Message.message_id, Message.text)
        passed_on = set((await session.execute(known)).all())
        for row in await session.scalars(select(KeptWords)):
            if (row.chat_id, row.message_id, row.content["text"]) in passed_on:
                self.report.wrong.append(f"kept, but also passed on: {row.content}")
            about = None if row.reason is KeptReason.UNCONFIRMED else row.mark
            if about not in asked and row.media_group_id is None:
                self.report.wrong.append(f"kept, but nobody is asked: {row.content}")

    def _judge_refusals(self, told: Counter[int]) -> None:
        """Every refusal is told; in a private chat, and of strangers', a newer one may replace it.

        All groups are counted together: what waits moves with a group that gets a new id.
        """
        refused = [self.sent[one][1] for one, became in self.became.items() if became == REFUSED]
        asked = Counter(_chat_of(raw) for raw in refused if not _is_press(raw) and _says_where(raw))
        forgotten = self.now - NOON >= outbox.ASIDES_KEPT
        replaceable = sum(line.get("problem") in _TO_STRANGERS for line in self.logs)
        known = asked.keys() | told.keys()
        groups = {one for one in known if one < 0}
        for chats in [groups, *({one} for one in known - groups)]:
            wanted, heard = (sum(count[one] for one in chats) for count in (asked, told))
            least = wanted - replaceable if chats is groups else min(1, wanted)
            if not (0 if forgotten else least) <= heard <= wanted:
                self.report.wrong.append(f"refused {wanted} in {chats}, told {heard}")
        if any(said["from"] == BOT for said in self.wire.history[ROBOT]):
            self.report.wrong.append("another bot was answered")
        presses = sum(map(_is_press, refused))
        if len(self.wire.alerts) < presses:
            self.report.wrong.append("a press was refused without an answer")

    def _judge_logs(self) -> None:
        for line in self.logs:
            if line["log_level"] in {"error", "critical"} and line["event"] not in EXPECTED:
                self.report.wrong.append(f"log: {line}")


def _chat_of(raw: dict[str, Any]) -> Any:
    place = as_dict(raw.get("callback_query")) or raw
    event = as_dict(place.get("message") or place.get("edited_message"))
    return as_dict(event.get("chat")).get("id")


def _is_press(raw: dict[str, Any]) -> bool:
    """Whether it is a press whose query can be answered; without its id, the chat is told."""
    press = raw.get("callback_query")
    return isinstance(press, dict) and isinstance(press.get("id"), str)


def _says_where(raw: dict[str, Any]) -> bool:
    """Whether a message that was understood names a chat that can get an answer.

    In a private chat, it must also say that no bot wrote it.
    """
    chat_id, source = _chat_of(raw), origin(raw)
    if source.private and source.is_program:
        return False
    return type(chat_id) is int and chat_id != 0 and -(2**63) <= chat_id < 2**63


# Problems of people who are not staff: they are told once a minute (helpdesk/refusal_notices.py).
_TO_STRANGERS = {NotStaff.__name__, NotConfirmed.__name__, RepliesDropped.__name__}

_ASKED_FOR = {"message", "edited_message", "callback_query", "my_chat_member"}


def _joins_a_ticket(step: Step) -> bool:
    """Whether it is a user's plain text in private, with nothing wrong."""
    return (
        step.plausible
        and step.kind == "message"
        and step.chat == step.sender != ROBOT
        and step.content.keys() == {"text"}
        and bool(step.content["text"])  # empty, it may be a service message
    )


def _place(raw: dict[str, Any]) -> tuple[int, int]:
    return raw["message"]["chat"]["id"], raw["message"]["message_id"]
