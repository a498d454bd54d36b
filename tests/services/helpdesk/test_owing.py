"""A ticket waits for its user only where the user has an answer, or one is on its way."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Message, Ticket, TicketEvent, TicketStatus
from database.session import make_engine, make_sessions
from services import ticket_service as tickets
from services.delivery import failures
from services.helpdesk import answers, owing, resend
from services.notices import AnswerPosted, CardPosted, CardRedrawn, QuestionPosted
from tests.services import factories
from tests.services.factories import HOUR, STAFF, content
from tests.support.times import NOON

BLOCKED = "Forbidden: bot was blocked by the user"


async def answered(session: AsyncSession, ticket: Ticket, *texts: str) -> list[Delivery]:
    """Have answers written; give their deliveries."""
    for text in texts:
        await answers.write(session, ticket, content(text, chat_id=STAFF), by=None, now=NOON)
    sends = select(Delivery).where(Delivery.kind == AnswerPosted.kind).order_by(Delivery.id)
    return list(await session.scalars(sends))


async def fail(session: AsyncSession, *sends: Delivery) -> None:
    for one in sends:
        await failures.fail(session, [one], BLOCKED, now=NOON)


@pytest.mark.parametrize("before", [TicketStatus.NEW, TicketStatus.OPEN])
async def test_a_ticket_whose_only_answer_failed_is_what_it_was_and_its_card_shows_it(
    session: AsyncSession, before: TicketStatus
) -> None:
    ticket = await factories.ticket(session, status=before)
    sends = await answered(session, ticket, "It is late")
    assert ticket.status is TicketStatus.PENDING

    await fail(session, *sends)

    assert ticket.status is before
    assert (STAFF, CardRedrawn(ticket.id)) in await factories.waiting(session)


async def test_a_ticket_waits_since_its_turn_passed_and_again_if_no_answer_arrived(
    session: AsyncSession, ticket: Ticket
) -> None:
    later = NOON + HOUR
    said = content("It is late", chat_id=STAFF)
    await answers.write(session, ticket, said, by=None, now=later)
    assert ticket.waiting_since == later

    await fail(session, *(await session.scalars(select(Delivery).where(Delivery.chat_id > 0))))

    assert (ticket.status, ticket.waiting_since) == (TicketStatus.NEW, ticket.opened_at)


async def test_an_answer_of_an_older_version_leaves_its_ticket_waiting_since_it_was_opened(
    session: AsyncSession, ticket: Ticket
) -> None:
    sends = await answered(session, ticket, "It is late")
    event = (await session.scalars(select(TicketEvent))).one()
    event.details = {"message_id": 0, "was": "open"}

    await fail(session, *sends)

    assert (ticket.status, ticket.waiting_since) == (TicketStatus.OPEN, ticket.opened_at)


async def test_a_ticket_waits_for_its_user_until_the_last_of_its_answers_failed(
    session: AsyncSession, ticket: Ticket
) -> None:
    became = []
    for send in await answered(session, ticket, "It is late", "Sorry"):
        await fail(session, send)
        became.append(ticket.status)

    assert became == [TicketStatus.PENDING, TicketStatus.NEW]


async def test_a_ticket_that_was_closed_meanwhile_stays_closed(
    session: AsyncSession, ticket: Ticket
) -> None:
    sends = await answered(session, ticket, "It is late")
    await tickets.close(session, ticket, by=None, now=NOON)

    await fail(session, *sends)

    assert ticket.status is TicketStatus.CLOSED


async def test_what_is_sent_again_answers_its_ticket_until_it_fails_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    (send,) = await answered(session, ticket, "It is late")
    await fail(session, send)

    became = []
    await resend.resend(session, ticket, send.id, now=NOON)
    became.append(ticket.status)
    await fail(session, send)
    became.append(ticket.status)

    assert became == [TicketStatus.PENDING, TicketStatus.NEW]


async def test_an_answer_that_was_sent_again_still_counts_when_a_later_one_is_taken_back(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second = await answered(session, ticket, "It is late", "Sorry")
    await fail(session, first, second)
    await resend.resend(session, ticket, first.id, now=NOON)

    await resend.resend(session, ticket, second.id, now=NOON)
    last = await session.get_one(Message, second.payload["message_id"])
    await answers.edit(session, ticket, last, content("// no", chat_id=STAFF), now=NOON)

    assert ticket.status is TicketStatus.PENDING


async def test_an_answer_that_is_retracted_leaves_only_a_failed_one_which_answers_nothing(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second = await answered(session, ticket, "It is late", "Sorry")
    await fail(session, first)
    last = await session.get_one(Message, second.payload["message_id"])

    await answers.edit(session, ticket, last, content("// no", chat_id=STAFF), now=NOON)

    assert ticket.status is TicketStatus.NEW


async def test_what_was_done_to_a_ticket_meanwhile_outlives_the_failure_of_its_answer(
    postgres_url: str,
) -> None:
    """The courier may have read the ticket before somebody closed it; on SQLite they take turns."""
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        ticket = await factories.ticket(session)
        (send,) = await answered(session, ticket, "It is late")
    async with sessions.begin() as settling:
        failed = await settling.get_one(Delivery, send.id)
        read = await settling.get_one(Ticket, ticket.id)
        async with sessions.begin() as session:
            same = await tickets.get(session, ticket.id, staff_chat_id=STAFF)
            await tickets.close(session, same, by=None, now=NOON)
        await fail(settling, failed)
        assert read.status is TicketStatus.CLOSED
    await engine.dispose()


async def test_an_album_that_is_sent_again_answers_its_ticket_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    for _ in range(2):
        item = factories.photo(chat_id=STAFF, media_group_id="album")
        await answers.write(session, ticket, item, by=None, now=NOON)
    sends = list(await session.scalars(select(Delivery).where(Delivery.chat_id > 0)))
    await factories.claim(session, *sends)
    await failures.fail(session, sends, BLOCKED, now=NOON)

    became = [ticket.status]
    await resend.resend(session, ticket, sends[0].id, now=NOON)
    became.append(ticket.status)
    await failures.fail(session, sends, BLOCKED, now=NOON)
    became.append(ticket.status)

    assert became == [TicketStatus.NEW, TicketStatus.PENDING, TicketStatus.NEW]


async def unread(session: AsyncSession, ticket: Ticket, **changes: Any) -> Delivery:
    """Have the ticket's user write something that waits to be sent to staff."""
    written = await factories.message(session, ticket)
    return await factories.delivery(session, QuestionPosted(written.id), ticket, **changes)


@pytest.mark.parametrize("before", [TicketStatus.NEW, TicketStatus.OPEN])
@pytest.mark.parametrize("attempts", [0, 1])
async def test_an_answer_that_crosses_what_the_user_writes_leaves_it_to_staff(
    session: AsyncSession, before: TicketStatus, attempts: int
) -> None:
    ticket = await factories.ticket(session, status=before)
    first = await unread(session, ticket, now=NOON - HOUR, attempts=attempts)
    second = await unread(session, ticket)

    await answered(session, ticket, "It is late")

    assert (ticket.status, ticket.waiting_since) == (TicketStatus.OPEN, first.created_at)
    assert first.payload["our_turn"]
    assert not second.payload["our_turn"]
    assert (STAFF, CardRedrawn(ticket.id)) in await factories.waiting(session)


async def test_an_answer_to_the_older_card_leaves_a_reopened_ticket_to_staff(
    session: AsyncSession,
) -> None:
    ticket = await factories.ticket(session, status=TicketStatus.OPEN)
    said = await factories.message(session, ticket)
    await factories.delivery(session, CardPosted(ticket.id, said.id), ticket)

    await answered(session, ticket, "It is late")

    assert ticket.status is TicketStatus.OPEN


@pytest.mark.parametrize(
    "sent",
    [
        {"status": DeliveryStatus.DELIVERED},
        {"status": DeliveryStatus.CLAIMED},
    ],
)
async def test_what_staff_may_have_seen_is_answered(
    session: AsyncSession, ticket: Ticket, sent: dict[str, Any]
) -> None:
    await unread(session, ticket, **sent)

    await answered(session, ticket, "It is late")

    assert ticket.status is TicketStatus.PENDING


async def test_what_is_being_claimed_right_now_holds_up_nobody(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        await factories.staff_chat(session)
        ticket = await factories.ticket(session, status=TicketStatus.OPEN)
        waiting = await unread(session, ticket)
    async with sessions() as courier, sessions() as handler, asyncio.timeout(10):
        await courier.get_one(Delivery, waiting.id, with_for_update=True)
        assert await owing.unseen(handler, ticket) is None
    await engine.dispose()
