"""Alembic as an operator and a developer run it: from the shell, in the project's folder."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from core.config import PROJECT
from database.session import make_engine

SECRET = "correct-horse"


def environment(**variables: str) -> dict[str, str]:
    """Make an environment without a token or any other setting of ours."""
    kept = ("PATH", "SYSTEMROOT", "HOME", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | variables


def alembic(
    *arguments: str, folder: Path = PROJECT, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def log_lines(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def test_upgrade_check_downgrade_from_the_shell_need_nothing_but_the_database(
    empty_database_url: str,
) -> None:
    for command in ("upgrade head", "check", "downgrade base"):
        done = alembic(*command.split(), DATABASE_URL=empty_database_url)
        assert done.returncode == 0, done.stderr


def test_a_run_is_logged_with_from_to_and_duration(empty_sqlite_url: str) -> None:
    done = alembic("upgrade", "0001", DATABASE_URL=empty_sqlite_url, LOG_FORMAT="json")

    (line,) = log_lines(done.stderr)
    assert line["event"] == "migrated"
    assert (line["from_revision"], line["to_revision"]) == ("base", "0001")
    assert isinstance(line["seconds"], float)


@pytest.mark.parametrize("command", ["current", "check", "downgrade base", "history -i"])
def test_who_only_looks_makes_no_database(tmp_path: Path, command: str) -> None:
    done = alembic(*command.split(), DB_NAME=str(tmp_path / "absent.db"))

    assert done.returncode == 1
    assert done.stderr.endswith("absent.db: run `alembic upgrade head`.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_slip_in_the_url_is_one_sentence() -> None:
    done = alembic("current", DATABASE_URL="postgresql://bot@127.0.0.1:99999/support")

    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("DATABASE_URL cannot be used: ")


def test_nothing_to_run_is_not_logged(sqlite_url: str) -> None:
    done = alembic("upgrade", "head", DATABASE_URL=sqlite_url, LOG_FORMAT="json")

    assert (done.returncode, log_lines(done.stderr)) == (0, [])


async def test_a_check_that_is_missing_is_noticed(postgres_url: str) -> None:
    """In a process of its own: comparing, Alembic hangs what is missing onto the models' table."""
    engine = make_engine(postgres_url)
    async with engine.begin() as connection:
        await connection.execute(
            text("ALTER TABLE tickets DROP CONSTRAINT ck_tickets_ticketstatus")
        )
    await engine.dispose()

    done = await asyncio.to_thread(alembic, "check", DATABASE_URL=postgres_url)

    assert done.returncode != 0
    assert "Detected added check constraint 'ck_tickets_ticketstatus'" in done.stderr


def test_aiogram_is_not_imported(empty_sqlite_url: str) -> None:
    program = (
        "import sys; from alembic.config import main; main(argv=['upgrade', 'head']); "
        "print('aiogram' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=environment(DATABASE_URL=empty_sqlite_url),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "False\n"


def test_wrong_settings_are_named_without_a_traceback() -> None:
    done = alembic("upgrade", "head", DATABASE_URL=f"mysql://bot:{SECRET}@localhost/x")

    assert done.returncode == 2
    assert done.stderr.startswith("DATABASE_URL ")
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr


def test_a_database_that_is_not_there_is_one_sentence() -> None:
    url = f"postgresql://bot:{SECRET}@127.0.0.1:1/support"

    done = alembic("upgrade", "head", DATABASE_URL=url)

    assert done.returncode == 1
    assert done.stderr.startswith("The database cannot be migrated now: ")
    assert len(done.stderr.splitlines()) == 1
    assert SECRET not in done.stderr


def test_two_containers_that_migrate_at_once_do_not_collide(empty_database_url: str) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=PROJECT,
            env=environment(DATABASE_URL=empty_database_url, LOG_FORMAT="json"),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]

    said = [program.communicate(timeout=50)[1] for program in programs]

    assert [program.returncode for program in programs] == [0, 0, 0], said
    migrated = [str(line["to_revision"]) for output in said for line in log_lines(output)]
    assert migrated == sorted(set(migrated))


def test_the_statements_can_be_printed_without_a_database() -> None:
    done = alembic("upgrade", "head", "--sql", DATABASE_URL="postgresql://bot@nowhere/support")

    assert done.returncode == 0
    assert "CREATE TABLE tickets" in done.stdout
