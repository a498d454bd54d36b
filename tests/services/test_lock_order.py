"""Who writes to the same ticket at once waits for the other, and never both for each other."""

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.address import Place
from database.models import Direction, LinkKind, MessageLink, Ticket
from database.session import make_engine, make_sessions
from services import outbox, read_ahead
from services import ticket_service as tickets
from services.delivery import arrivals, lanes, relocating
from services.delivery.parcel import Shown, links_of
from services.helpdesk import current, messages, people, rejoining
from services.notices import CardRedrawn, QuestionPosted
from services.problems import Problem
from tests.services import factories
from tests.services.factories import ANN, KATE, STAFF, TODAY
from tests.support.times import NOON

# With the locks in another order, PostgreSQL finds a deadlock within the first two or three.
ROUNDS = 15

type Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(params=["postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Leave SQLite out: it locks no rows, and that writers take turns there is tried elsewhere."""
    return str(request.param)


async def test_a_user_who_writes_and_staff_who_reopen_do_not_lock_each_other_out(
    sessions: Sessions, ann: Ticket
) -> None:
    """On PostgreSQL one of the two got "deadlock detected" when staff locked the ticket first."""

    async def ann_writes() -> None:
        for _ in range(ROUNDS):
            async with sessions.begin() as session:
                written = factories.content("Hello?")
                await tickets.receive(
                    session, ANN, written, staff_chat_id=STAFF, day=TODAY, now=NOON
                )

    async def staff_act() -> None:
        for _ in range(ROUNDS):
            for act in (tickets.close, tickets.reopen):
                try:
                    async with sessions.begin() as session:
                        ticket = await tickets.get(session, ann.id, staff_chat_id=STAFF)
                        await act(session, ticket, by=None, now=NOON)
                except Problem:
                    continue

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(ann_writes())
            group.create_task(staff_act())


async def test_answers_that_arrive_and_users_who_write_do_not_lock_each_other_out(
    sessions: Sessions,
) -> None:
    """Both make tickets current: the courier for several users in a turn, the poller in a batch."""
    people = {person.telegram_id: person for person in (ANN, KATE)}
    answered: dict[int, list[int]] = {one: [] for one in people}
    async with sessions.begin() as session:
        for telegram_id in people:
            user = await factories.user(session, telegram_id)
            for number in (telegram_id * 2, telegram_id * 2 + 1):
                current_one = number % 2 == 0
                ticket = await factories.ticket(session, number, user=user, is_current=current_one)
                written = factories.content(chat_id=STAFF)
                answer = await factories.message(session, ticket, written, Direction.ANSWER)
                answered[telegram_id].append(answer.id)

    async def answers_arrive() -> None:
        for turn in range(ROUNDS):
            async with sessions.begin() as session:
                arrived = [ids[turn % 2] for ids in answered.values()]
                await current.answered(session, arrived[:: 1 if turn % 3 else -1], now=NOON)

    async def users_write() -> None:
        for _ in range(ROUNDS):
            async with sessions.begin() as session:
                await read_ahead.for_updates(session, list(people))
                for telegram_id in reversed(people):
                    written = factories.content(chat_id=telegram_id)
                    person = people[telegram_id]
                    await tickets.receive(
                        session, person, written, staff_chat_id=STAFF, day=TODAY, now=NOON
                    )

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(answers_arrive())
            group.create_task(users_write())

    async with sessions() as session:
        found = await session.scalars(select(Ticket.user_id).where(Ticket.is_current))
        assert len(set(found)) == len(people)


@pytest.mark.parametrize("moves_first", [True, False])
async def test_a_copy_that_arrives_while_its_message_moves_is_the_new_tickets(
    sessions: Sessions, *, moves_first: bool
) -> None:
    """Whoever comes second waits at the row of the delivery, and goes by what it says then."""
    async with sessions.begin() as session:
        here = await factories.ticket(session, 1)
        there = await factories.ticket(session, 2, user=here.user, is_current=False)
        await factories.message(session, here)
        question = await factories.message(session, here)
        sent = await factories.claimed(session, QuestionPosted(question.id), here)
    effects = links_of([Shown(question.id, LinkKind.COPY)])
    trip = factories.trip_of([sent], factories.parcel(effects=effects))

    async def move(session: AsyncSession) -> None:
        at, told_at = question.message_id, Place(ANN.telegram_id, 1)
        await rejoining.move(session, ANN, at, there.id, there.mark, told_at=told_at, now=NOON)

    async def arrive(session: AsyncSession) -> None:
        await arrivals.note_plain(session, [(trip, [60])], now=NOON)

    first, second = (move, arrive) if moves_first else (arrive, move)
    async with sessions() as before, sessions() as after:
        await first(before)
        async with asyncio.TaskGroup() as group:
            group.create_task(second(after))
            await _is_locked_out(sessions)
            await before.commit()
        await after.commit()

    async with sessions() as session:
        assert (await session.scalars(select(MessageLink.ticket_id))).all() == [there.id]


async def _is_locked_out(sessions: Sessions) -> None:
    """Wait until somebody waits for a lock."""
    async with sessions() as session, asyncio.timeout(10):
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not await session.scalar(waits):  # noqa: ASYNC110 - PostgreSQL does not tell
            await asyncio.sleep(0.01)


async def test_a_copy_is_linked_while_staff_edit_its_message(postgres_url: str) -> None:
    """A foreign key asks for a share of the rows it points to: link, then edit, waited in a circle.

    PostgreSQL ended one of the two, and the bot said that the database does not answer.
    """
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        ticket = await factories.ticket(session)
        answer = await factories.message(
            session, ticket, factories.content(chat_id=STAFF), Direction.ANSWER
        )
    async with sessions.begin() as editing, asyncio.timeout(10):
        await people.remember(editing, ANN, now=NOON)
        await messages.find(editing, Place(answer.chat_id, answer.message_id))
        await tickets.get(editing, ticket.id, staff_chat_id=STAFF)
        async with sessions.begin() as settling:
            await factories.link(settling, ticket, 77, copy_of=answer.id)
            outbox.post(settling, STAFF, CardRedrawn(ticket.id), now=NOON, ticket=ticket)
    await engine.dispose()


@pytest.mark.parametrize("together", [1, 3])
async def test_claims_and_a_group_that_moves_do_not_lock_each_other_out(
    sessions: Sessions, ann: Ticket, together: int
) -> None:
    """The courier claims by precedence and by batches; both lock by number."""
    async with sessions.begin() as session:
        waiting = [await factories.delivery(session, CardRedrawn(ann.id), ann) for _ in range(60)]
    batches = [waiting[at : at + together] for at in range(0, len(waiting), together)]

    async def claims() -> None:
        for _ in range(ROUNDS):
            async with sessions() as session:
                await lanes.claim(session, batches[::-1], now=NOON)
                await session.rollback()

    async def moves() -> None:
        for _ in range(ROUNDS):
            async with sessions() as session:
                await relocating.migrated(session, STAFF, -1002, now=NOON)
                await relocating.go_on(session, now=NOON)
                await session.rollback()

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(claims())
            group.create_task(moves())
