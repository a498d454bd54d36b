"""`make demo` is what a newcomer sees first."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import PROJECT
from tests.support import processes

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="no signals, no process groups"),
]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the demo in a group of its own, and see to it that the group is gone at the end."""
    with processes.heeding_interrupts():
        demo = subprocess.Popen(
            [sys.executable, "-m", "tests.demo"],
            cwd=PROJECT,
            env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
    with demo:
        yield demo
        if left_over(demo):
            os.killpg(demo.pid, signal.SIGKILL)


def left_over(demo: subprocess.Popen[str]) -> bool:
    """Tell whether a program that the demo started is still there."""
    try:
        os.killpg(demo.pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_demo_shows_both_sides_of_a_conversation_and_leaves_nothing_behind(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    said, _ = demo.communicate(timeout=150)

    assert demo.returncode == 0, said
    assert re.search(r"\d\d:\d\d:\d\d  Alice +\d+  Alice +Hello!", said)
    assert re.search(r"  Support +\d+  Kate +\(to \d+\) // He can change", said)
    assert said.endswith("Every expected message arrived.\nAll programs are stopped.\n")
    assert not left_over(demo)
    assert list(tmp_path.glob("support-bot-demo-*")) == []


def test_an_interrupted_demo_ends_its_programs(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    assert any("python main.py" in line for line in demo.stdout)

    demo.send_signal(signal.SIGINT)

    said, _ = demo.communicate(timeout=60)
    assert not left_over(demo)
    assert (demo.returncode, said) == (130, "\nInterrupted; all programs are stopped.\n")


def test_ctrl_c_at_a_terminal_is_no_error_of_make() -> None:
    """The whole foreground group hears it: make, the demo and its programs."""
    if shutil.which("make") is None:
        pytest.skip("no make")
    heard = "signal.signal(signal.SIGINT, signal.SIG_DFL)"  # a background job has it ignored
    program = f"import pty, signal; {heard}; pty.spawn(['make', 'demo'])"  # a terminal of its own
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as terminal:
        assert terminal.stdin is not None
        assert terminal.stdout is not None
        assert any("python main.py" in line for line in terminal.stdout)

        terminal.stdin.write("\x03")
        terminal.stdin.flush()

        said = terminal.stdout.read()
    assert "Interrupted; all programs are stopped." in said
    assert "***" not in said
