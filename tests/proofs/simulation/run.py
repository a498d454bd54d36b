"""One run of one plan: the bot lives and dies; then every trouble ends, and the run is judged."""

import gc
import logging
import random
import tempfile
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket
from services import ticket_service
from services.delivery import relocating
from services.helpdesk import content, staff_chats
from tests.proofs.simulation import fairness, forum, store, team_words, verdict, whispering
from tests.proofs.simulation.bells import Bells
from tests.proofs.simulation.clockwork import Agenda, Stuck
from tests.proofs.simulation.forum import Forum
from tests.proofs.simulation.log import Log
from tests.proofs.simulation.people import FIRST_USER, People
from tests.proofs.simulation.process import Machine, Process
from tests.proofs.simulation.script import Operation, Plan
from tests.proofs.simulation.team_words import TeamWords
from tests.proofs.simulation.telegram import Telegram
from tests.proofs.simulation.trace import Trace
from tests.proofs.simulation.troubles import Troubles
from tests.proofs.simulation.whispering import Whispering
from tests.proofs.simulation.witness import Witness

# After this many quiet seconds nothing more will come.
CALM = 3.0
# If there is a board: then all that it shows has been looked at.
LOOKED = 20.0
# How soon after the last trouble everything must have arrived, in seconds.
ARRIVED_WITHIN = 3600.0
# How many tickets and deliveries move to a supergroup in one portion. Few here: a run has few, and
# things should happen between two portions.
PORTIONS: dict[str, Any] = {"TICKETS_AT_A_TIME": 1, "DELIVERIES_AT_A_TIME": 2}
# How long a stop may take, in seconds (README, "Run it"); timers fire a little late.
GONE_WITHIN = 10.1


@dataclass
class Result:
    """The result of a run."""

    seed: int
    findings: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)
    hash: str = ""
    seconds: float = 0.0


def run(plan: Plan) -> Result:
    """Carry out a plan; all that happens follows from the plan alone."""
    random.seed(f"product {plan.seed}")  # the courier's jitter
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # A process that is killed closes nothing, not even its database connection.
        warnings.filterwarnings("ignore", "The garbage collector is trying to clean up")
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        simulation = Simulation(plan, Path(folder))
        receive = partial(_receive, simulation.people, ticket_service.receive)
        with (
            simulation.log.kept(),
            patch.multiple(relocating, **PORTIONS),
            patch.object(ticket_service, "receive", receive),
        ):
            result = simulation.run()
        del simulation
        gc.collect()
    return result


async def _receive(
    people: People,
    receive: Callable[..., Awaitable[Ticket]],
    session: AsyncSession,
    person: content.Person,
    *written: Any,
    **how: Any,
) -> Ticket:
    """Open the tickets of some users in the second staff chat."""
    if person.telegram_id - FIRST_USER in people.second_users:
        others = (await staff_chats.every(session)).values()
        how["staff_chat_id"] = next(one.chat_id for one in others if not one.is_main)
    return await receive(session, person, *written, **how)


class Simulation:
    """The parts of one run."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.agenda = Agenda()
        self.trace = Trace(lambda: self.agenda.now)
        self.log = Log()
        self.store = store.Store(store.template(), random.Random(f"store {plan.seed}"))
        self.telegram = Telegram(
            self.agenda,
            datetime.fromisoformat(plan.start).timestamp(),
            random.Random(f"network {plan.seed}"),
            self.trace,
            limits=plan.limits,
        )
        self.people = People(self.telegram)
        in_forum = any(one.do == "forum" for one in plan.operations)
        self.people.arrive(plan.users, plan.staff, forum=in_forum)
        self.team_words = TeamWords(self.people)
        self.whispering = Whispering(self.people)
        if any(one.do == "intrude" for one in plan.operations):
            self.people.link()  # otherwise only members can write in the group
        for one in self.plan.operations:
            if one.do == "second_team":
                self.people.add_second_team({*one.how["users"]})
        self.witness = Witness(self.telegram, self.store)
        self.machine = Machine(self.agenda, plan, self.store, self.telegram, self.log, folder)
        self.troubles = Troubles(self)
        self.forum = Forum(self)
        self.bells = Bells(self)
        self.process: Process | None = None
        self.processes: list[Process] = []
        self.over = False
        self.findings: list[str] = []
        self.done: list[str] = []
        self.disturbed: list[float] = []
        self._staff_chat_id = self.people.group.id
        self._last_change = 0.0
        self._healed_at = 0.0
        self._calm_found = False
        self._repeated = False

    def run(self) -> Result:
        """Let everything happen, then judge it."""
        for operation in self.plan.operations:
            self.agenda.at(operation.at, partial(self._carry_out, operation))
        last = max((one.at for one in self.plan.operations), default=0.0)
        self.bells.hang(last)
        self.agenda.at(last + 1, self._heal)
        self.start()
        try:
            while not self.over:
                self._turn()
        except Stuck as stuck:
            self.findings.append(f"stuck: {stuck}")
        if not self.findings:
            self.findings = verdict.findings(self)
        result = Result(
            self.plan.seed,
            self.findings,
            verdict.counts(self),
            self.trace.lines,
            self.trace.hash,
            self.agenda.now,
        )
        self.store.close()
        return result

    def _turn(self) -> None:
        """Let the current process run until it ends; without one, let the next event happen."""
        process = self.process
        if process is None:
            self.agenda.happen()
            return
        process.live()
        self.process = None
        self.witness.process_ended()
        self.trace.add(f"process {process.number} " + ("died" if process.died else "ended"))
        if process.crash:
            self.findings.append(f"crashed: {process.crash[-1500:]}")
            self.over = True
        elif process.stopped_at is not None and not process.died:
            took = self.agenda.now - process.stopped_at
            if took > GONE_WITHIN:
                self.findings.append(f"stopping took {took:.1f} s")
        if self._calm_found:
            self.over = True

    def start(self) -> None:
        if self.process is None and not self.over:
            second = self.people.second_groups[0].id if self.people.second_groups else None
            process = Process(len(self.processes) + 1, self.machine, self._staff_chat_id, second)
            self.process = process
            if self.processes:
                self.disturbed.append(self.agenda.now)
            self.processes.append(process)
            self.trace.add(f"process {process.number} starts")

    def choose_another(self) -> None:
        self._staff_chat_id = self.people.another_group().id

    # Operations -------------------------------------------------------------------------------

    def _carry_out(self, operation: Operation) -> None:
        """Carry out an operation; one that is impossible now is skipped."""
        how = operation.how
        trouble: Callable[..., Any] | None = getattr(self.troubles, operation.do, None)
        if trouble is not None:
            done = trouble(**how) is not False
            if done and operation.do not in fairness.HARMLESS:
                self.disturbed.append(self.agenda.now)
        elif operation.do in forum.OPERATIONS:
            done = self.forum.act(operation.do, how)
            if done and operation.do in forum.SENT_ANEW:
                self.disturbed.append(self.agenda.now)
        elif operation.do in team_words.OPERATIONS:
            done = self.team_words.act(operation.do, how)
        elif operation.do in whispering.OPERATIONS:
            done = self.whispering.act(operation.do, how)
        else:
            done = self.people.act(operation.do, how)
        if done:
            self.done.append(operation.do)
            self.trace.add(f"{operation.do} {how}")
        self.telegram.changed()

    # The end ----------------------------------------------------------------------------------

    def _heal(self) -> None:
        """End all troubles; from here on everything must arrive."""
        self.trace.add("healed")
        self.telegram.faults.clear()
        for token, (begins, ends) in self.telegram.stuck.items():
            self.telegram.stuck[token] = begins, min(ends, self.agenda.now)
        self.telegram.latency = (0.005, 0.06)
        self.store.down = self.store.loses_next_commit = False
        self.forum.heal()
        self.people.set_bot(self.people.bot_status)
        self.people.try_again()
        self._healed_at = self._last_change = self.agenda.now
        self._await_calm()

    def _await_calm(self) -> None:
        """Check every second whether anything still waits; when all is calm, stop."""
        self.start()
        waiting = self.witness.waiting() + self.bells.waiting() + self.forum.waiting()
        decide_all: dict[str, Any] = {"do": "decide_all", "how": {}}
        second = self.people.second_groups and self.people.act("in_second_team", decide_all)
        if self.people.decide() or second:
            self.telegram.changed()
            self._last_change = self.agenda.now
        if waiting or not self.telegram.quiet:
            self._last_change = self.agenda.now
        if self._is_calm() and self._ask_once_more():
            self.telegram.changed()
            self._last_change = self.agenda.now
        if self._is_calm():
            self._calm_found = True
            if self.process is not None:
                self.process.stop()
            else:
                self.over = True
        elif self.agenda.now - self._healed_at > ARRIVED_WITHIN:
            raise Stuck(f"still waiting after an hour: {waiting or 'an update'}")
        else:
            self.agenda.after(1.0, self._await_calm)

    def _ask_once_more(self) -> bool:
        """Have people repeat what was refused while the bot could not tell who they are."""
        if not self._repeated:
            self._repeated = True
            self.people.try_again()
            return True
        return self.team_words.start_once_more()

    def _is_calm(self) -> bool:
        calm = LOOKED if self.store.ask("SELECT id FROM boards") else CALM
        return self.agenda.now - self._last_change >= calm
