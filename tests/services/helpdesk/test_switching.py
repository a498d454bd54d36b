"""Whoever opens a ticket while the mode changes may have read the mode before: it follows, too.

On SQLite one transaction writes at a time, so nobody can have read another mode there.
"""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.address import Address
from core.team import StaffMode
from database.dialect import is_read_by_others
from database.machinery import Timer
from database.models import Ticket, TicketStatus
from database.team import StaffChatRow
from services import ticket_service as tickets
from services.helpdesk import staff_chats, staff_modes, threads
from services.helpdesk.content import Person
from services.helpdesk.threads import TicketsBehind
from services.invariants import check
from tests.services import factories
from tests.services.factories import MINUTE, STAFF, TODAY
from tests.support.duties import passes
from tests.support.times import NOON

type Sessions = async_sessionmaker[AsyncSession]

FORUM, PLAIN = StaffMode.FORUM, StaffMode.PLAIN

# If the last look came too early, tickets would be left behind in the first two or three rounds.
ROUNDS = 5
WRITERS = 3
TOGETHER = 3


@pytest.fixture(params=["postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(("before", "after"), [(PLAIN, FORUM), (FORUM, PLAIN)])
async def test_a_ticket_that_opens_while_the_mode_changes_follows_it(
    sessions: Sessions, before: StaffMode, after: StaffMode
) -> None:
    await choose(sessions, before, NOON)
    await look(sessions, NOON)

    async with sessions.begin() as opens:
        await write(opens, 7)
        await choose(sessions, after, NOON)
        await look(sessions, NOON)
    await look(sessions, NOON + MINUTE)

    async with sessions() as session:
        ticket = (await session.scalars(select(Ticket))).one()
        assert ticket.wants_thread is (after is FORUM)
    assert await astray(sessions) == set()


async def test_whoever_writes_first_while_the_mode_changes_no_ticket_is_left_behind(
    sessions: Sessions,
) -> None:
    people = itertools.count(100)
    for turn in range(ROUNDS):
        async with asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(write_together(sessions, [next(people) for _ in range(TOGETHER)]))
            group.create_task(changes(sessions, FORUM if turn % 2 == 0 else PLAIN))
        assert await astray(sessions) == set()
        await close_all(sessions)


async def test_only_what_others_have_read_is_read_by_others(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.scalars(select(StaffChatRow))
        assert not await is_read_by_others(session, StaffChatRow)

        async with sessions() as other:
            await other.scalars(select(Timer))
            assert not await is_read_by_others(session, StaffChatRow)
            await other.scalars(select(StaffChatRow))
            assert await is_read_by_others(session, StaffChatRow)

        assert not await is_read_by_others(session, StaffChatRow)


async def write_together(sessions: Sessions, telegram_ids: Sequence[int]) -> None:
    """Take in several first messages, as the poller does: it asks first whose chat it is."""
    async with sessions.begin() as session:
        await staff_chats.main(session)
        for telegram_id in telegram_ids:
            await write(session, telegram_id)


async def write(session: AsyncSession, telegram_id: int) -> None:
    """Have somebody write for the first time."""
    person, words = Person(telegram_id, "Ann"), factories.content(chat_id=telegram_id)
    await tickets.receive(session, person, words, staff_chat_id=STAFF, day=TODAY, now=NOON)


async def changes(sessions: Sessions, mode: StaffMode) -> None:
    """Change the mode, and have tickets follow until nothing is looked for any more."""
    now = NOON
    await choose(sessions, mode, now)
    while await is_looked_for(sessions):
        await look(sessions, now)
        await make_threads(sessions, now)
        now += MINUTE


async def choose(sessions: Sessions, mode: StaffMode, now: datetime) -> None:
    async with sessions.begin() as session:
        chat = await staff_chats.main(session)
        await staff_modes.switch(session, chat, mode, by=None, now=now)


async def look(sessions: Sessions, now: datetime) -> None:
    async with sessions.begin() as session:
        await passes(session, now)


async def make_threads(sessions: Sessions, now: datetime) -> None:
    """Make a thread for each ticket that wants one, as the courier does."""
    async with sessions.begin() as session:
        for ticket_id in await session.scalars(select(Ticket.id).where(Ticket.wants_thread)):
            where = Address(STAFF, 500 + ticket_id)
            await threads.made(session, ticket_id, where, name="Ann", icon="1", now=now)


async def close_all(sessions: Sessions) -> None:
    """Leave nothing behind for the next look to find."""
    closed = {"status": TicketStatus.CLOSED, "closed_at": NOON, "is_current": False}
    async with sessions.begin() as session:
        await session.execute(update(Ticket).values(**closed))


async def is_looked_for(sessions: Sessions) -> bool:
    async with sessions() as session:
        return bool(await session.scalar(select(exists().where(Timer.kind == TicketsBehind.kind))))


async def astray(sessions: Sessions) -> set[str]:
    """Name the rules that are broken by where tickets are."""
    async with sessions() as session:
        broken = await check.findings(await session.connection(), now=NOON)
    return {one.rule for one in broken} & {"threads in forums", "cards in forums"}
