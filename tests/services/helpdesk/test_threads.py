"""Threads of a forum: which ticket has one, also when several people act at once."""

import asyncio
import itertools
from contextlib import suppress

from sqlalchemy import delete, event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.address import Address
from core.team import StaffMode
from database.machinery import Delivery
from database.models import Ticket, TicketStatus
from database.team import Thread
from services import notices, read_ahead
from services import ticket_service as tickets
from services.helpdesk import merging, staff_chats, staff_modes, threads
from services.invariants import check
from services.problems import Problem
from tests.services import factories
from tests.services.factories import ANN, STAFF, TODAY
from tests.support.duties import passes
from tests.support.times import NOON

type Sessions = async_sessionmaker[AsyncSession]

ROUNDS = 12


async def forum(session: AsyncSession) -> None:
    """Have the staff chat be a forum."""
    chat = await staff_chats.main(session)
    await staff_modes.choose(session, chat, StaffMode.FORUM, now=NOON)


async def test_a_thread_that_is_gone_is_made_anew_although_nothing_else_is_to_be_sent(
    session: AsyncSession,
) -> None:
    """What found it gone may have been a change of its looks, which makes no other thread."""
    await forum(session)
    ticket = await factories.ticket(session)
    thread = await factories.thread(session, ticket)

    await threads.gone(session, STAFF, thread.thread_id, now=NOON)

    assert ticket.wants_thread
    kinds = (await session.scalars(select(Delivery.kind))).all()
    assert kinds == [notices.ThreadWanted.kind]


async def test_a_closed_ticket_whose_thread_is_gone_wants_no_other(session: AsyncSession) -> None:
    await forum(session)
    ticket = await factories.ticket(session, status=TicketStatus.CLOSED, is_current=False)
    thread = await factories.thread(session, ticket)

    await threads.gone(session, STAFF, thread.thread_id, now=NOON)

    assert (ticket.thread_id, ticket.wants_thread) == (None, False)
    assert (await session.scalars(select(Delivery.kind))).all() == []


async def test_a_thread_made_before_icons_are_known_gets_its_icon_later(
    session: AsyncSession,
) -> None:
    await forum(session)
    ticket = await factories.ticket(session)
    ticket.wants_thread = True
    await threads.made(session, ticket.id, Address(STAFF, 500), name="Ann", icon=None, now=NOON)

    await passes(session, NOON + threads.ICON_CHANGES_EVERY)

    kinds = (await session.scalars(select(Delivery.kind))).all()
    assert notices.ThreadRedrawn.kind in kinds


async def test_a_ticket_that_is_closed_or_merged_into_another_wants_no_thread(
    session: AsyncSession,
) -> None:
    await forum(session)
    survivor = await factories.ticket(session, is_current=False)
    merged = await factories.ticket(session, 8, user=survivor.user)
    for ticket in (survivor, merged):
        await factories.message(session, ticket)
        ticket.wants_thread = True

    await merging.merge(session, survivor.id, merged.id, staff_chat_id=STAFF, by=None, now=NOON)
    assert (merged.wants_thread, survivor.wants_thread) == (False, True)

    await tickets.close(session, survivor, by=None, now=NOON)
    assert not survivor.wants_thread


async def test_a_card_that_lands_after_a_merge_is_retired_with_the_survivors(
    session: AsyncSession,
) -> None:
    await forum(session)
    survivor = await factories.ticket(session, is_current=False)
    merged = await factories.ticket(session, 8, user=survivor.user)
    for ticket in (survivor, merged):
        await factories.message(session, ticket)
    thread = await factories.thread(session, merged)
    await merging.merge(session, survivor.id, merged.id, staff_chat_id=STAFF, by=None, now=NOON)
    await session.execute(delete(Delivery))

    await threads.card_stands(session, thread.id, merged.id, NOON)

    assert await factories.waiting(session) == [(STAFF, notices.CardRetired(survivor.id))]
    assert (await session.scalars(select(Delivery.ticket_id))).all() == [survivor.id]


async def test_a_thread_that_comes_too_late_is_about_the_ticket_it_was_made_for(
    session: AsyncSession,
) -> None:
    await forum(session)
    ticket = await factories.ticket(session)

    await threads.made(session, ticket.id, Address(STAFF, 500), name="Ann", icon=None, now=NOON)

    assert ticket.thread_id is None
    assert await threads.ticket_id_in(session, STAFF, 500) == ticket.id


async def test_a_thread_that_is_left_before_a_card_stood_there_is_about_its_users_ticket(
    session: AsyncSession,
) -> None:
    await forum(session)
    ticket = await factories.ticket(session)
    ticket.wants_thread = True
    await threads.made(session, ticket.id, Address(STAFF, 500), name="Ann", icon=None, now=NOON)

    ticket.thread_id = None  # as a switch to cards does
    await session.flush()

    assert await threads.ticket_id_in(session, STAFF, 500) == ticket.id


async def test_the_threads_of_what_goes_in_a_turn_are_read_together(session: AsyncSession) -> None:
    ticket = await factories.ticket(session)
    thread = await factories.thread(session, ticket)
    delivery = await factories.delivery(session, notices.CardRedrawn(ticket.id), ticket)
    await read_ahead.for_deliveries(session, [delivery])
    asked: list[str] = []
    connection = (await session.connection()).sync_connection
    assert connection is not None
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2]))

    assert await threads.of_ticket(session, ticket) is thread
    assert asked == []

    ticket.thread_id = None
    assert await threads.of_ticket(session, ticket) is None


async def test_whoever_acts_at_once_no_thread_gets_two_open_tickets(sessions: Sessions) -> None:
    """A user writes, staff close and reopen two tickets, and the courier makes threads."""
    async with sessions.begin() as session:
        await forum(session)
        ticket = await tickets.receive(
            session, ANN, factories.content(), staff_chat_id=STAFF, day=TODAY, now=NOON
        )
        await factories.ticket(session, 90, user=ticket.user, is_current=False)

    async with asyncio.TaskGroup() as group:
        for act in (ann_writes, staff_act, staff_act, threads_are_made):
            group.create_task(act(sessions))

    async with sessions() as session:
        has_one = Ticket.thread_id.is_not(None), Ticket.status != TicketStatus.CLOSED
        found = (await session.scalars(select(Ticket.thread_id).where(*has_one))).all()
        broken = await check.findings(await session.connection(), now=NOON)
        assert (await session.scalars(select(Thread))).all()
    assert len(found) == len(set(found))
    assert not {one.rule for one in broken} & {"threads of users", "a thread or none"}


async def ann_writes(sessions: Sessions) -> None:
    for _ in range(ROUNDS):
        async with sessions.begin() as session:
            written = factories.content("Hello?")
            await tickets.receive(session, ANN, written, staff_chat_id=STAFF, day=TODAY, now=NOON)


async def staff_act(sessions: Sessions) -> None:
    """Close all tickets and open them again, as far as others did not."""
    for act in (tickets.reopen, tickets.close) * (ROUNDS // 2):
        for ticket_id in await ids(sessions):
            with suppress(Problem):
                async with sessions.begin() as session:
                    found = await tickets.get(session, ticket_id, staff_chat_id=STAFF)
                    await act(session, found, by=None, now=NOON)


async def threads_are_made(sessions: Sessions) -> None:
    """Make threads for the tickets that want one, as the courier does."""
    made = itertools.count(500)
    for _ in range(ROUNDS):
        for ticket_id in await ids(sessions):
            async with sessions.begin() as session:
                if (await session.get_one(Ticket, ticket_id)).wants_thread:
                    where = Address(STAFF, next(made))
                    await threads.made(session, ticket_id, where, name="Ann", icon=None, now=NOON)


async def ids(sessions: Sessions) -> list[int]:
    async with sessions() as session:
        return list(await session.scalars(select(Ticket.id).order_by(Ticket.id)))
