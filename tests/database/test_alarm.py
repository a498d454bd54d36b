"""An outage is told at once, again while it lasts, and when it is over."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from database.alarm import AWAY, DAMAGED, GONE, REPEATS_EVERY, Alarm
from database.errors import DatabaseUnreachable, FileReplaced

OVER = "the database answers again"
UNREACHABLE = DatabaseUnreachable("127.0.0.1:5432 does not answer")


@dataclass
class Room:
    """An alarm, the time, and what was heard."""

    now: float = 1000.0
    troubles: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alarm = Alarm(lambda: self.now, self.troubles.append)


@pytest.fixture
def room() -> Room:
    return Room()


def damaged() -> OperationalError:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return OperationalError("SELECT 1", {}, error)


def test_an_outage_is_told_once_with_its_reason_and_again_while_it_lasts(room: Room) -> None:
    with capture_logs() as logs:
        for _ in range(10):
            room.alarm.fails(UNREACHABLE)
        room.now += REPEATS_EVERY
        room.alarm.fails(UNREACHABLE)

    assert [line["event"] for line in logs] == [AWAY, AWAY]
    assert logs[0]["reason"] == "127.0.0.1:5432 does not answer"


def test_its_end_is_told_once_and_the_next_one_at_once(room: Room) -> None:
    with capture_logs() as logs:
        room.alarm.works()
        room.alarm.fails(UNREACHABLE)
        room.alarm.works()
        room.alarm.works()
        room.alarm.fails(UNREACHABLE)

    assert [line["event"] for line in logs] == [AWAY, OVER, AWAY]
    assert room.troubles == []


def test_damage_is_trouble_until_something_works(room: Room) -> None:
    with capture_logs() as logs:
        room.alarm.fails(damaged())
        room.alarm.works()

    assert [line["event"] for line in logs] == [DAMAGED, OVER]
    assert room.troubles == ["database disk image is malformed", None]


def test_damage_that_comes_and_goes_is_told_every_few_minutes(room: Room) -> None:
    with capture_logs() as logs:
        for _ in range(10):
            room.now += REPEATS_EVERY / 5
            room.alarm.fails(damaged())
            room.alarm.works()

    assert [line["event"] for line in logs] == [DAMAGED, OVER] * 2


def test_a_file_that_is_gone_is_trouble_and_told_each_time(room: Room) -> None:
    error = FileReplaced(Path("support.db"))

    with capture_logs() as logs:
        for _ in range(2):
            room.alarm.fails(error)
            room.alarm.works()

    assert [line["event"] for line in logs] == [GONE, OVER] * 2
    assert room.troubles == [str(error), None] * 2
