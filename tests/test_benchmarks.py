"""`make bench` works; how fast anything is, no test asks."""

import subprocess
import sys

from core.config import PROJECT


def test_every_load_can_be_put_on_both_bots() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert done.returncode == 0, done.stderr
    assert "out of order in the floods" in done.stdout
