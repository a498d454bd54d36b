"""Threads that are deleted once their tickets have been closed for long: which, and which not."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.team import StaffMode
from database.models import KeptReason, LinkKind, Ticket, TicketStatus
from database.team import SettingChange, Thread
from services import links, timers
from services import ticket_service as tickets
from services.helpdesk import kept_words, staff_chats, staff_modes, staff_rights, thread_keeping
from services.helpdesk.staff_rights import Rights
from services.notices import CardPosted, KeepingChosen, QuestionPosted, ThreadDeleted
from services.problems import ButtonOutdated
from services.timers import Moment
from tests.services import factories
from tests.services.factories import DAY, MINUTE, STAFF
from tests.support.duties import TEAM, passes
from tests.support.times import NOON

type Sessions = async_sessionmaker[AsyncSession]

KEPT = timedelta(days=30)
FOUND = NOON + KEPT + MINUTE
DELETED = FOUND + thread_keeping.LOOKS_AGAIN_AFTER + thread_keeping.LOOKS_EVERY
MAY = Rights(may_pin=True, may_delete=True)


async def forum(session: AsyncSession, days: int | None = KEPT.days) -> None:
    """Have a forum where the bot may delete, and threads are kept so long."""
    await staff_modes.choose(session, await staff_chats.main(session), StaffMode.FORUM, now=NOON)
    await staff_rights.note(session, STAFF, MAY)
    await chosen(session, days)
    await factories.all_arrives(session)


async def chosen(session: AsyncSession, days: int | None) -> None:
    chat = await staff_chats.main(session)
    await thread_keeping.choose(session, chat, days=days, by=None, now=NOON)


async def closed_ticket(session: AsyncSession, daily_id: int = 7, **changes: object) -> Ticket:
    status = {"status": TicketStatus.CLOSED, "is_current": False}
    return await factories.ticket(session, daily_id, **status | changes)


@pytest.fixture
async def thread(session: AsyncSession) -> Thread:
    """Have the thread of a ticket that was closed at noon."""
    await forum(session)
    return await factories.thread(session, await closed_ticket(session))


async def deletions(session: AsyncSession) -> list[int]:
    """List the threads whose deletion is on its way, by their keys."""
    await session.flush()
    found = [notice for _, notice in await factories.waiting(session)]
    return [one.thread_key for one in found if isinstance(one, ThreadDeleted)]


async def test_a_thread_is_deleted_a_day_after_it_was_found(
    session: AsyncSession, thread: Thread
) -> None:
    await passes(session, NOON + KEPT - MINUTE)
    await passes(session, FOUND + thread_keeping.LOOKS_EVERY)
    assert await deletions(session) == []

    await passes(session, DELETED)

    assert await deletions(session) == [thread.id]
    assert thread.is_gone
    ticket = (await session.scalars(select(Ticket))).one()
    assert (ticket.thread_id, thread.card_of) == (None, ticket.id)


async def both_looks(session: AsyncSession) -> None:
    """Have the thread be found, and looked at again."""
    await passes(session, FOUND)
    await passes(session, DELETED)


async def test_threads_are_kept_for_ever_unless_somebody_chose(session: AsyncSession) -> None:
    await forum(session, None)
    await factories.thread(session, await closed_ticket(session))

    await both_looks(session)

    assert await deletions(session) == []


async def needed_by_an_open_ticket(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.status, ticket.closed_at, ticket.is_current = TicketStatus.OPEN, None, True


async def needed_under_a_card(session: AsyncSession, ticket: Ticket) -> None:
    """It goes on in General for now, and its last card in a thread stands there."""
    await needed_by_an_open_ticket(session, ticket)
    ticket.thread_id = None


async def closed_lately(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.closed_at = FOUND - 3 * DAY


async def used_by_another(session: AsyncSession, ticket: Ticket) -> None:
    fields = {"user": ticket.user, "thread_id": ticket.thread_id}
    await closed_ticket(session, 8, closed_at=FOUND, **fields)


async def something_on_its_way(session: AsyncSession, ticket: Ticket) -> None:
    asked = QuestionPosted((await factories.message(session, ticket)).id)
    await factories.delivery(session, asked, ticket)


async def words_kept(session: AsyncSession, ticket: Ticket) -> None:
    said = factories.content("Hello?", chat_id=STAFF)
    await kept_words.keep(
        session, said, KeptReason.SLIP, author=None, speaker_id=5, ticket=ticket, now=NOON
    )


async def no_right(session: AsyncSession, _: Ticket) -> None:
    await staff_rights.note(session, STAFF, Rights(may_pin=True))


async def under_cards(session: AsyncSession, _: Ticket) -> None:
    await staff_modes.choose(session, await staff_chats.main(session), StaffMode.PLAIN, now=NOON)


async def kept_for_ever(session: AsyncSession, _: Ticket) -> None:
    await chosen(session, None)


REASONS = [
    needed_by_an_open_ticket,
    needed_under_a_card,
    closed_lately,
    used_by_another,
    something_on_its_way,
    words_kept,
    no_right,
    under_cards,
    kept_for_ever,
]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.__name__)
@pytest.mark.parametrize("first", [True, False], ids=["before the first look", "after it"])
async def test_a_thread_is_kept_if_there_is_a_reason(
    session: AsyncSession, thread: Thread, reason: object, *, first: bool
) -> None:
    ticket = (await session.scalars(select(Ticket))).one()
    await session.refresh(ticket, ["user"])
    if not first:
        await passes(session, FOUND)
    await reason(session, ticket)  # type: ignore[operator]
    await session.flush()

    await both_looks(session)

    assert await deletions(session) == []
    assert not thread.is_gone


async def test_a_clock_that_was_ahead_for_a_while_deletes_nothing(
    session: AsyncSession, thread: Thread
) -> None:
    ahead = NOON + timedelta(days=400)
    await passes(session, ahead)
    back = NOON + MINUTE

    while await timers.set_back(session, now=back):
        pass
    await passes(session, back + thread_keeping.LOOKS_AGAIN_AFTER + MINUTE)

    assert await deletions(session) == []
    assert not thread.is_gone


async def test_a_few_are_found_at_once_those_used_longest_ago_first(session: AsyncSession) -> None:
    await forum(session)
    user = await factories.user(session)
    count = thread_keeping.AT_ONCE + 2
    made = [
        await factories.thread(
            session,
            await closed_ticket(session, number + 1, user=user),
            used_at=NOON - (number * MINUTE),
        )
        for number in range(count)
    ]
    chat = await staff_chats.main(session)
    due = thread_keeping.ThreadsKept(chat.id)

    await thread_keeping.find(session, due, Moment(TEAM, FOUND))
    await passes(session, DELETED - thread_keeping.LOOKS_EVERY)

    assert sorted(await deletions(session)) == sorted(one.id for one in made[2:])


async def test_a_ticket_that_reopens_then_gets_another_thread_and_a_card_of_its_own(
    session: AsyncSession, thread: Thread
) -> None:
    ticket = (await session.scalars(select(Ticket))).one()
    await factories.link(session, ticket, 50, kind=LinkKind.CARD, thread_id=thread.thread_id)
    await both_looks(session)

    ticket = await tickets.get(session, ticket.id, staff_chat_id=STAFF)
    assert await links.newest_card(session, ticket) is None
    await tickets.reopen(session, ticket, by=None, now=DELETED)

    assert (ticket.thread_id, ticket.wants_thread) == (None, True)
    posted = [notice for _, notice in await factories.waiting(session)]
    assert CardPosted(ticket.id) in posted


async def test_whoever_is_first_no_ticket_goes_on_in_a_thread_that_is_deleted(
    sessions: Sessions,
) -> None:
    """The user writes while the transaction decides."""
    async with sessions.begin() as session:
        await forum(session)
        ticket = await closed_ticket(session, closed_at=FOUND - KEPT - MINUTE)
        thread = await factories.thread(session, ticket, used_at=NOON - DAY)
        ticket_id, key = ticket.id, thread.id

    async def reopens() -> None:
        async with sessions.begin() as session:
            found = await tickets.get(session, ticket_id, staff_chat_id=STAFF)
            await tickets.reopen(session, found, by=None, now=FOUND)

    async def ends(now: datetime = FOUND) -> None:
        async with sessions.begin() as session:
            await thread_keeping.end(session, thread_keeping.ThreadEnds(key), Moment(TEAM, now))

    async with asyncio.TaskGroup() as group:
        group.create_task(ends())
        group.create_task(reopens())

    async with sessions() as session:
        thread, ticket = (
            await session.get_one(Thread, key),
            await session.get_one(Ticket, ticket_id),
        )
        assert thread.is_gone is bool(await deletions(session))
        assert thread.is_gone is not (ticket.thread_id == thread.thread_id)
        assert ticket.wants_thread is thread.is_gone


async def test_all_of_staff_hear_of_the_choice_once(session: AsyncSession, thread: Thread) -> None:
    assert not thread.is_gone
    for _ in range(2):
        await chosen(session, 90)

    posted = [notice for _, notice in await factories.waiting(session)]
    assert posted == [KeepingChosen(days=90, by_id=None)]
    values = select(SettingChange.value).order_by(SettingChange.id.desc())
    chat = await staff_chats.main(session)
    assert await session.scalar(values.limit(1)) == {"staff_chat": chat.id, "days": 90}


@pytest.mark.parametrize("days", [1, -30, 10**6])
async def test_only_what_is_offered_can_be_chosen(session: AsyncSession, days: int) -> None:
    await forum(session)
    with pytest.raises(ButtonOutdated):
        await chosen(session, days)


async def test_where_there_are_no_threads_there_is_no_such_choice(session: AsyncSession) -> None:
    with pytest.raises(ButtonOutdated):
        await chosen(session, 30)
