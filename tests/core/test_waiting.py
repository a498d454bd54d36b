from typing import Any

import pytest

from core.waiting import TOLD_EVERY, Wait


class Log:
    """Remembers what was told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[tuple[str, dict[str, Any]]] = []

    def tell(self, event: str, **facts: Any) -> None:
        self.told.append((event, facts))


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def wait(log: Log) -> Wait:
    return Wait(log.tell, lambda: log.now)


def test_a_wait_is_told_at_once_and_every_few_minutes_with_its_latest_reason(
    log: Log, wait: Wait
) -> None:
    for second in range(int(TOLD_EVERY * 2)):
        log.now = float(second)
        wait.goes_on("waiting for Telegram", reason=f"no. {second}")

    assert log.told == [
        ("waiting for Telegram", {"reason": "no. 0"}),
        ("waiting for Telegram", {"reason": "no. 300", "waited_seconds": 300}),
    ]


def test_a_wait_for_something_else_is_told_at_once(log: Log, wait: Wait) -> None:
    wait.goes_on("waiting for Telegram")
    log.now = 7
    wait.goes_on("waiting for the database")

    assert log.told[1] == ("waiting for the database", {})


def test_a_wait_that_comes_again_is_a_new_one(log: Log, wait: Wait) -> None:
    wait.goes_on("waiting for Telegram")
    first, second = wait.is_over(), wait.is_over()
    log.now = 7
    wait.goes_on("waiting for Telegram")

    assert (first, second) == (True, False)
    assert log.told[1] == ("waiting for Telegram", {})
