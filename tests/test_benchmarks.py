"""`make bench` works; how fast anything is, no test asks."""

import sys

import pytest

from benchmarks import pressure
from benchmarks.__main__ import main


def test_every_load_can_be_put_on_both_bots(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--smoke"])

    main()

    assert "out of order in the floods" in capsys.readouterr().out


def test_what_is_drawn_of_the_limits_is_all_of_it() -> None:
    found = pressure.measure(tickets=20, follow_ups=4, new=2, begins=200.0)

    assert found.messages == 82
    assert found.waiting[-1][1] == 0
    assert 0 < found.sends[-1][1] < found.messages
    assert found.ratio < 1
