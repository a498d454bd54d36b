"""Runs plans, made by hypothesis, each through the whole bot on an empty database."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.proofs.fuzzing.bench import Bench, Report
from tests.proofs.fuzzing.databases import Database
from tests.proofs.fuzzing.updates import Step, plans
from tests.proofs.fuzzing.wire import FAULTS, Fault

# A plan that takes this many seconds has met something that never ends.
LONGEST = 120

type Plan = list[list[Step]]
type Faults = Mapping[int, Fault]

# How which sends go wrong; sends are counted from 1.
faults = st.dictionaries(st.integers(1, 60), st.sampled_from(FAULTS), max_size=4)


def _gathers(plan: Plan) -> timedelta:
    """Have the bot gather follow-ups in every second plan, on average."""
    return timedelta(seconds=3 * (len(plan) % 2))


def _in_forum(plan: Plan) -> bool:
    """Have the main staff chat be a forum in every third plan, on average."""
    return len(plan) % 3 == 0


class Broken(AssertionError):
    """A promise did not hold."""


@dataclass
class Runner:
    """Runs one plan after another."""

    url: str
    total: Report = field(default_factory=Report)
    plans: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.Runner()
        self._database = Database(self.url)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run(self._database.close())
        self._loop.close()

    def run(self, plan: Plan, faults: Faults) -> None:
        """Run a plan. Raises Broken, with everything that is wrong."""
        report = self._loop.run(self._run(plan, faults))
        self.plans += 1
        self.total.outcomes += report.outcomes
        if report.wrong:
            raise Broken("\n".join(report.wrong))

    async def _run(self, plan: Plan, faults: Faults) -> Report:
        await self._database.empty()
        async with asyncio.timeout(LONGEST):
            bench = Bench(self._database, faults, _gathers(plan), forum=_in_forum(plan))
            return await bench.run(plan)

    def explore(self, plans_: int, number: int, *, shrink: bool) -> None:
        """Run this many plans made from this seed; with `shrink`, shrink one that fails."""
        test: Callable[[], None] = given(plans(), faults)(self.run)
        test = settings(
            max_examples=plans_,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        )(test)
        seed(number)(test)()
