"""`make torture`: the real bot under everything that breaks bots. Exits with 1 if a promise broke.

Processes, signals, HTTP and databases are real; the sandbox records what each person sees.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core import logging
from tests.proofs.crash.forms import ALL, Form
from tests.proofs.torture import databases, table
from tests.proofs.torture.databases import BOTH, POSTGRESQL
from tests.proofs.torture.run import Row, Scenario, play
from tests.proofs.torture.scenarios import SCENARIOS
from tests.support import postgres


def main() -> int:
    """Run the named scenarios, or all."""
    asked = _arguments()
    logging.configure("WARNING", "text")
    chosen = [SCENARIOS[name] for name in asked.names or SCENARIOS]
    on = [asked.database] if asked.database else list(BOTH)
    folder = Path(tempfile.mkdtemp(prefix="support-bot-torture-"))
    rows: list[Row] = []
    say(table.heading())
    try:
        with databases.opened(folder, server=POSTGRESQL in on) as made:
            for scenario in chosen:
                for kind in [one for one in scenario.runs_on(short=asked.short) if one in on]:
                    for form in _forms(scenario, kind, asked):
                        rows.append(play(scenario, kind, form, made, folder, short=asked.short))
                        say(table.line(rows[-1]))
    except postgres.NoPostgres as error:
        say(f"{error.__doc__} Try --database sqlite.")
        return 1
    if asked.json is not None:
        asked.json.write_text(table.dump(rows))
    broken = [row for row in rows if row.broken]
    if not broken:
        shutil.rmtree(folder)
    say(f"{len(rows)} runs, {len(broken)} with a broken promise.")
    return 1 if broken or not rows else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.torture", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *SCENARIOS], metavar="NAME")
    parser.add_argument("--short", action="store_true", help="the form that CI runs")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the table to this file"
    )
    parser.add_argument("--database", choices=BOTH, help="only on this database")
    parser.add_argument("--form", choices=ALL, type=Form, help="only with this staff chat")
    return parser.parse_args()


def _forms(scenario: Scenario, database: str, asked: argparse.Namespace) -> Sequence[Form]:
    """List what the staff chat is in the runs of a scenario."""
    if asked.form is not None:
        return [form for form in scenario.forms if form is asked.form]
    return [scenario.form_in_suite(database)] if asked.short else scenario.forms


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
