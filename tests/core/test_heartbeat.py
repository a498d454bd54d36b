"""What a health check says, whatever lies in the folder, and that nothing there ends the bot."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core import heartbeat
from core.clock import utcnow
from core.heartbeat import Heartbeat, folder_for

SECOND = timedelta(seconds=1)
SQLITE = "sqlite+aiosqlite:////data/support.db"
POSTGRES = "postgresql+asyncpg://bot:secret@host/support"

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


@pytest.fixture
def beats(tmp_path: Path) -> Heartbeat:
    return Heartbeat(tmp_path / "beats")


# The loops ------------------------------------------------------------------------------------


def test_who_never_beat_is_ill(beats: Heartbeat) -> None:
    beats.beat("poller")

    assert beats.ill(utcnow()) == ["no heartbeat: courier"]


def test_nobody_is_ill_while_both_beat(beats: Heartbeat) -> None:
    beats.start()

    assert beats.ill(utcnow()) == []
    assert beats.ill(utcnow() + heartbeat.MAX_AGE - SECOND) == []


def test_who_has_not_beaten_for_90_seconds_is_ill(beats: Heartbeat) -> None:
    beats.start()

    assert beats.ill(utcnow() + 91 * SECOND) == ["no heartbeat: poller, courier"]


def test_a_beat_from_the_future_tells_nothing(beats: Heartbeat) -> None:
    beats.start()

    assert beats.ill(utcnow() - timedelta(hours=1)) == ["no heartbeat: poller, courier"]


def test_a_beat_makes_who_was_silent_well(beats: Heartbeat) -> None:
    beats.start()
    long_ago = (utcnow() - timedelta(hours=1)).timestamp()
    for file in beats.folder.iterdir():
        os.utime(file, (long_ago, long_ago))

    beats.beat("poller")

    assert beats.ill(utcnow()) == ["no heartbeat: courier"]


def test_what_an_operator_has_to_mend_makes_ill_until_it_is_mended(beats: Heartbeat) -> None:
    beats.start()
    beats.trouble("poller", "file is not a database")
    beats.trouble("courier", "file is not a database")
    assert beats.ill(utcnow()) == ["file is not a database"]

    beats.trouble("courier", None)
    assert beats.ill(utcnow()) == ["file is not a database"]

    beats.trouble("poller", None)
    assert beats.ill(utcnow()) == []


# Processes ------------------------------------------------------------------------------------


def test_after_a_clean_stop_no_bot_is_running(beats: Heartbeat) -> None:
    beats.start()
    beats.trouble("poller", "file is not a database")

    beats.stop()

    assert beats.ill(utcnow()) == [heartbeat.NO_HEARTBEAT]
    assert not beats.folder.exists()


def of_a_dead_process(folder: Path) -> str:
    """Beat in a process that ends without a goodbye; return its id."""
    program = (
        "import os, pathlib, sys; from core.heartbeat import Heartbeat;"
        "Heartbeat(pathlib.Path(sys.argv[1])).start(); print(os.getpid())"
    )
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@posix
def test_the_death_of_one_process_is_not_hidden_by_another(beats: Heartbeat) -> None:
    dead = of_a_dead_process(beats.folder)

    beats.beat_all()

    assert beats.ill(utcnow()) == [f"no heartbeat: process {dead} died"]


@posix
def test_whoever_starts_takes_the_place_of_those_that_died(beats: Heartbeat) -> None:
    of_a_dead_process(beats.folder)

    beats.start()

    assert beats.ill(utcnow()) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells")
def test_another_process_with_the_same_id_is_not_the_bot(beats: Heartbeat) -> None:
    beats.folder.mkdir()
    for part in heartbeat.PARTS:
        (beats.folder / f"{os.getpid()}.{part}").write_text("long ago")

    assert beats.ill(utcnow()) == [f"no heartbeat: process {os.getpid()} died"]


# The folder -----------------------------------------------------------------------------------


def test_each_bot_and_each_database_has_its_own_folder() -> None:
    folders = {folder_for(42, SQLITE), folder_for(43, SQLITE), folder_for(42, POSTGRES)}

    assert len(folders) == 3


def test_the_password_is_no_part_of_the_folders_name() -> None:
    assert folder_for(42, POSTGRES) == folder_for(42, POSTGRES.replace("secret", "other"))


def test_the_folder_is_where_the_environment_says_also_if_it_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "absent"))

    assert folder_for(42, SQLITE).parent == tmp_path / "absent"


def a_file(folder: Path) -> None:
    folder.write_text("mine")


def a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")


def below_a_file(folder: Path) -> None:
    folder.parent.rmdir()
    folder.parent.write_text("mine")


@posix
@pytest.mark.parametrize("lies", [a_file, a_link, below_a_file])
def test_whatever_is_there_stops_nobody_and_is_reported(
    tmp_path: Path, lies: Callable[[Path], None]
) -> None:
    (tmp_path / "tmp").mkdir()
    beats = Heartbeat(tmp_path / "tmp" / "beats")
    lies(beats.folder)

    with capture_logs() as logs:
        beats.start()
        beats.beat("poller")
        beats.trouble("poller", "file is not a database")
        beats.stop()

    (line,) = logs
    assert line["event"] == "no heartbeat can be left: `health` will say ill"
    (said,) = beats.ill(utcnow())
    assert said.startswith("no heartbeat: ")


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_the_folder_of_somebody_else_is_not_believed(
    beats: Heartbeat, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats.start()
    os.chown(beats.folder, 65534, 65534)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    (said,) = beats.ill(utcnow())

    assert said.endswith("belongs to another user")


def test_what_others_leave_there_is_nothing_to_us(beats: Heartbeat) -> None:
    beats.start()
    for name in ("poller", "x.poller", "12.notes", ".poller"):
        (beats.folder / name).write_bytes(b"\xff")

    assert beats.ill(utcnow()) == []


def test_a_folder_that_was_cleaned_is_made_again(beats: Heartbeat) -> None:
    beats.start()
    for file in beats.folder.iterdir():
        file.unlink()
    beats.folder.rmdir()

    beats.beat_all()

    assert beats.ill(utcnow()) == []
