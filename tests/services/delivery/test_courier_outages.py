"""The courier when the database goes away."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, event, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from database.errors import DatabaseUnreachable
from database.machinery import Delivery
from database.models import MessageLink, Ticket
from services.delivery import courier as couriers
from services.delivery import lanes
from services.delivery.outcomes import Delivered
from services.notices import (
    AnswerEdited,
    QuestionPosted,
)
from tests.services import factories
from tests.services.delivery.room import DELIVERED, FAILED, USER, Room
from tests.services.factories import STAFF
from tests.support.times import NOON

# A database that goes away


class Outage:
    """Has the database refuse transactions while it lasts."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.lasts = False
        self.refused = 0
        self._refused = asyncio.Event()
        event.listen(engine.sync_engine, "begin", self._begin)

    async def struck(self, times: int) -> None:
        """Wait until this many transactions were refused."""
        while self.refused < times:
            self._refused.clear()
            await self._refused.wait()

    def _begin(self, _connection: Any) -> None:
        if self.lasts:
            self.refused += 1
            self._refused.set()
            raise DatabaseUnreachable


async def test_an_outage_is_waited_out_and_said_once(
    room: Room, engine: AsyncEngine, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    outage = Outage(engine)
    answer = room.telegram.holds(1)
    with capture_logs() as logs:
        async with room.working():
            await room.post(1, ticket=ann)
            await room.telegram.called(1)
            outage.lasts = True
            answer.set()
            await outage.struck(3)
            outage.lasts = False
            await room.courier.settled()

    assert await room.statuses() == [DELIVERED]
    assert room.telegram.calls == [(STAFF, (1,))]
    said = [entry["event"] for entry in logs if "database" in entry["event"]]
    assert said == ["the database does not answer", "the database answers again"]


async def test_an_outage_at_the_start_is_waited_out(
    room: Room, engine: AsyncEngine, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    await room.post(1, ticket=ann)
    outage = Outage(engine)
    outage.lasts = True
    async with room.working():
        await outage.struck(3)
        outage.lasts = False

        assert await room.settled(1) == [(STAFF, (1,))]


class LostCommit:
    """Commits once, and loses the connection before the answer: PostgreSQL may do that."""

    def __init__(self, engine: AsyncEngine, kind: type[Any]) -> None:
        self._kind, self._due, self.happened = kind, False, False
        event.listen(Session, "after_flush", self._flushed)
        event.listen(engine.sync_engine, "commit", self._commits)

    def forget(self) -> None:
        event.remove(Session, "after_flush", self._flushed)

    def _flushed(self, session: Session, _context: Any) -> None:
        self._due |= any(isinstance(one, self._kind) for one in session.new | session.dirty)

    def _commits(self, connection: Connection) -> None:
        if self._due and not self.happened:
            self.happened = True
            connection.exec_driver_sql("COMMIT")
            raise DatabaseUnreachable


@pytest.mark.parametrize("wrote", [Delivery, MessageLink], ids=["a claim", "what came back"])
async def test_a_commit_whose_answer_was_lost_leaves_nothing_stuck_and_nothing_twice(
    room: Room,
    engine: AsyncEngine,
    ann: Ticket,
    monkeypatch: pytest.MonkeyPatch,
    wrote: type[Any],
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    room.words.parts[1] = 3
    await room.post_all((USER, AnswerEdited(1), ann), (USER, AnswerEdited(2), ann))
    lost = LostCommit(engine, wrote)
    try:
        with capture_logs() as logs:
            async with room.working():
                await room.settled(4)
    finally:
        lost.forget()

    assert lost.happened
    assert "possible duplicate" not in [entry["event"] for entry in logs]
    assert room.telegram.calls == [(USER, (1,))] * 3 + [(USER, (2,))]
    assert await room.statuses() == [DELIVERED, DELIVERED]
    async with room.sessions() as session:
        parts = await session.scalars(select(MessageLink.part).order_by(MessageLink.id))
        assert parts.all() == [0, 1, 2, 0]


async def test_what_was_in_doubt_is_said_although_the_answer_to_the_commit_was_lost(
    room: Room, engine: AsyncEngine, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taking stock puts it back, so a second look does not find it any more."""
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    await room.post(1, ticket=ann)
    async with room.sessions.begin() as session:
        (claimed,) = await session.scalars(select(Delivery))
        await lanes.claim(session, [[claimed]], now=NOON)
    lost = LostCommit(engine, Delivery)
    try:
        with capture_logs() as logs:
            async with room.working():
                await room.settled(1)
    finally:
        lost.forget()

    assert lost.happened
    doubtful = [entry["delivery"] for entry in logs if entry["event"] == "possible duplicate"]
    assert doubtful == [claimed.id]


async def test_what_another_process_claimed_after_we_took_stock_is_a_possible_duplicate(
    room: Room, engine: AsyncEngine, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that goes away may come back with the last commit of one that died."""
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    outage = Outage(engine)
    with capture_logs() as logs:
        async with room.working():
            await room.turns()
            async with room.sessions.begin() as session:
                late = await factories.delivery(session, QuestionPosted(1), ann)
                await lanes.claim(session, [[late]], now=NOON)
            outage.lasts = True
            await outage.struck(1)
            outage.lasts = False
            assert await room.settled(1) == [(STAFF, (1,))]

    doubtful = [entry["delivery"] for entry in logs if entry["event"] == "possible duplicate"]
    assert doubtful == [late.id]


async def test_an_outage_while_an_answer_is_isolated_is_waited_out(
    room: Room, engine: AsyncEngine, ann: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LOOKS_EVERY", 0.01)
    room.telegram.answers_with(1, Delivered((2**70,)))
    outage = Outage(engine)
    failures: list[bool] = []

    def strike(_connection: Any) -> None:
        """Begin when the answer has failed with others, and alone; end three tries later."""
        failures.append(outage.lasts)
        outage.lasts = len(failures) >= 2 and outage.refused < 3

    event.listen(engine.sync_engine, "rollback", strike)
    async with room.working():
        await room.post(1, ticket=ann)
        await room.telegram.called(1)
        await outage.struck(3)
        outage.lasts = False
        await room.courier.settled()

    assert (await room.statuses())[0] is FAILED
