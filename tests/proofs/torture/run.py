"""A run of one scenario on one database: what the scenario uses, and what it finds."""

import asyncio
import random
import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.proofs.crash import forum
from tests.proofs.crash.clocks import Clock
from tests.proofs.crash.forms import Form, in_suite
from tests.proofs.crash.scene import Scene, open_scene
from tests.proofs.crash.stored import Stored, read_stored, wrong_rows
from tests.proofs.crash.tally import Tally, announced_tokens, later_cards
from tests.proofs.crash.traffic import PAUSE, Traffic
from tests.proofs.torture.databases import BOTH, Databases

# Seconds between two messages of one user, if there are fewer users.
SHORT_PAUSE = (0.3, 0.9)
# How soon after everything is seen the last deliveries are settled, in seconds.
SETTLES_WITHIN = 60


@dataclass
class Run:
    """Everything that a scenario does goes through this."""

    database: str
    form: Form
    short: bool
    folder: Path
    databases: Databases
    clock: Clock | None = None
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(10**6))
    tally: Tally = field(default_factory=Tally)
    remarks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    longest: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def choose[T](self, *, long: T, short: T) -> T:
        """Choose the value for the long or the short form."""
        return short if self.short else long

    def expect(self, holds: object, promise: str) -> None:
        """Note a broken promise."""
        if not holds:
            self.broken.append(promise)

    @asynccontextmanager
    async def scene(self, url: str | None = None, **how: Any) -> AsyncIterator[Scene]:
        """Open Telegram for a bot on a new database, or on the one at `url`."""
        if url is None:
            url = await self.databases.new(self.database, self.folder)
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            how |= {"clock": self.clock, "form": self.form}
            async with open_scene(url, folder, **how) as scene:
                yield scene
        finally:
            await self.databases.drop()

    @asynccontextmanager
    async def traffic(
        self, scene: Scene, *, users: int | None = None, **how: Any
    ) -> AsyncIterator[Traffic]:
        """Have people write during the body; after it, everything has to arrive."""
        pause = {"pause": self.choose(long=PAUSE, short=SHORT_PAUSE)}
        traffic = Traffic(scene, self.seed, **pause | how)
        async with asyncio.TaskGroup() as group:
            number = self.choose(long=5, short=3) if users is None else users
            kate = await traffic.flow(group, number)
            yield traffic
            await traffic.finish()
            kate.cancel()

    async def judge(
        self, scene: Scene, traffic: Traffic, *, failures: bool = False
    ) -> tuple[Tally, Stored]:
        """Stop the bot, and compare what people see with what was written.

        `failures`: some sends fail for good, and the scenario checks them itself.
        """
        url, is_forum = scene.variables["DATABASE_URL"], self.form is Form.FORUM
        if is_forum:
            await forum.settles(scene)
        in_a_hurry = self.short and (self.clock is None or self.clock.speed == 1)
        self.broken += await traffic.overview.findings(url, anew=in_a_hurry)
        await self._outbox_empties(scene)
        await scene.stop()
        result = await traffic.tally()
        stored = await read_stored(url)
        again = later_cards(stored, scene.sent_anew())
        announced = announced_tokens(stored, scene.announced(), threads=is_forum)
        result.compare(announced, again, traffic.lines.same())
        self.tally.merge(result)
        self.broken += stored.wrong_numbers() + stored.misplaced(traffic.lines) + stored.waiting()
        self.broken += [] if failures else stored.failed(decorations=not is_forum)
        if is_forum:
            most = traffic.most_at_once()
            self.broken += forum.Findings(scene, stored, most, announced)
        self.broken += traffic.regrouping.refused
        self.broken += await wrong_rows(url, self.clock.utcnow() if self.clock else None)
        self.longest = max([self.longest, *traffic.waited.values()])
        self.counts.update(traffic.counts())
        return result, stored

    async def _outbox_empties(self, scene: Scene) -> None:
        """Wait until all deliveries are settled: what was seen may not be settled yet."""
        known = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(scene.within(SETTLES_WITHIN)):
                while (await read_stored(scene.variables["DATABASE_URL"])).waiting():
                    news = await scene.telegram.call("changes", since=known, timeout=1)
                    known = news["seq"]


@dataclass(frozen=True)
class Scenario:
    """A scenario, run by its name. `speeds`: how fast time runs, in the long and the short form.

    `short_on`: the databases of the short form, if one is enough. `forms`: what the staff chat is
    in one run after the other.
    """

    play: Callable[[Run], Awaitable[None]]
    databases: tuple[str, ...] = BOTH
    speeds: tuple[float, float] | None = None
    short_on: tuple[str, ...] | None = None
    forms: tuple[Form, ...] = (Form.PLAIN,)

    def runs_on(self, *, short: bool) -> tuple[str, ...]:
        """List the databases that the long or the short form needs."""
        return self.short_on if short and self.short_on else self.databases

    def form_in_suite(self, database: str) -> Form:
        """Choose what the staff chat is in the short form on this database."""
        return in_suite(f"{self.name} {database}", self.forms)

    @property
    def name(self) -> str:
        return self.play.__name__


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    scenario: str
    database: str
    form: Form
    tally: Tally
    counts: Counter[str]
    seconds: float
    remarks: list[str]
    broken: list[str]


def play(
    scenario: Scenario,
    database: str,
    form: Form,
    databases: Databases,
    folder: Path,
    *,
    short: bool,
) -> Row:
    """Run a scenario, and catch its errors. A broken one leaves its folder, with the bot's log."""
    own = Path(tempfile.mkdtemp(prefix=f"{scenario.name}-{database}-{form}-", dir=folder))
    speed = scenario.speeds[int(short)] if scenario.speeds else None
    clock = Clock(speed, own / "steps") if speed else None
    run = Run(database, form, short, own, databases, clock)
    started = time.monotonic()
    try:
        with asyncio.Runner(loop_factory=clock.new_loop if clock else None) as runner:
            runner.run(_awaited(scenario.play(run)))
    except Exception as error:  # noqa: BLE001 - a line of the table
        run.broken += reasons(error)
    run.remarks.append(f"longest wait {run.longest:.1f} s")
    if speed and speed != 1:
        run.remarks.append(f"time ran {speed:g} times as fast")
    broken = run.tally.broken + run.broken
    if broken:
        broken.append(f"form {form}, seed {run.seed}, its files: {own}")
    else:
        shutil.rmtree(own)
    seconds = time.monotonic() - started
    return Row(scenario.name, database, form, run.tally, run.counts, seconds, run.remarks, broken)


async def _awaited(what: Awaitable[None]) -> None:
    await what


def reasons(error: BaseException) -> list[str]:
    """Describe an error, or each error of a group."""
    if isinstance(error, BaseExceptionGroup):
        return [reason for each in error.exceptions for reason in reasons(each)]
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return [f"{type(error).__name__} at {where}: {str(error)[:2000]}"]
