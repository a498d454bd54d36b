"""`make bench` works; how fast anything is, no test asks."""

import subprocess
import sys

from benchmarks import pressure
from core.config import PROJECT


def test_every_load_can_be_put_on_both_bots() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )

    assert done.returncode == 0, done.stderr
    assert "out of order in the floods" in done.stdout


def test_what_is_drawn_of_the_limits_is_all_of_it() -> None:
    found = pressure.measure(tickets=20, follow_ups=4, new=2)

    assert found.messages == 82
    assert found.waiting[-1][1] == 0
    assert 0 < found.sends[-1][1] < found.messages
    assert found.ratio < 1
