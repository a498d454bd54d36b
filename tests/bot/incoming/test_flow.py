"""The flow between poller and courier: who wakes whom, and who waits for whom."""

import asyncio
from typing import override

import pytest

from bot.incoming import flow as flows
from bot.incoming.flow import FULL, Flow
from services.delivery.bell import Bell


class Heard(Bell):
    """A bell that notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    @override
    def expect(self) -> None:
        self.told.append("expect")
        super().expect()

    @override
    def wake(self) -> None:
        self.told.append("wake")
        super().wake()


@pytest.fixture
def bell() -> Heard:
    return Heard()


@pytest.mark.parametrize("counts", [[0], [1], [2], [FULL - 1]])
def test_what_was_committed_is_sent_at_once(bell: Heard, counts: list[int]) -> None:
    flow = Flow(bell)
    for count in counts:
        flow.fetched(count)
        flow.committed()

    assert (bell.told, flow.more) == (["wake"], False)


def test_while_telegram_has_more_nothing_is_sent(bell: Heard) -> None:
    flow = Flow(bell)
    for count in (FULL, FULL):
        flow.fetched(count)
        flow.committed()
        assert flow.more

    assert bell.told == ["expect", "expect"]

    flow.fetched(1)
    flow.committed()
    assert (bell.told[2:], flow.more) == (["wake"], False)


async def test_answers_that_came_wait_for_what_is_committed_last(bell: Heard) -> None:
    flow = Flow(bell)
    flow.fetched(FULL)
    bell.answered(others_in_flight=False)
    flow.committed()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not bell._rung.is_set()

    flow.fetched(0)
    flow.committed()
    assert bell._rung.is_set()


@pytest.mark.parametrize("count", [0, 1, FULL])
async def test_nobody_waits_when_there_is_little_or_more(
    bell: Heard, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(flows, "GATHERS", 3600.0)
    flow = Flow(bell)
    flow.fetched(count)

    async with asyncio.timeout(10):
        await flow.gather()


async def test_more_gathers_until_the_courier_has_sent_what_was_committed(
    bell: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "GATHERS", 3600.0)
    flow = Flow(bell)
    flow.fetched(2)
    flow.committed()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = group.create_task(flow.gather())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()

        bell.begin_turn()
        bell.note_all_back()


async def test_it_gathers_no_longer_than_a_moment(
    bell: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "GATHERS", 0.0)
    flow = Flow(bell)
    flow.fetched(2)
    flow.committed()

    async with asyncio.timeout(10):
        await flow.gather()
