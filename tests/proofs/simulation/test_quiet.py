"""A life without troubles: what the staff chat hears, and what comes together."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from services.delivery import gathering
from services.notices import QuestionPosted
from tests.proofs.simulation.run import Simulation
from tests.proofs.simulation.script import Operation, Plan

# When three users write, in seconds, and when staff answer.
WRITES = [at / 2 for at in range(2, 60) if at % 17 > 5]
ANSWERS = [8.2, 15.1, 15.6, 22.3]


def life(gathers: float) -> Plan:
    writes = [_operation("write", at, number % 3) for number, at in enumerate(WRITES)]
    answers = [_operation("reply", at, number % 3) for number, at in enumerate(ANSWERS)]
    return Plan(
        seed=1,
        users=3,
        staff=1,
        limits=False,
        zone="UTC",
        start="2026-11-23T12:00:00+00:00",
        operations=tuple(sorted([*writes, *answers], key=lambda one: one.at)),
        gathers=gathers,
    )


def _operation(do: str, at: float, user: int) -> Operation:
    return Operation(at, do, {"user": user, "staff": 0, "pick": 0.5})


def lived(folder: Path, gathers: float) -> tuple[list[str], int]:
    """Live it; what is wrong, and how many messages the staff chat got."""
    random.seed(1)
    simulation = Simulation(life(gathers), folder)
    simulation.telegram.slow = simulation.telegram.endless = 0
    found = simulation.run().findings
    chat_id = simulation.people.group.id
    return found, sum(one.new and one.chat_id == chat_id for one in simulation.witness.sights)


def test_what_is_gathered_comes_in_fewer_messages_and_soon_enough(tmp_path: Path) -> None:
    found, at_once = lived(tmp_path, gathers=0)
    found_too, gathered = lived(tmp_path, gathers=3)

    assert (found, found_too) == ([], [])
    assert gathered <= at_once * 3 / 4


def test_what_is_gathered_for_too_long_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init = gathering.Gathering.__init__

    def longer(self: gathering.Gathering, window: timedelta) -> None:
        init(self, window * 2)

    monkeypatch.setattr(gathering.Gathering, "__init__", longer)

    found, _ = lived(tmp_path, gathers=3)

    assert any(one.startswith("gathered for") for one in found)


def test_a_needless_sound_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuestionPosted, "rings", True)

    found, _ = lived(tmp_path, gathers=0)

    assert any(one.startswith("heard, although it only follows") for one in found)
