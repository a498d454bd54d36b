"""What can be said of systemd's unit where no systemd runs."""

import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from core.config import PROJECT

UNIT = PROJECT / "docs" / "support-bot.service"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@needs_systemd
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """Held against a copy whose programs exist."""
    (tmp_path / "support-bot.service").write_text(
        UNIT.read_text("utf-8")
        .replace("/opt/support-bot/.venv/bin/", "/bin/")
        .replace("/bin/alembic", "/bin/true")
        .replace("/bin/python", "/bin/true"),
        "utf-8",
    )

    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / "support-bot.service"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_bot_has_time_to_end_and_an_operators_mistake_is_not_repeated() -> None:
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, "utf-8")

    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) > 10
    assert service["RestartPreventExitStatus"] == "2"
    assert service["UMask"] == "0077"
