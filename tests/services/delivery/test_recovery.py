"""Recovery: each line of the table in services/delivery/recovery.py."""

from collections.abc import Iterator
from typing import override

import pytest

from database.alarm import Alarm
from database.errors import DatabaseUnreachable
from services.delivery.recovery import Attempt, Recovery, State

NORMAL, CAREFUL, ONE_BY_ONE = State


@pytest.fixture
def recovery() -> Recovery:
    return Recovery(Alarm())


def in_state(state: State) -> Recovery:
    recovery = Recovery(Alarm())
    recovery.state = state
    return recovery


@pytest.mark.parametrize(
    ("before", "answers_left", "after"),
    [
        (NORMAL, False, NORMAL),
        (NORMAL, True, NORMAL),
        (CAREFUL, False, NORMAL),
        (CAREFUL, True, NORMAL),
        (ONE_BY_ONE, True, ONE_BY_ONE),
        (ONE_BY_ONE, False, CAREFUL),
    ],
)
def test_after_a_turn_that_is_done(before: State, answers_left: bool, after: State) -> None:
    recovery = in_state(before)

    recovery.done(answers_left=answers_left)

    assert recovery.state is after


@pytest.mark.parametrize(
    ("before", "with_answers", "after", "to_blame"),
    [
        (NORMAL, False, CAREFUL, False),
        (NORMAL, True, ONE_BY_ONE, False),
        (CAREFUL, False, CAREFUL, False),
        (CAREFUL, True, ONE_BY_ONE, False),
        (ONE_BY_ONE, False, CAREFUL, False),
        (ONE_BY_ONE, True, ONE_BY_ONE, True),
    ],
)
def test_after_a_turn_that_failed(
    before: State, with_answers: bool, after: State, to_blame: bool
) -> None:
    recovery = in_state(before)

    blamed = recovery.failed(Attempt.FAILED, claimed=[], with_answers=with_answers)

    assert (recovery.state, blamed) == (after, to_blame)


@pytest.mark.parametrize("state", State)
def test_an_outage_blames_nobody(state: State) -> None:
    recovery = in_state(state)

    assert not recovery.failed(Attempt.OUTAGE, claimed=[], with_answers=True)

    assert recovery.state is state


@pytest.mark.parametrize("attempt", [Attempt.OUTAGE, Attempt.FAILED])
def test_what_failed_turns_claimed_never_left(recovery: Recovery, attempt: Attempt) -> None:
    assert recovery.unsent is None

    recovery.failed(attempt, claimed=[1, 2], with_answers=False)
    recovery.failed(attempt, claimed=[3], with_answers=False)
    assert recovery.unsent == {1, 2, 3}

    recovery.done(answers_left=False)
    assert recovery.unsent is None


async def raises(error: Exception) -> None:
    raise error


async def works() -> None:
    """Do nothing, and well."""


@pytest.mark.parametrize(
    ("error", "attempt"),
    [(DatabaseUnreachable(), Attempt.OUTAGE), (ArithmeticError(), Attempt.FAILED)],
)
async def test_what_a_transaction_raises_is_told_and_not_raised(
    error: Exception, attempt: Attempt
) -> None:
    heard = Heard()
    recovery = Recovery(heard)

    assert await recovery.attempt(raises(error)) is attempt
    assert await recovery.attempt(works()) is Attempt.DONE

    assert list(heard) == ["fails", "works"][attempt is Attempt.FAILED :]


class Heard(Alarm):
    """Notes what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return iter(self._heard)

    @override
    def fails(self, error: Exception) -> None:
        self._heard.append("fails")

    @override
    def works(self) -> None:
        self._heard.append("works")
