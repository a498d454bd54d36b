"""The long form: thousands of updates through the bot on both databases, as a table and JSON."""

import argparse
import json
import logging
import random
import sys
import time
import traceback
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from tests.proofs.fuzzing.bench import AGAIN, ASIDE, HANDLED, REFUSED
from tests.proofs.fuzzing.databases import new_url
from tests.proofs.fuzzing.running import Runner

PLANS_A_ROUND = 20

say = partial(print, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.fuzzing", description=__doc__)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument(
        "--seed",
        type=int,
        default=None,
        help="the first seed; what fails is then shrunk, which takes minutes",
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument(
        "--json", type=Path, default=None, help="also write the figures to this file"
    )
    wanted = parser.parse_args()
    logging.disable()  # of libraries; the bot's own log is checked (bench.py)
    first = random.randrange(10**6) if wanted.seed is None else wanted.seed
    databases = wanted.database or ["sqlite", "postgresql"]
    results = [
        fuzz(name, wanted.updates, first, shrink=wanted.seed is not None) for name in databases
    ]
    if wanted.json is not None:
        wanted.json.write_text(json.dumps(results, indent=2))
    return 1 if any(result["findings"] for result in results) else 0


def fuzz(database: str, updates: int, first: int, *, shrink: bool) -> dict[str, Any]:
    """Run seed after seed until there are enough updates, or Ctrl-C; return the figures."""
    started, findings, number, stopped = time.monotonic(), [], first, False
    with new_url(database) as url, Runner(url) as runner:
        while runner.total.total < updates and not stopped:
            try:
                runner.explore(PLANS_A_ROUND, number, shrink=shrink)
            except KeyboardInterrupt:
                stopped = True
            except Exception:  # noqa: BLE001 - any error is a finding
                findings.append({"seed": number, "what": traceback.format_exc()})
                say(f"--seed {number} --database {database}", traceback.format_exc())
            say(f"{database}: seed {number}, {runner.total.total} updates", file=sys.stderr)
            number += 1
    seconds = round(time.monotonic() - started)
    show(database, runner, seconds, range(first, number), len(findings))
    return {
        "database": database,
        "seeds": [first, number - 1],
        "seconds": seconds,
        "plans": runner.plans,
        "updates": runner.total.total,
        "kinds": dict(by_kind(runner.total.outcomes)),
        "findings": findings,
    }


def by_kind(outcomes: Counter[tuple[str, str]]) -> list[tuple[str, dict[str, int]]]:
    kinds = sorted({kind for kind, _ in outcomes})
    ends = (HANDLED, REFUSED, ASIDE, AGAIN)
    return [(kind, {end: outcomes[kind, end] for end in ends}) for kind in kinds]


def show(database: str, runner: Runner, seconds: int, seeds: range, findings: int) -> None:
    """Print the table."""
    say(f"\n{database}: {runner.total.total} updates in {runner.plans} plans, {seconds} s,")
    say(f"seeds {seeds.start} to {seeds.stop - 1}, {findings} findings\n")
    ends = (HANDLED, REFUSED, ASIDE, AGAIN)
    say(f"{'':24}" + "".join(f"{end:>12}" for end in ends))
    for kind, row in by_kind(runner.total.outcomes):
        say(f"{kind or '(no name)':24}" + "".join(f"{row[end]:>12}" for end in ends))
    sums = [sum(row[end] for _, row in by_kind(runner.total.outcomes)) for end in ends]
    say(f"{'all':24}" + "".join(f"{total:>12}" for total in sums))


if __name__ == "__main__":
    sys.exit(main())
