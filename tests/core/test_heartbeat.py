from datetime import timedelta
from pathlib import Path

from core import heartbeat
from core.clock import utcnow
from core.heartbeat import Heartbeat

SECOND = timedelta(seconds=1)


def test_who_never_beat_is_ill(tmp_path: Path) -> None:
    beats = Heartbeat(tmp_path / "absent")

    beats.beat("poller")

    assert beats.ill(utcnow()) == ["courier"]


def test_nobody_is_ill_while_both_beat(tmp_path: Path) -> None:
    beats = Heartbeat(tmp_path)

    for part in heartbeat.PARTS:
        beats.beat(part)

    assert beats.ill(utcnow()) == []
    assert beats.ill(utcnow() + heartbeat.MAX_AGE - SECOND) == []


def test_who_has_not_beaten_for_90_seconds_is_ill(tmp_path: Path) -> None:
    beats = Heartbeat(tmp_path)

    for part in heartbeat.PARTS:
        beats.beat(part)

    assert beats.ill(utcnow() + 91 * SECOND) == ["poller", "courier"]


def test_a_beat_from_the_future_tells_nothing(tmp_path: Path) -> None:
    beats = Heartbeat(tmp_path)

    for part in heartbeat.PARTS:
        beats.beat(part)

    assert beats.ill(utcnow() - timedelta(hours=1)) == ["poller", "courier"]


def test_a_beat_makes_the_last_one_younger(tmp_path: Path) -> None:
    beats = Heartbeat(tmp_path)
    before = utcnow() - SECOND  # file times are coarse

    beats.beat("poller")

    last = beats.last("poller")
    assert last is not None
    assert last > before


def test_each_bot_has_its_own_folder() -> None:
    assert heartbeat.default_folder(42) != heartbeat.default_folder(43)
