"""Threads that are closed with their tickets: when, and what opens them again."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffMode
from database.models import Ticket, TicketStatus
from database.team import SettingChange, Thread
from services import ticket_service as tickets
from services.helpdesk import closing, merging, staff_chats, staff_modes, thread_closing, threads
from services.notices import ClosingChosen, Notice, QuestionPosted, ThreadShut, ThreadWanted
from services.problems import ButtonOutdated
from tests.services import factories
from tests.services.factories import MINUTE, SECOND, STAFF
from tests.support.duties import passes
from tests.support.times import NOON

TOLD = NOON + closing.TOLD_AFTER
LATER = TOLD + thread_closing.LOOKS_EVERY


@pytest.fixture
async def thread(session: AsyncSession, ticket: Ticket) -> Thread:
    """Have the ticket go on in a thread that is to be closed with it."""
    await staff_modes.choose(session, await staff_chats.main(session), StaffMode.FORUM, now=NOON)
    await chosen(session, closes=True)
    await factories.all_arrives(session)
    return await factories.thread(session, ticket)


async def chosen(session: AsyncSession, *, closes: bool) -> None:
    chat = await staff_chats.main(session)
    await thread_closing.choose(session, chat, closes=closes, by=None, now=NOON)


async def posted(session: AsyncSession) -> list[Notice]:
    """List what waits, but for what only redraws."""
    await session.flush()
    found = [notice for _, notice in await factories.waiting(session)]
    return [one for one in found if not one.decorates or isinstance(one, ThreadShut)]


async def close(session: AsyncSession, ticket: Ticket) -> None:
    found = await tickets.get(session, ticket.id, staff_chat_id=STAFF)
    await tickets.close(session, found, by=None, now=NOON)
    await session.flush()


async def test_a_thread_is_closed_after_its_user_was_told(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    await close(session, ticket)
    await passes(session, TOLD - SECOND)
    assert await posted(session) == []
    await passes(session, LATER)
    assert ThreadShut(ticket.id) not in await posted(session)  # the user was not told yet

    await factories.all_arrives(session)
    await passes(session, LATER + thread_closing.LOOKS_EVERY)

    assert await posted(session) == [ThreadShut(ticket.id)]
    assert await thread_closing.is_due(session, ticket, thread)


async def test_a_close_that_is_undone_closes_no_thread(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    await close(session, ticket)
    await tickets.reopen(session, ticket, by=None, now=NOON + 5 * SECOND)

    await factories.all_arrives(session)
    await passes(session, NOON + MINUTE)

    assert await posted(session) == []
    assert not await thread_closing.is_due(session, ticket, thread)


async def test_a_second_close_is_not_hurried_by_the_first(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    """The timer of the first close may still be set when the ticket is closed again."""
    await close(session, ticket)
    await passes(session, TOLD)
    await tickets.reopen(session, ticket, by=None, now=TOLD)
    await tickets.close(session, ticket, by=None, now=TOLD + SECOND)
    await factories.all_arrives(session)

    await passes(session, LATER)

    assert await posted(session) == []
    assert not thread.is_closed


async def test_threads_stay_open_where_nobody_chose_otherwise(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    await chosen(session, closes=False)
    await factories.all_arrives(session)
    await close(session, ticket)
    await passes(session, TOLD)
    await factories.all_arrives(session)

    await passes(session, NOON + MINUTE)

    assert await posted(session) == []
    assert not await thread_closing.is_due(session, ticket, thread)


async def test_a_thread_waits_for_what_is_on_its_way_to_it(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    await close(session, ticket)
    await passes(session, TOLD)
    await factories.all_arrives(session)
    thanks = QuestionPosted((await factories.message(session, ticket)).id)
    await factories.delivery(session, thanks, ticket)
    await passes(session, NOON + MINUTE)
    assert await posted(session) == [thanks]

    await factories.all_arrives(session)
    await passes(session, NOON + 2 * MINUTE)

    assert await posted(session) == [ThreadShut(ticket.id)]
    assert not thread.is_closed


async def test_a_thread_in_which_another_ticket_goes_on_stays_open(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    await close(session, ticket)
    await passes(session, TOLD)
    await factories.all_arrives(session)
    other = await factories.ticket(session, 8, user=ticket.user)
    other.thread_id = thread.thread_id

    await passes(session, NOON + MINUTE)

    assert await posted(session) == []
    assert not await thread_closing.is_due(session, ticket, thread)


async def test_a_thread_that_closes_while_its_ticket_reopens_is_opened(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    """The call was on its way, or its result was lost, when the user wrote."""
    await thread_closing.turned(session, thread, is_closed=True, now=NOON)

    assert thread.is_closed
    assert await posted(session) == [ThreadWanted(ticket.id)]


async def test_a_thread_that_was_opened_for_what_came_is_closed_again(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    await close(session, ticket)
    await passes(session, TOLD)
    await factories.all_arrives(session)
    await passes(session, LATER)
    await factories.all_arrives(session)
    await thread_closing.turned(session, thread, is_closed=True, now=LATER)

    await thread_closing.turned(session, thread, is_closed=False, now=LATER)
    await passes(session, LATER + thread_closing.LOOKS_EVERY)

    assert await posted(session) == [ThreadShut(ticket.id)]


async def test_the_thread_of_a_ticket_that_became_part_of_another_is_closed(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    survivor = await factories.ticket(session, 8, user=ticket.user, is_current=False)
    await factories.thread(session, survivor)
    await merging.merge(session, survivor.id, ticket.id, staff_chat_id=STAFF, by=None, now=NOON)
    await factories.all_arrives(session)

    await passes(session, NOON + thread_closing.LOOKS_EVERY)

    assert await posted(session) == [ThreadShut(ticket.id)]
    assert ticket.thread_id == thread.thread_id


async def test_where_a_closed_thread_can_not_be_opened_what_waits_goes_to_general(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    other = await factories.ticket(
        session, 8, user=ticket.user, is_current=False, status=TicketStatus.CLOSED
    )
    await factories.thread(session, other, is_closed=True)
    ticket.status, ticket.closed_at, thread.is_closed = TicketStatus.CLOSED, NOON, True
    await factories.delivery(
        session, QuestionPosted((await factories.message(session, ticket)).id), ticket
    )

    await threads.failed(session, STAFF, now=NOON)
    await session.refresh(ticket)
    await session.refresh(other)

    assert (ticket.thread_id, other.thread_id is None) == (None, False)


async def test_all_of_staff_hear_of_the_choice_once(
    session: AsyncSession, ticket: Ticket, thread: Thread
) -> None:
    assert ticket.thread_id == thread.thread_id
    for _ in range(2):
        await chosen(session, closes=False)

    assert await posted(session) == [ClosingChosen(closes=False, by_id=None)]
    values = select(SettingChange.value).order_by(SettingChange.id.desc())
    assert await session.scalar(values.limit(1)) == {
        "staff_chat": (await staff_chats.main(session)).id,
        "closes": False,
    }


@pytest.mark.usefixtures("ticket")
async def test_where_there_are_no_threads_there_is_no_such_choice(session: AsyncSession) -> None:
    with pytest.raises(ButtonOutdated):
        await chosen(session, closes=True)
