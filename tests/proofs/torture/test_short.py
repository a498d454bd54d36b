"""Each scenario of `make torture`, in its short form."""

import sys
from pathlib import Path

import pytest

from tests.proofs.crash.forms import Form
from tests.proofs.torture.databases import Databases
from tests.proofs.torture.run import Scenario, play
from tests.proofs.torture.scenarios import SCENARIOS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals that kill a process")

RUNS = [
    (one, kind, one.form_in_suite(kind))
    for one in SCENARIOS.values()
    for kind in one.runs_on(short=True)
]


@pytest.fixture(scope="module")
def databases(request: pytest.FixtureRequest, migrated_file: Path) -> Databases:
    server = request.getfixturevalue("postgres_server")
    return Databases(migrated_file, server, request.getfixturevalue("migrated_template"))


@pytest.mark.parametrize(
    ("scenario", "kind", "form"),
    RUNS,
    ids=[f"{scenario.name}-{kind}-{form}" for scenario, kind, form in RUNS],
)
def test_no_promise_breaks(
    scenario: Scenario, kind: str, form: Form, databases: Databases, tmp_path: Path
) -> None:
    row = play(scenario, kind, form, databases, tmp_path, short=True)

    assert row.broken == []
    assert row.tally.seen == row.tally.sent > 0
