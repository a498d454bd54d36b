"""The deprecated door for SQLite files that were made before Alembic."""

import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine

from core.config import PROJECT, sqlite_url
from database.schema import ensure_at_head
from database.session import make_engine
from migrate_db import AlreadyAdopted, NotAdopted, adopt, file_of
from tests.conftest import run
from tests.migrations.filling import count, fill
from tests.support import migrating
from tests.support.times import NOON


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a file of the first schema, with rows, as it was before Alembic."""
    file = tmp_path / "support.db"
    run(migrating.upgrade(sqlite_url(file), "0001"))
    with opened(file) as connection:
        fill(connection)
    change(file, "DROP TABLE alembic_version")
    return file


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def change(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def rows_of(file: Path) -> dict[str, int]:
    with opened(file) as connection:
        return count(connection)


def migrate_db(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "migrate_db.py"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_file_is_backed_up_and_brought_to_head_with_all_its_rows(old: Path) -> None:
    rows = rows_of(old)

    done = migrate_db(DB_NAME=str(old))

    assert done.returncode == 0, done.stderr
    assert "migrate_db.py is deprecated" in done.stderr
    assert "ALEMBIC_GUIDE.md" in done.stderr
    (backup,) = old.parent.glob("*.backup")
    assert str(backup) in done.stdout
    assert rows_of(backup) == rows
    assert {table: rows_of(old)[table] for table in rows} == rows
    run(at_head(old))


async def at_head(file: Path) -> None:
    engine = make_engine(sqlite_url(file))
    await ensure_at_head(engine)
    await engine.dispose()


def test_the_backup_is_named_after_the_time_and_is_beside_the_file(old: Path) -> None:
    backup = adopt(old, NOON)

    assert backup == old.with_name("support.db.2026-11-23T120000Z.backup")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_backup_is_for_its_owner_only(old: Path) -> None:
    old.chmod(0o644)

    backup = adopt(old, NOON)

    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_backup_is_never_written_over_another(old: Path) -> None:
    other = old.with_name("support.db.2026-11-23T120000Z.backup")
    other.write_text("precious")

    with pytest.raises(NotAdopted, match="exists already"):
        adopt(old, NOON)

    assert other.read_text() == "precious"


def test_the_backup_has_what_is_only_in_the_log_of_sqlite(old: Path) -> None:
    with closing(sqlite3.connect(old)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("DELETE FROM chat_pauses")
        writer.commit()

        backup = adopt(old, NOON)

    assert rows_of(backup)["chat_pauses"] == 0


def test_a_file_under_alembic_needs_nothing_but_an_upgrade(old: Path) -> None:
    adopt(old, NOON)

    done = migrate_db(DB_NAME=str(old))

    assert done.returncode == 0
    assert "Nothing to do" in done.stdout
    assert "alembic upgrade head" in done.stdout
    with pytest.raises(AlreadyAdopted):
        adopt(old, NOON)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE users ADD COLUMN age INTEGER", "users: unknown column age INTEGER"),
        ("ALTER TABLE deliveries DROP COLUMN error", "deliveries: missing column error TEXT"),
        ("DROP TABLE message_links", "table message_links is missing"),
        ("CREATE TABLE notes (id INTEGER)", "table notes is unknown"),
        ("DROP INDEX uq_tickets_user_id_not_closed", "missing unique index uq_tickets_user_id_not"),
    ],
)
def test_a_file_that_differs_is_refused_by_name_and_left_alone(
    old: Path, statement: str, named: str
) -> None:
    change(old, statement)
    before = old.read_bytes()

    with pytest.raises(NotAdopted, match=re.escape(named)):
        adopt(old, NOON)

    assert old.read_bytes() == before
    assert list(old.parent.glob("*.backup")) == []


@pytest.mark.parametrize(
    ("part", "instead", "named"),
    [
        ("telegram_id BIGINT", "telegram_id INTEGER", "unknown column telegram_id INTEGER"),
        ("name TEXT NOT NULL", "name TEXT", "unknown column name TEXT"),
        (
            ", \n\tCONSTRAINT uq_users_telegram_id UNIQUE (telegram_id)",
            "",
            "users: missing unique uq_users_telegram_id",
        ),
    ],
)
def test_a_table_that_was_made_differently_is_refused(
    tmp_path: Path, old: Path, part: str, instead: str, named: str
) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(old)) as connection:
        made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type = 'index'"
        statements = [row[0] for row in connection.execute(made)]
    changed = [each.replace(part, instead) for each in statements]
    change(other, *changed)

    with pytest.raises(NotAdopted, match=re.escape(named)):
        adopt(other, NOON)


def test_a_file_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    done = migrate_db(DB_NAME=str(tmp_path / "none.db"))

    assert done.returncode == 1
    assert "There is no file" in done.stderr
    assert "Nothing was changed." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_left_to_alembic(tmp_path: Path) -> None:
    file = tmp_path / "empty.db"
    file.touch()

    with pytest.raises(NotAdopted, match="is empty: `alembic upgrade head`"):
        adopt(file, NOON)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear support," * 100)

    with pytest.raises(NotAdopted, match="file is not a database"):
        adopt(file, NOON)


def test_postgresql_is_adopted_by_hand_as_the_guide_says() -> None:
    done = migrate_db(DATABASE_URL="postgresql://bot@localhost/support")

    assert done.returncode == 1
    assert "ALEMBIC_GUIDE.md" in done.stderr.splitlines()[-2]


def test_wrong_settings_are_named() -> None:
    done = migrate_db(DATABASE_URL="mysql://bot@localhost/support")

    assert done.returncode == 2
    assert "DATABASE_URL " in done.stderr


def test_the_file_is_where_the_url_says(tmp_path: Path) -> None:
    assert file_of(sqlite_url(tmp_path / "support.db")) == tmp_path / "support.db"
