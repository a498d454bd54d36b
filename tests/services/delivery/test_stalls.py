"""When a message counts as stuck: by failures of its own, never by an outage."""

import pytest

from services.delivery.stalls import FAILURES, LOOKED_AT_AGAIN, OVER, Stalls

STEP = OVER / FAILURES + 1


def fails(stalls: Stalls, delivery_id: int, *, at: float, answered: bool, sent: bool) -> None:
    """Have a try fail, after something else was answered, or sent, since the last one."""
    if answered:
        stalls.hear(at - 0.5)
    if sent:
        stalls.sent(99, at - 0.5)
    stalls.failed(delivery_id, at)


def tries(stalls: Stalls, count: int, *, every: float = STEP, **how: bool) -> tuple[bool, bool]:
    """Have this many tries fail; tell whether the writer is told, and whether others pass."""
    how = {"answered": False, "sent": False} | how
    for number in range(count):
        fails(stalls, 1, at=1000 + number * every, **how)
    return stalls.is_told(1), stalls.is_passed(1)


def test_five_failures_over_two_minutes_while_others_are_sent_let_those_pass() -> None:
    assert tries(Stalls(), FAILURES + 1, sent=True) == (True, True)


def test_four_are_not_enough() -> None:
    assert tries(Stalls(), FAILURES, sent=True) == (False, False)


def test_nor_are_many_within_two_minutes() -> None:
    assert tries(Stalls(), 20, every=5, sent=True) == (False, False)


def test_the_next_try_comes_when_it_can_be_judged_however_often_it_failed_before() -> None:
    stalls = Stalls()
    tries(stalls, 21, every=2, sent=True)

    assert stalls.judged_in(1) == OVER - 40


def test_what_is_stuck_is_tried_again_soon_to_see_whether_others_get_through() -> None:
    stalls = Stalls()
    tries(stalls, FAILURES + 1, answered=True)

    assert stalls.judged_in(1) == LOOKED_AT_AGAIN


def test_in_an_outage_or_once_others_pass_nothing_is_tried_sooner() -> None:
    outage, passed = Stalls(), Stalls()
    tries(outage, 20)
    tries(passed, FAILURES + 1, sent=True)

    assert (outage.judged_in(1), passed.judged_in(1)) == (None, None)


def test_an_outage_lets_nobody_pass_however_long_it_is() -> None:
    assert tries(Stalls(), 500, every=300) == (False, False)


def test_time_in_an_outage_does_not_count_afterwards() -> None:
    stalls = Stalls()
    tries(stalls, 50)

    for number in range(FAILURES + 3):
        fails(stalls, 1, at=10_000 + number, answered=True, sent=True)

    assert (stalls.is_told(1), stalls.is_passed(1)) == (False, False)


def test_if_nothing_else_is_sent_the_writer_is_told_and_nobody_passes() -> None:
    assert tries(Stalls(), FAILURES + 1, answered=True) == (True, False)


def test_if_what_the_writer_hears_gets_through_others_pass_after_the_next_failure() -> None:
    stalls = Stalls()
    tries(stalls, FAILURES + 1, answered=True)

    fails(stalls, 1, at=2000, answered=True, sent=True)

    assert stalls.is_passed(1)


def test_while_nothing_is_sent_only_one_writer_is_told() -> None:
    stalls = Stalls()
    for number in range(20):
        for delivery_id in (1, 2, 3):
            fails(stalls, delivery_id, at=1000 + number * STEP, answered=True, sent=False)

    assert [stalls.is_told(one) for one in (1, 2, 3)] == [True, False, False]
    stalls.sent(99, 5000)
    fails(stalls, 2, at=5001, answered=True, sent=False)
    assert stalls.is_passed(2)


@pytest.mark.parametrize("count", [1, FAILURES])
def test_after_a_message_has_arrived_its_failures_count_from_zero(count: int) -> None:
    stalls = Stalls()
    tries(stalls, count, sent=True)
    stalls.sent(1, 5000)

    fails(stalls, 1, at=6000, answered=True, sent=True)

    assert (stalls.is_told(1), stalls.is_passed(1)) == (False, False)
