import json
from dataclasses import fields
from typing import Any

import pytest

from services.problems import Problem, SeveralTickets, TicketAlreadyTaken

VALUES: dict[Any, Any] = {int: 7, bool: True, str: "text", list[int]: [1, 2], list[str]: ["a", "b"]}
# As it comes back from the outbox: JSON knows no tuples.
VALUES[list[tuple[int, str]]] = [[7, "2026-11-22"]]
PROBLEMS = sorted(Problem.registry.values(), key=lambda kind: kind.__name__)


def made(kind: type[Problem]) -> Problem:
    """Make a problem with a value of the right type in each field."""
    values = {field.name: VALUES[field.type] for field in fields(kind)}
    return kind(**values | {name: "2026-11-22" for name in values if name.endswith("opened_on")})


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_problem_survives_the_outbox(kind: type[Problem]) -> None:
    problem = made(kind)

    stored = json.loads(json.dumps(problem.to_json()))

    assert Problem.from_json(stored) == problem
    assert stored["name"] == kind.__name__


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_problem_says_in_its_docstring_what_it_is(kind: type[Problem]) -> None:
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__)


def test_problems_are_equal_by_their_data() -> None:
    assert TicketAlreadyTaken(7, by="Kate") == TicketAlreadyTaken(7, by="Kate")
    assert TicketAlreadyTaken(7, by="Kate") != TicketAlreadyTaken(7, by="Max")


def test_reading_a_problem_leaves_its_json_alone() -> None:
    stored = SeveralTickets("close", [1], ["a"]).to_json()

    Problem.from_json(stored)

    assert stored["name"] == "SeveralTickets"


def test_a_problem_can_be_raised_and_caught() -> None:
    with pytest.raises(TicketAlreadyTaken) as refused:
        raise TicketAlreadyTaken(7, by="Kate")

    assert refused.value.by == "Kate"


def test_a_problem_that_was_stored_by_an_older_version_can_be_read() -> None:
    older = {"name": "SeveralTickets", "command": "close", "ticket_ids": [1], "labels": ["a"]}

    assert Problem.from_json(older) == SeveralTickets("close", [1], ["a"])


def test_a_refusal_about_a_ticket_that_was_stored_without_its_day_can_be_read() -> None:
    older = {"name": "TicketAlreadyTaken", "daily_id": 7, "by": "Kate"}

    assert Problem.from_json(older) == TicketAlreadyTaken(7, by="Kate")
