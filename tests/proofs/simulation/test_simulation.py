"""Lives of the bot in virtual time: new ones with each change, and those that once failed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from core.team import StaffChat
from database.models import Ticket
from services import ticket_service
from services.helpdesk import staff_chats
from tests.proofs.simulation import farm, plan, run
from tests.proofs.simulation.__main__ import command
from tests.proofs.simulation.report import Report
from tests.proofs.simulation.script import Plan
from tests.proofs.simulation.shrinking import shrink
from tests.support.exploring import first_seed

SEEDS = Path(__file__).with_name("seeds.txt")
PROJECT = SEEDS.parents[3]

# How many lives to run, of about a second each; `make simulate` runs thousands.
LIVES = 25 if os.environ.get("CI") else 6


def known_seeds() -> list[tuple[int, list[str]]]:
    """Read the seeds that once failed, with their scenes."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()
    words = [line.partition("#")[0].split() for line in lines]
    return [(int(seed), scenes) for seed, *scenes in filter(None, words)]


@pytest.mark.timeout(LIVES * 10 + 180)
def test_whatever_happens_nothing_is_lost_misdirected_or_out_of_order() -> None:
    first, started, report = first_seed(), time.monotonic(), Report()
    sys.stdout.write(f"\nseeds from {first}\n")

    for result in farm.many(range(first, first + LIVES), workers=1):
        report.add(result)
        assert result.findings == [], f"{command(result.seed)}\n" + "\n".join(result.trace[-60:])

    sys.stdout.write(report.table(time.monotonic() - started) + "\n")
    assert report.counts["seen"] > 0


@pytest.mark.parametrize(("seed", "scenes"), known_seeds())
def test_a_seed_that_once_failed_goes_well(seed: int, scenes: list[str]) -> None:
    assert farm.one(seed, scenes).findings == []


@pytest.mark.timeout(300)  # the other process imports aiogram, on a busy machine
def test_the_same_seed_gives_the_same_trace_in_another_process_with_other_hashes() -> None:
    seed, other = 3, 21

    here = _hash(seed)
    assert _hash(other) != here
    assert _hash(seed) == here
    assert _hash_in_another_process(seed) == here


def test_a_plan_survives_being_written_down() -> None:
    made = plan.make(7)

    read = Plan.from_json(made.to_json())

    assert read == made
    assert repr(read) == repr(made)  # 1 and 1.0 are equal, but not in a trace


def test_a_failing_plan_shrinks_to_what_it_needs() -> None:
    made = plan.make(8)
    guilty = {made.operations[3].at, made.operations[-2].at}

    smaller = shrink(made, lambda one: guilty <= {each.at for each in one.operations})

    assert {each.at for each in smaller.operations} == guilty
    assert (smaller.users, smaller.start) == (made.users, made.start)


def test_a_team_that_is_taken_for_another_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    at = staff_chats.at

    async def main_for_all(session: AsyncSession, chat_id: int) -> StaffChat | None:
        """Take every staff chat for the main one."""
        return await staff_chats.main(session) if await at(session, chat_id) else None

    monkeypatch.setattr(staff_chats, "at", main_for_all)

    found = run.run(plan.make(1000, ["two_teams"])).findings

    assert any(one.startswith("other team: user 2") for one in found)


def test_a_team_that_changes_tickets_of_another_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def any_ticket(session: AsyncSession, ticket_id: int, **_: int) -> Ticket:
        """Get a ticket for whoever asks."""
        people = selectinload(Ticket.user), selectinload(Ticket.assigned_staff)
        return await session.get_one(Ticket, ticket_id, options=people)

    monkeypatch.setattr(ticket_service, "get", any_ticket)

    found = run.run(plan.make(1000, ["two_teams"])).findings

    assert any(one.startswith("unrelated: taken") for one in found)


def _hash(seed: int) -> str:
    return run.run(plan.make(seed)).hash


def _hash_in_another_process(seed: int) -> str:
    code = f"from tests.proofs.simulation import plan, run; print(run.run(plan.make({seed})).hash)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=os.environ | {"PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
