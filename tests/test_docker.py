"""What can be said of the image and of the compose file where no Docker engine runs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.config import PROJECT
from tests.support import processes

DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")

ENTRYPOINT: list[str] = json.loads(
    re.findall(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE, re.MULTILINE)[0]
)


def may_unshare() -> bool:
    """Whether a process can be made the first of its own process ids."""
    if shutil.which("unshare") is None:
        return False
    trial = ["unshare", "--pid", "--fork", "true"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


@pytest.fixture
def services() -> dict[str, Any]:
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    found: dict[str, Any] = compose["services"]
    return found


def start(tmp_path: Path, alembic: str, *arguments: str) -> tuple[int, list[str]]:
    """Run the entrypoint with programs that write down how they were called."""
    written = tmp_path / "written"
    for name, code in (("alembic", alembic), ("python", "exit 0")):
        write_program(tmp_path / name, f'echo "{name} $@" >> "{written}"\n{code}')
    ended = subprocess.run([*ENTRYPOINT, *arguments], env={"PATH": str(tmp_path)}, check=False)
    return ended.returncode, written.read_text("utf-8").splitlines()


def write_program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    file.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="the image is Linux")
class TestEntrypoint:
    def test_it_migrates_and_only_then_starts_the_bot(self, tmp_path: Path) -> None:
        assert start(tmp_path, "exit 0") == (0, ["alembic upgrade head", "python main.py"])

    def test_a_failed_migration_starts_nothing(self, tmp_path: Path) -> None:
        assert start(tmp_path, "exit 3") == (3, ["alembic upgrade head"])

    def test_what_follows_the_image_reaches_the_bot(self, tmp_path: Path) -> None:
        code, calls = start(tmp_path, "exit 0", "run", "two words")

        assert (code, calls[-1]) == (0, "python main.py run two words")

    @pytest.mark.parametrize("arguments", [["chats"], ["check"], ["replay", "list"], ["--help"]])
    def test_a_one_off_command_does_not_migrate(self, tmp_path: Path, arguments: list[str]) -> None:
        assert start(tmp_path, "exit 0", *arguments) == (
            0,
            [f"python main.py {' '.join(arguments)}"],
        )

    @pytest.mark.skipif(not may_unshare(), reason="needs root, and a kernel that lets it")
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_while_it_migrates(
        self, tmp_path: Path, number: signal.Signals
    ) -> None:
        """As process 1, to which the kernel gives no signal that it has no handler for."""
        told = tmp_path / "told"
        os.mkfifo(told)
        write_program(tmp_path / "alembic", f'echo "migrating" > "{told}"\nexec /bin/sleep 60')
        alone = ["unshare", "--pid", "--fork", "--kill-child", *ENTRYPOINT]
        with processes.heeding_interrupts():
            outside = subprocess.Popen(alone, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        assert told.read_text("utf-8") == "migrating\n"
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text("utf-8")

        os.kill(int(children.split()[0]), number)

        try:
            assert outside.wait(10) == 143
        finally:
            outside.kill()
            outside.wait()


def test_the_image_is_pinned_slim_and_not_root() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(set(images)) == 1
    assert re.fullmatch(r"python:3\.1[234]\S*-slim\S*", images[0])
    assert re.search(r"^USER [1-9]\d*$", DOCKERFILE, re.MULTILINE)


def test_the_image_holds_what_the_bot_runs_on_and_no_secrets() -> None:
    everything_is_left_out, *kept = [
        line
        for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]

    assert everything_is_left_out == "*"
    assert {name[1:] for name in kept if name.startswith("!")} == {
        "alembic",
        "alembic.ini",
        "bot",
        "core",
        "database",
        "main.py",
        "pyproject.toml",
        "requirements.txt",
        "services",
    }


def test_the_bot_has_time_to_end_and_comes_back(services: dict[str, Any]) -> None:
    assert services["bot"]["stop_grace_period"] == "20s"
    assert services["bot"]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["bot", "standby"])
def test_the_bot_may_do_no_more_than_it_needs(services: dict[str, Any], name: str) -> None:
    bot = services[name]

    assert (bot["read_only"], bot["tmpfs"], bot["init"]) == (True, ["/tmp"], True)  # noqa: S108
    assert bot["cap_drop"] == ["ALL"]
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert bot["mem_limit"] == "512m"


def test_no_log_fills_the_disk(services: dict[str, Any]) -> None:
    for service in services.values():
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_the_bot_uses_sqlite_on_a_volume_unless_postgresql_is_asked_for(
    services: dict[str, Any],
) -> None:
    assert services["bot"]["environment"]["DB_NAME"].startswith("/data/")
    assert services["bot"]["volumes"] == ["data:/data"]
    assert "profiles" not in services["bot"]
    assert services["bot"]["depends_on"]["postgres"] == {
        "condition": "service_healthy",
        "required": False,
    }
    assert services["postgres"]["profiles"] == ["postgres"]


def test_no_password_is_in_the_compose_file(services: dict[str, Any]) -> None:
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_with_postgresql_an_identical_second_process_stands_by(
    services: dict[str, Any],
) -> None:
    assert services["standby"] == services["bot"] | {"profiles": ["postgres"]}
