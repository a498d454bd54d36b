"""The order in which `make test` runs the tests, and which of them are measured for coverage.

Each worker of xdist starts with its part of this order; one that is done early helps the others.
"""

from collections.abc import Iterable, Sequence

import pytest

# Where coverage is measured, which doubles the cost of a test. All others start processes or
# simulate whole lives, through code whose branches these cover; so does the second database.
MEASURED = ("bot", "core", "database", "services", "test_main.py")
CONVERSATIONS = "bot/test_"

# Tests of many seconds, mostly waiting for processes: if they began late, all would wait for them.
# With them are those that fork `main.py`: the parent of such processes imports aiogram once more.
LONG = (
    "browser",
    "bot/test_albums.py",
    "bot/test_limits.py",
    "bot/incoming/test_poller.py",
    "migrations/test_guide.py",
    "proofs",
    "test_benchmarks.py",
    "test_check_command.py",
    "test_demo.py",
    "test_main.py",
    "test_makefile.py",
    "test_process.py",
    "test_promises.py",
    "test_replay_command.py",
)


def in_order[Item: pytest.Item](items: Sequence[Item], workers: int) -> list[Item]:
    """Have all workers but two begin with long tests; those two work while the others wait."""
    long = [item for item in items if _is_in(item, LONG)]
    short = [item for item in items if not _is_in(item, LONG)]
    waiting = max(1, workers - 2)
    hands = [long[number::waiting] if number < waiting else [] for number in range(workers)]
    for number, hand in enumerate(hands):
        size = len(items) * (number + 1) // workers - len(items) * number // workers - len(hand)
        hand += [short.pop(0) for _ in range(min(max(size, 0), len(short)))]
    return [item for hand in hands for item in hand] + short


def measured[Item: pytest.Item](items: Iterable[Item]) -> list[Item]:
    """Pick the tests that count for coverage.

    A conversation costs ten times as much as a unit, and one with other parameters takes the same
    way through the code: there, the first of them counts.
    """
    counted, conversations = list[Item](), set[str]()
    for item in items:
        name = item.nodeid.partition("[")[0]
        if not _is_in(item, MEASURED) or _is_on_postgresql(item) or name in conversations:
            continue
        if _is_in(item, (CONVERSATIONS,)):
            conversations.add(name)
        counted.append(item)
    return counted


def _is_on_postgresql(item: pytest.Item) -> bool:
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters.get("backend") == "postgresql"


def _is_in(item: pytest.Item, places: Sequence[str]) -> bool:
    return item.nodeid.removeprefix("tests/").startswith(tuple(places))
