"""`python -m tests.proofs.simulation --seeds 10000`: thousands of lives, in virtual time."""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from tests.proofs.simulation import farm, plan, run, scenes
from tests.proofs.simulation.report import Report
from tests.proofs.simulation.script import Plan
from tests.proofs.simulation.shrinking import kind, shrink

# Show at most this many failing seeds.
SHOWN = 5


def main() -> int:
    """Run what the command line asks for; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds")
    parser.add_argument("--first", type=int, help="the first seed; random unless given")
    parser.add_argument("--seed", type=int, help="only this seed, with its trace")
    parser.add_argument("--scene", action="append", help="a scene to play in --seed")
    parser.add_argument("--plan", type=Path, help="replay a plan from a file, with its trace")
    parser.add_argument("--seconds", type=float, help="start no new seed after this many seconds")
    parser.add_argument("--workers", type=int, default=farm.cores(), help="number of processes")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--shrunk", type=Path, help="write the shrunk plan to this file")
    asked = parser.parse_args()
    if asked.seed is not None:
        names = asked.scene or scenes.by_chance(asked.seed)
        _say(f"scenes: {' '.join(names) or 'none'}")
        return _replay(plan.make(asked.seed, names), asked.shrunk)
    if asked.plan is not None:
        return _replay(Plan.from_json(asked.plan.read_text(encoding="utf-8")), asked.shrunk)
    return _many(asked)


def _many(asked: argparse.Namespace) -> int:
    first = asked.first if asked.first is not None else random.SystemRandom().randrange(10**9)
    _say(f"seeds from {first}, {asked.workers} workers")
    started, report = time.monotonic(), Report()
    seeds = range(first, first + asked.seeds)
    for result in farm.many(seeds, workers=asked.workers, seconds=asked.seconds):
        report.add(result)
        if result.findings and len(report.failed) <= SHOWN:
            _say(f"seed {result.seed}: " + "\n  ".join(result.findings[:3]))
            _say(f"  replay it: {command(result.seed)}")
    seconds = time.monotonic() - started
    _say(report.table(seconds))
    if asked.json is not None:
        asked.json.write_text(json.dumps(report.to_json(seconds), indent=1), encoding="utf-8")
    return 1 if report.failed else 0


def _replay(chosen: Plan, shrunk: Path | None) -> int:
    result = run.run(chosen)
    if result.findings:
        sort = {kind(finding) for finding in result.findings}
        smaller = shrink(
            chosen, lambda one: bool(sort & {kind(found) for found in run.run(one).findings})
        )
        _say(f"{len(chosen.operations)} operations, shrunk to {len(smaller.operations)}")
        result = run.run(smaller)
        if shrunk is not None:
            shrunk.write_text(smaller.to_json(), encoding="utf-8")
            _say(f"replay it: python -m tests.proofs.simulation --plan {shrunk}")
    _say("\n".join([*result.trace, *(result.findings or ["all is well"])]))
    return 1 if result.findings else 0


def command(seed: int) -> str:
    return f"python -m tests.proofs.simulation --seed {seed}"


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
