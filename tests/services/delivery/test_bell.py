"""The bell: what makes the courier take a turn, and when."""

import asyncio

import pytest

from services.delivery import bell as bells
from services.delivery.bell import Bell

LONG = 3600.0


async def rings(bell: Bell) -> bool:
    """Whether it rings without a further event."""
    for _ in range(5):  # a timer of no length takes a few rounds of the loop
        await asyncio.sleep(0)
    return bell._rung.is_set()


@pytest.fixture
def bell() -> Bell:
    return Bell()


async def test_it_rests_as_long_as_it_is_asked_to(bell: Bell) -> None:
    await bell.rest(0.0)


async def test_what_was_committed_ends_the_rest(bell: Bell) -> None:
    bell.wake()

    async with asyncio.timeout(10):
        await bell.rest(LONG)

    assert not await rings(bell)


async def test_what_a_turn_has_seen_brings_about_no_other(bell: Bell) -> None:
    bell.wake()
    bell.begin_turn()

    assert not await rings(bell)


async def test_what_comes_during_a_turn_brings_about_another(bell: Bell) -> None:
    bell.begin_turn()
    bell.wake()

    assert await rings(bell)


@pytest.mark.parametrize(("others", "at_once"), [(False, True), (True, False)])
async def test_an_answer_waits_only_for_what_else_is_in_flight(
    bell: Bell, monkeypatch: pytest.MonkeyPatch, others: bool, at_once: bool
) -> None:
    monkeypatch.setattr(bells, "GATHERS", LONG)

    bell.answered(others_in_flight=others)

    assert await rings(bell) is at_once
    bell.begin_turn()


async def test_an_answer_waits_no_longer_than_it_gathers(
    bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bells, "GATHERS", 0.0)

    bell.answered(others_in_flight=True)

    assert await rings(bell)


async def test_an_answer_that_a_turn_has_settled_does_not_ring_later(bell: Bell) -> None:
    bell.answered(others_in_flight=False)
    bell.begin_turn()

    assert not await rings(bell)


async def test_answers_wait_for_what_is_expected(bell: Bell) -> None:
    bell.expect()
    bell.answered(others_in_flight=False)
    assert not await rings(bell)

    bell.wake()
    assert await rings(bell)

    bell.begin_turn()
    bell.answered(others_in_flight=False)
    assert await rings(bell)


async def test_a_return_of_telegrams_is_not_what_was_expected(bell: Bell) -> None:
    bell.expect()
    bell.ring()
    bell.begin_turn()
    bell.answered(others_in_flight=False)

    assert not await rings(bell)


async def test_a_stop_that_comes_before_a_turn_is_heard_after_it(bell: Bell) -> None:
    bell.stop()
    bell.begin_turn()

    assert await rings(bell)


async def test_all_is_back_only_when_no_turn_is_due(bell: Bell) -> None:
    bell.wake()
    bell.note_all_back()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(bell.all_back())
        await asyncio.sleep(0)
        assert not waiting.done()

        bell.begin_turn()
        bell.note_all_back()


async def test_what_is_committed_later_is_not_back(bell: Bell) -> None:
    bell.note_all_back()
    await bell.all_back()

    bell.wake()

    assert not bell._all_back.is_set()
