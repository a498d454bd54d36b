"""Two processes of one bot; these tests need signals that kill a process."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proofs.crash.mishaps import looks_at_boards_often
from tests.proofs.crash.scene import open_scene
from tests.proofs.replicas.replica import Pair, open_pair

collect_ignore_glob = ["test_*"] if sys.platform == "win32" else []

# How much of each log a failed test shows, in characters.
SHOWN = 5000

# The defaults also serve where pytest is not given this folder, and so does not know the options.
ROUNDS = 1
FREEZE = 0.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options for a longer run: `pytest tests/proofs/replicas --rounds=20 --freeze=60`."""
    parser.addoption("--rounds", type=int, default=ROUNDS, help="how often the lead changes hands")
    parser.addoption(
        "--freeze", type=float, default=FREEZE, help="seconds that a leader stays frozen or cut off"
    )


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--rounds", default=ROUNDS))


@pytest.fixture
def freeze(request: pytest.FixtureRequest) -> float:
    """Give the seconds that a leader stays frozen after another one has taken over."""
    return float(request.config.getoption("--freeze", default=FREEZE))


@pytest.fixture
async def pair(
    postgres_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Pair]:
    async with (
        open_scene(postgres_url, tmp_path, hooks=[looks_at_boards_often]) as scene,
        open_pair(scene, postgres_url, tmp_path) as pair,
    ):
        yield pair
    for replica in (pair.leader, pair.standby):
        log_file = replica.scene.log_file
        tail = log_file.read_text()[-SHOWN:]
        request.node.add_report_section("teardown", f"log of {log_file.parent.name}", tail)
