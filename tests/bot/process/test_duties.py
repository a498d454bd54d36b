"""The duty loop: each timer in a transaction of its own, whatever becomes of the others."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.process import duties as process
from bot.process.duties import DUTIES, Duties
from core.team import Team
from database.machinery import Timer
from database.models import User
from services import timers
from services.timers import Due, Moment
from tests.database import rows
from tests.services.factories import HOUR, SECOND
from tests.support.office import Sessions
from tests.support.times import NOON

TEAM = Team(-1001, "en", UTC)


@dataclass(frozen=True)
class UserArrives(Due):
    """Remembers a user, which a second time would fail: each has one row."""


@dataclass
class World:
    """The loop, its clock, and what may go wrong."""

    sessions: Sessions
    now: datetime = NOON
    failing: set[int] = field(default_factory=set)
    tried: list[int] = field(default_factory=list)
    done: int = 0

    def clock(self) -> datetime:
        return self.now

    def note(self) -> None:
        self.done += 1

    async def arrive(self, session: AsyncSession, due: UserArrives, _moment: Moment) -> None:
        self.tried.append(due.subject)
        session.add(rows.user(due.subject))
        await session.flush()
        if due.subject in self.failing:
            raise ValueError(due.subject)

    async def set(self, *subjects: int, after: int = 0) -> None:
        async with self.sessions.begin() as session:
            for subject in subjects:
                at = self.now + after * SECOND
                await timers.set(session, UserArrives(subject), at, now=self.now)

    async def looks(self, duties: Duties) -> None:
        """Look until nothing is due."""
        while await duties._look():
            pass

    def duties(self) -> Duties:
        return Duties(self.sessions, TEAM, self.clock, self.note)

    async def users(self) -> list[int]:
        async with self.sessions() as session:
            return list(await session.scalars(select(User.telegram_id).order_by(User.id)))

    async def due(self, subject: int) -> Timer | None:
        async with self.sessions() as session:
            found: Timer | None = await session.scalar(
                select(Timer).where(Timer.kind == UserArrives.kind, Timer.subject == subject)
            )
            return found


@pytest.fixture
def world(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(sessions)
    monkeypatch.setitem(timers._functions, UserArrives.kind, world.arrive)
    return world


async def test_what_is_due_is_done_and_its_timer_is_gone(world: World) -> None:
    await world.set(7)
    await world.set(8, after=1)
    duties = world.duties()

    await world.looks(duties)
    assert await world.users() == [7]
    world.now += SECOND
    await world.looks(duties)

    assert await world.users() == [7, 8]
    assert await world.due(7) is None


async def test_what_was_due_while_the_bot_was_off_is_done_when_it_is_back(world: World) -> None:
    await world.set(7, after=5)
    world.now += 30 * HOUR

    await world.looks(world.duties())

    assert await world.users() == [7]


async def test_one_that_fails_is_undone_and_stops_no_other(world: World) -> None:
    await world.set(7, 8, 9)
    world.failing = {7, 8}

    await world.looks(world.duties())

    assert await world.users() == [9]
    waiting = await world.due(7)
    assert waiting is not None
    assert waiting.due_at == NOON + timers.SHORTEST_BACKOFF


async def test_one_that_failed_is_tried_again_and_done_once(world: World) -> None:
    await world.set(7)
    world.failing = {7}
    duties = world.duties()
    await world.looks(duties)
    world.failing = set()
    world.now += timers.SHORTEST_BACKOFF

    await world.looks(duties)

    assert world.tried == [7, 7]
    assert await world.users() == [7]


async def test_while_the_database_is_away_nothing_counts_as_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.set(7)
    duties = world.duties()
    await duties._prepare()
    away = OperationalError("", {}, ConnectionError(), connection_invalidated=True)

    async def fail(*_: object, **__: object) -> None:
        raise away

    with monkeypatch.context() as patch:
        patch.setattr(timers, "do", fail)
        assert not await duties._look()
    await world.looks(duties)

    assert await world.users() == [7]


async def test_a_clock_that_is_set_back_stalls_nothing(world: World) -> None:
    duties = world.duties()
    world.now += 24 * HOUR
    await world.looks(duties)
    await world.set(7, after=10)
    world.now = NOON

    await world.looks(duties)
    assert await world.users() == []
    world.now += 10 * SECOND
    await world.looks(duties)

    assert await world.users() == [7]


async def test_a_clock_that_was_set_back_while_the_bot_was_off_stalls_nothing(
    world: World,
) -> None:
    world.now += 24 * HOUR
    await world.set(7, after=10)
    world.now = NOON
    duties = world.duties()
    await world.looks(duties)
    world.now += 10 * SECOND

    await world.looks(duties)

    assert await world.users() == [7]


async def test_whoever_sends_hears_that_something_was_done(world: World) -> None:
    duties = world.duties()
    await world.looks(duties)
    before = world.done
    await duties._look()
    assert world.done == before
    await world.set(7)

    await world.looks(duties)

    assert world.done == before + 1


async def test_it_runs_by_itself_until_it_is_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOOKS_EVERY", 0.0)
    arrived = asyncio.Event()
    monkeypatch.setattr(world, "note", lambda: arrived.set() if 7 in world.tried else None)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        running = group.create_task(world.duties().run())
        await world.set(7)
        await arrived.wait()
        running.cancel()

    assert await world.users() == [7]


def test_every_kind_of_the_product_has_a_function() -> None:
    assert DUTIES
    ours = {kind for kind, made in Due.registry.items() if made.__module__.startswith("services")}
    assert ours
    assert ours <= timers._functions.keys()
