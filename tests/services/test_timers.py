"""Timers as services set them, and what becomes of one when it is due."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Timer
from services import timers
from services.timers import Due, Moment
from tests.services.factories import HOUR, MINUTE, SECOND
from tests.support.duties import passes
from tests.support.times import NOON


@pytest.fixture(autouse=True)
def kinds_of_this_file() -> Iterator[None]:
    """Forget the kinds that a test makes."""
    registry, functions = dict(Due.registry), dict(timers._functions)
    yield
    Due.registry.clear()
    Due.registry.update(registry)
    timers._functions.clear()
    timers._functions.update(functions)


class Bell:
    """A kind of timer that writes down what it is told; `again` is what its function returns."""

    def __init__(self, *, is_standing: bool = False) -> None:
        @dataclass(frozen=True)
        class BellRings(Due):
            tone: str = "high"
            standing = is_standing

        @timers.does(BellRings)
        async def ring(_session: AsyncSession, due: Due, moment: Moment) -> datetime | None:
            self.rung.append((due, moment.now))
            return self.again

        self.kind = BellRings
        self.rung: list[tuple[Due, datetime]] = []
        self.again: datetime | None = None


@pytest.fixture
def bell(kinds_of_this_file: None) -> Bell:  # noqa: ARG001 - it is forgotten after the test
    return Bell()


async def due_times(session: AsyncSession) -> dict[int, datetime]:
    await session.flush()
    rows = await session.execute(select(Timer.subject, Timer.due_at))
    return {row.subject: row.due_at for row in rows}


async def test_what_is_due_is_done_once_and_not_before(session: AsyncSession, bell: Bell) -> None:
    due = bell.kind(7, tone="low")
    await timers.set(session, due, NOON + HOUR, now=NOON)

    await passes(session, NOON + HOUR - SECOND)
    assert bell.rung == []
    await passes(session, NOON + HOUR)
    await passes(session, NOON + 2 * HOUR)

    assert bell.rung == [(due, NOON + HOUR)]


async def test_a_timer_that_is_set_again_is_due_at_the_new_time(
    session: AsyncSession, bell: Bell
) -> None:
    await timers.set(session, bell.kind(7), NOON + HOUR, now=NOON)
    await timers.set(session, bell.kind(7, tone="low"), NOON + MINUTE, now=NOON)
    await timers.set(session, bell.kind(8), NOON + HOUR, now=NOON)

    assert await due_times(session) == {7: NOON + MINUTE, 8: NOON + HOUR}
    assert await timers.find(session, bell.kind, 7) == bell.kind(7, tone="low")


async def test_what_is_cancelled_is_not_done(session: AsyncSession, bell: Bell) -> None:
    await timers.set(session, bell.kind(7), NOON, now=NOON)
    await timers.set(session, bell.kind(8), NOON, now=NOON)
    assert await timers.cancel(session, bell.kind(7))
    assert not await timers.cancel(session, bell.kind(9))

    await passes(session, NOON)

    assert [due for due, _ in bell.rung] == [bell.kind(8)]
    assert await timers.find(session, bell.kind, 8) is None


async def test_what_is_amended_keeps_its_time(session: AsyncSession, bell: Bell) -> None:
    await timers.set(session, bell.kind(7), NOON + HOUR, now=NOON)
    await timers.amend(session, bell.kind(7, tone="low"))

    assert await due_times(session) == {7: NOON + HOUR}
    assert await timers.find(session, bell.kind, 7) == bell.kind(7, tone="low")


async def test_what_is_to_be_done_again_is_due_when_its_function_says(
    session: AsyncSession, bell: Bell
) -> None:
    bell.again = NOON + HOUR
    await timers.set(session, bell.kind(), NOON, now=NOON)

    await passes(session, NOON)

    assert await due_times(session) == {0: NOON + HOUR}


async def test_the_longest_overdue_comes_first(session: AsyncSession, bell: Bell) -> None:
    for subject, hours in ((1, 2), (2, 1), (3, 3)):
        await timers.set(session, bell.kind(subject), NOON + hours * HOUR, now=NOON)

    await passes(session, NOON + 9 * HOUR)

    assert [due.subject for due, _ in bell.rung] == [2, 1, 3]


async def test_what_is_set_in_the_future_waits_as_long_as_it_was_to(
    session: AsyncSession, bell: Bell
) -> None:
    """The clock was set back by a day; what was set before that day knows nothing of it."""
    tomorrow = NOON + 24 * HOUR
    await timers.set(session, bell.kind(1), tomorrow + MINUTE, now=tomorrow)
    await timers.set(session, bell.kind(2), tomorrow + MINUTE, now=NOON - HOUR)

    assert not await timers.set_back(session, now=NOON)

    assert await due_times(session) == {1: NOON + MINUTE, 2: tomorrow + MINUTE}


async def test_very_many_are_set_back_in_portions(
    session: AsyncSession, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "SET_BACK_AT_A_TIME", 2)
    for subject in range(3):
        await timers.set(session, bell.kind(subject), NOON + HOUR, now=NOON + MINUTE)

    assert await timers.set_back(session, now=NOON)
    assert not await timers.set_back(session, now=NOON)

    assert set((await due_times(session)).values()) == {NOON + HOUR - MINUTE}


async def test_a_standing_timer_is_set_once(session: AsyncSession) -> None:
    bell = Bell(is_standing=True)

    await timers.set_standing(session, now=NOON)
    await timers.set_standing(session, now=NOON + HOUR)

    row = (await session.scalars(select(Timer).where(Timer.kind == bell.kind.kind))).one()
    assert (row.subject, row.due_at, row.set_at) == (0, NOON, NOON)


async def test_what_fails_waits_longer_each_time_until_it_works(
    session: AsyncSession, bell: Bell
) -> None:
    await timers.set(session, bell.kind(), NOON, now=NOON)
    row = (await session.scalars(select(Timer))).one()

    await timers.postpone(session, row.id, now=NOON)
    assert (row.due_at, row.failures) == (NOON + timers.SHORTEST_BACKOFF, 1)
    await timers.postpone(session, row.id, now=NOON)
    assert (row.due_at, row.failures) == (NOON + 2 * timers.SHORTEST_BACKOFF, 2)

    bell.again = NOON + HOUR
    await passes(session, NOON + MINUTE)
    assert (row.due_at, row.failures) == (NOON + HOUR, 0)


@pytest.mark.parametrize(
    ("failures", "wait"), [(1, 10 * SECOND), (4, 80 * SECOND), (10, HOUR), (10**6, HOUR)]
)
def test_the_wait_after_failures_doubles_up_to_an_hour(failures: int, wait: timedelta) -> None:
    assert timers.backoff(failures) == wait


async def test_a_kind_of_another_version_fails_and_stays(session: AsyncSession) -> None:
    session.add(
        Timer(kind="unheard_of", subject=1, payload={}, set_at=NOON, due_at=NOON, failures=0)
    )
    with pytest.raises(KeyError):
        await passes(session, NOON)

    assert await due_times(session) == {1: NOON}
