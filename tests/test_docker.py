"""What can be said of the image and of the compose file where no Docker engine runs."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.config import PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")


@pytest.fixture
def services() -> dict[str, Any]:
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
    found: dict[str, Any] = compose["services"]
    return found


def start(tmp_path: Path, alembic: str, *arguments: str) -> tuple[int, list[str]]:
    """Run the entrypoint with programs that write down how they were called."""
    written = tmp_path / "written"
    for name, code in (("alembic", alembic), ("python", "exit 0")):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $@" >> "{written}"\n{code}\n', "utf-8")
        program.chmod(0o755)
    entrypoint = re.search(r"^ENTRYPOINT (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert entrypoint is not None
    ended = subprocess.run(
        [*json.loads(entrypoint[1]), *arguments], env={"PATH": str(tmp_path)}, check=False
    )
    return ended.returncode, written.read_text("utf-8").splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="the image is Linux")
class TestEntrypoint:
    def test_it_migrates_and_only_then_starts_the_bot(self, tmp_path: Path) -> None:
        assert start(tmp_path, "exit 0") == (0, ["alembic upgrade head", "python main.py"])

    def test_a_failed_migration_starts_nothing(self, tmp_path: Path) -> None:
        assert start(tmp_path, "exit 3") == (3, ["alembic upgrade head"])

    def test_what_follows_the_image_reaches_the_bot(self, tmp_path: Path) -> None:
        code, calls = start(tmp_path, "exit 0", "chats", "two words")

        assert (code, calls[-1]) == (0, "python main.py chats two words")


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


def test_the_bot_stands_on_sqlite_on_a_volume_unless_postgresql_is_asked_for(
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


def test_no_password_stands_in_the_compose_file(services: dict[str, Any]) -> None:
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


def test_with_postgresql_a_second_process_stands_by_which_differs_in_nothing(
    services: dict[str, Any],
) -> None:
    assert services["standby"] == services["bot"] | {"profiles": ["postgres"]}
