"""The order of the tests loses none of them."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import schedule


def item(nodeid: str, **parameters: str) -> Any:
    """Make what the schedule reads of a test."""
    return SimpleNamespace(nodeid=nodeid, callspec=SimpleNamespace(params=parameters))


@pytest.mark.parametrize("workers", [1, 2, 4, 6])
@pytest.mark.parametrize(("long", "short"), [(0, 9), (3, 20), (20, 3), (9, 0)])
def test_each_test_is_run_once(workers: int, long: int, short: int) -> None:
    items = [item(f"tests/core/test_text.py::{number}") for number in range(short)]
    items += [item(f"tests/proofs/torture/test_short.py::{number}") for number in range(long)]

    ordered = schedule.in_order(items, workers)

    assert sorted(one.nodeid for one in ordered) == sorted(one.nodeid for one in items)


def test_of_four_workers_two_begin_with_long_tests() -> None:
    items = [item(f"tests/core/test_text.py::{number}") for number in range(16)]
    items += [item(f"tests/proofs/torture/test_short.py::{number}") for number in range(4)]

    ordered = schedule.in_order(items, 4)

    assert ["torture" in one.nodeid for one in ordered] == [
        *([True] * 2 + [False] * 3),
        *([True] * 2 + [False] * 3),
        *([False] * 10),
    ]


def test_branches_count_on_one_database_and_not_in_programs() -> None:
    items = [
        item("tests/services/test_outbox.py::test[sqlite]", backend="sqlite"),
        item("tests/services/test_outbox.py::test[postgresql]", backend="postgresql"),
        item("tests/proofs/torture/test_short.py::test"),
    ]

    assert schedule.measured(items) == items[:1]


def test_of_a_conversation_the_first_parameter_counts_and_of_a_unit_all_do() -> None:
    conversation = [item(f"tests/bot/test_edits.py::test[{one}]") for one in "abc"]
    other = item("tests/bot/test_edits.py::test_another")
    unit = [item(f"tests/bot/wording/test_cards.py::test[{one}]") for one in "abc"]

    counted = schedule.measured([*conversation, other, *unit])

    assert counted == [conversation[0], other, *unit]
