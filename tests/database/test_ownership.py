"""A SQLite file belongs to one running bot, and is noticed when it is not there any more."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from core.config import PROJECT, sqlite_url
from database.errors import DatabaseUnreachable, FileNotOurs, FileReplaced, is_outage
from database.models import User
from database.ownership import OwnFile
from database.session import make_engine, make_sessions
from tests.database import rows


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(make_url(sqlite_url).database or "")


@pytest.fixture
async def owner(file: Path) -> AsyncIterator[AsyncEngine]:
    """Open the file as the process does that runs the bot, with one user in it."""
    own = OwnFile(file)
    engine = make_engine(sqlite_url(file), own)
    await write(engine, 1)
    yield engine
    await engine.dispose()
    own.release()


async def test_others_see_whether_a_bot_runs_on_the_file(owner: AsyncEngine, file: Path) -> None:
    assert owner is not None
    assert OwnFile(file).is_taken()


def test_a_file_that_no_bot_ran_on_is_free_and_stays_so(file: Path) -> None:
    assert not OwnFile(file).is_taken()
    assert not beside(file, "-lock").exists()


async def write(engine: AsyncEngine, telegram_id: int) -> None:
    async with make_sessions(engine).begin() as session:
        session.add(rows.user(telegram_id))


async def users_of(file: Path) -> list[int]:
    """Read what a later process finds."""
    engine = make_engine(sqlite_url(file))
    async with make_sessions(engine)() as session:
        found = (await session.scalars(select(User.telegram_id))).all()
    await engine.dispose()
    return list(found)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


# The lock -------------------------------------------------------------------------------------


async def test_a_second_bot_is_refused(file: Path, owner: AsyncEngine) -> None:
    with pytest.raises(FileNotOurs, match="Another bot is running on"):
        OwnFile(file).take()

    await write(owner, 2)  # and the first one keeps its lock


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("of", ["file", "folder"])
async def test_a_second_bot_is_refused_by_whatever_path_it_comes(
    file: Path, owner: AsyncEngine, tmp_path: Path, of: str
) -> None:
    link = tmp_path / "link"
    link.symlink_to(file if of == "file" else file.parent)

    with pytest.raises(FileNotOurs):
        OwnFile(link if of == "file" else link / file.name).take()

    assert owner is not None


async def test_the_next_bot_may_have_the_file_once_the_first_is_gone(file: Path) -> None:
    first = OwnFile(file)
    first.take()
    first.release()

    OwnFile(file).take()


def test_the_lock_goes_with_the_process_that_was_killed(file: Path) -> None:
    program = (
        "import sys, pathlib, database.ownership as o;"
        "o.OwnFile(pathlib.Path(sys.argv[1])).take(); print('taken', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, file],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"taken"
        with pytest.raises(FileNotOurs):
            OwnFile(file).take()
        holder.kill()
        holder.wait()

    OwnFile(file).take()


async def test_other_programs_work_beside_the_bot(file: Path, owner: AsyncEngine) -> None:
    other = make_engine(sqlite_url(file))

    await write(other, 2)
    await write(owner, 3)
    with closing(sqlite3.connect(file)) as backup:
        backup.execute("VACUUM INTO ?", [str(beside(file, ".backup"))])

    await other.dispose()
    assert await users_of(beside(file, ".backup")) == [1, 2, 3]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_side_file_has_the_permissions_of_the_database(file: Path) -> None:
    file.chmod(0o640)
    own = OwnFile(file)

    own.take()

    assert mode(beside(file, "-lock")) == 0o640
    own.release()


async def test_where_no_lock_can_be_had_the_bot_waits(file: Path) -> None:
    beside(file, "-lock").mkdir()

    with pytest.raises(DatabaseUnreachable, match="-lock: Is a directory") as caught:
        OwnFile(file).take()

    assert is_outage(caught.value)


async def test_a_file_that_is_mounted_without_its_folder_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = f"36 35 98:0 /support.db {file} rw,noatime master:1 - ext4 /dev/root rw\n"
    read_text = Path.read_text
    monkeypatch.setattr(
        Path,
        "read_text",
        lambda path, *more: mounts if path.name == "mountinfo" else read_text(path, *more),
    )

    with pytest.raises(FileNotOurs, match="mount the folder instead"):
        OwnFile(file).take()


# The file -------------------------------------------------------------------------------------


def delete(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        beside(file, suffix).unlink()


def delete_the_file_alone(file: Path) -> None:
    file.unlink()


def replace(file: Path) -> None:
    shutil.copy(file, beside(file, ".copy"))
    beside(file, ".copy").rename(file)


def restore_a_backup_as_if_the_bot_had_stopped(file: Path) -> None:
    for suffix in ("-wal", "-shm"):
        beside(file, suffix).unlink()
    file.write_bytes(file.read_bytes())


def content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def move(file: Path) -> None:
    file.rename(beside(file, ".moved"))


posix = pytest.mark.skipif(sys.platform == "win32", reason="an open file can't be removed there")


@posix
@pytest.mark.parametrize(
    "happens",
    [
        delete,
        delete_the_file_alone,
        replace,
        restore_a_backup_as_if_the_bot_had_stopped,
        move,
    ],
)
async def test_nothing_is_written_into_a_file_that_is_not_ours_any_more(
    file: Path, owner: AsyncEngine, happens: Callable[[Path], None]
) -> None:
    happens(file)
    there = content(file)

    for _ in range(2):
        with pytest.raises(FileReplaced, match="was removed or replaced") as caught:
            await write(owner, 2)
        assert is_outage(caught.value)

    await owner.dispose()
    assert content(file) == there


@posix
async def test_a_commit_into_a_file_that_was_just_removed_does_not_count(
    file: Path, owner: AsyncEngine
) -> None:
    async with make_sessions(owner)() as session:
        session.add(rows.user(2))
        await session.flush()
        move(file)

        with pytest.raises(FileReplaced):
            await session.commit()


@posix
async def test_it_goes_on_when_the_right_file_comes_back(file: Path, owner: AsyncEngine) -> None:
    move(file)
    with pytest.raises(FileReplaced):
        await write(owner, 2)

    beside(file, ".moved").rename(file)
    await write(owner, 2)

    await owner.dispose()
    assert await users_of(file) == [1, 2]


@posix
async def test_no_new_file_is_made_in_place_of_one_that_is_gone(
    file: Path, owner: AsyncEngine
) -> None:
    await owner.dispose()  # as after a connection that was lost
    delete_the_file_alone(file)

    with pytest.raises(FileReplaced):
        await write(owner, 2)

    assert content(file) is None


@posix
async def test_when_only_the_log_is_removed_nothing_of_it_is_lost(
    file: Path, owner: AsyncEngine
) -> None:
    await write(owner, 2)
    beside(file, "-wal").unlink()

    with pytest.raises(FileReplaced, match="-wal was removed"):
        await write(owner, 3)
    await write(owner, 3)

    await owner.dispose()
    assert await users_of(file) == [1, 2, 3]


@posix
async def test_a_removed_side_file_is_made_again(file: Path, owner: AsyncEngine) -> None:
    beside(file, "-lock").unlink()

    await write(owner, 2)

    with pytest.raises(FileNotOurs):
        OwnFile(file).take()


@posix
async def test_whoever_took_the_file_meanwhile_keeps_it(file: Path, owner: AsyncEngine) -> None:
    beside(file, "-lock").unlink()
    other = OwnFile(file)
    other.take()

    for _ in range(2):
        with pytest.raises(FileReplaced):
            await write(owner, 2)

    other.release()
    await write(owner, 2)


# Who may read it ------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
async def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    before = os.umask(0o022)
    engine = make_engine(sqlite_url(file))
    async with engine.connect() as connection:
        await connection.exec_driver_sql("CREATE TABLE some (n INTEGER)")
        modes = {suffix: mode(beside(file, suffix)) for suffix in ("", "-wal", "-shm")}
    os.umask(before)
    await engine.dispose()

    assert modes == dict.fromkeys(("", "-wal", "-shm"), 0o600)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@pytest.mark.parametrize(("before", "warned"), [(0o644, True), (0o640, False), (0o600, False)])
def test_an_old_file_stays_as_it_is_but_readers_are_warned_of(
    file: Path, before: int, warned: bool
) -> None:
    file.chmod(before)
    own = OwnFile(file)

    with capture_logs() as logs:
        own.take()

    own.release()
    assert mode(file) == before
    assert [line["cure"] for line in logs] == [f"chmod 600 {file}"] * warned
