"""These tests need signals that kill a process."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proofs.crash.forms import Form
from tests.proofs.crash.scene import Scene, open_scene

collect_ignore_glob = ["test_*"] if sys.platform == "win32" else []

# How much of the bot's log a failed test shows, in characters.
SHOWN = 5000


@pytest.fixture
def form() -> Form:
    """What the staff chat is, unless a module has a fixture of its own that says so."""
    return Form.PLAIN


@pytest.fixture
async def scene(
    database_url: str, form: Form, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Scene]:
    async with open_scene(database_url, tmp_path, form=form) as scene:
        yield scene
    tail = scene.log_file.read_text()[-SHOWN:]
    request.node.add_report_section("teardown", "log of the bot", tail)
