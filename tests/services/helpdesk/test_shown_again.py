"""What stood below a card in a thread that is gone waits again, and counts as seen."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffMode
from database.machinery import Delivery, DeliveryStatus
from database.models import LinkKind, Message, MessageLink, Ticket, TicketStatus
from database.team import Thread
from services import ticket_service as tickets
from services.helpdesk import answers, staff_chats, staff_modes, threads
from services.notices import CardPosted, QuestionPosted
from tests.services import factories
from tests.services.factories import STAFF
from tests.support.times import NOON

SEEN: dict[str, Any] = {"status": DeliveryStatus.DELIVERED, "sent_at": NOON}


@pytest.fixture
async def ticket(session: AsyncSession) -> Ticket:
    """Have a ticket of a forum, which goes on in a thread with its card."""
    await staff_modes.choose(session, await staff_chats.main(session), StaffMode.FORUM, now=NOON)
    made = await factories.ticket(session)
    thread = await factories.thread(session, made)
    await factories.link(session, made, 50, thread_id=thread.thread_id)
    await factories.delivery(session, CardPosted(made.id), made, **SEEN)
    return made


async def thread_of(session: AsyncSession, ticket: Ticket) -> Thread:
    found = await threads.of_ticket(session, ticket)
    assert found is not None
    return found


async def photo(session: AsyncSession, ticket: Ticket) -> tuple[Message, Delivery, MessageLink]:
    """Have the ticket's first message be a photo, which staff have seen below the card."""
    asked = await factories.message(session, ticket, factories.photo())
    delivery = await factories.delivery(session, QuestionPosted(asked.id), ticket, **SEEN)
    where = {"copy_of": asked.id, "thread_id": ticket.thread_id, "kind": LinkKind.COPY}
    return asked, delivery, await factories.link(session, ticket, 51, **where)


async def is_gone(session: AsyncSession, ticket: Ticket) -> None:
    await threads.gone(session, STAFF, (await thread_of(session, ticket)).thread_id, now=NOON)
    await session.flush()


async def test_a_photo_goes_before_what_waits(session: AsyncSession, ticket: Ticket) -> None:
    asked, delivery, copy = await photo(session, ticket)
    later = await factories.message(session, ticket)
    await factories.delivery(session, QuestionPosted(later.id), ticket)

    await is_gone(session, ticket)

    waiting = [notice for _, notice in await factories.waiting(session)]
    assert waiting[:2] == [QuestionPosted(asked.id, again=True), QuestionPosted(later.id)]
    assert (delivery.status, copy.kind) == (DeliveryStatus.WAITING, LinkKind.NOTICE)


async def test_the_rest_of_a_text_is_sent_as_the_card_s(
    session: AsyncSession, ticket: Ticket
) -> None:
    asked = await factories.message(session, ticket)
    card = await factories.delivery(session, CardPosted(ticket.id), ticket, part=2, **SEEN)
    where = {"copy_of": asked.id, "thread_id": ticket.thread_id, "kind": LinkKind.COPY}
    await factories.link(session, ticket, 51, part=1, **where)

    await is_gone(session, ticket)

    assert (card.status, card.part) == (DeliveryStatus.WAITING, 1)


async def test_what_stands_in_another_place_stays_there(
    session: AsyncSession, ticket: Ticket
) -> None:
    _asked, delivery, copy = await photo(session, ticket)
    copy.thread_id = None

    await is_gone(session, ticket)

    assert (delivery.status, copy.kind) == (DeliveryStatus.DELIVERED, LinkKind.COPY)


async def test_what_staff_have_seen_keeps_no_ticket_open(
    session: AsyncSession, ticket: Ticket
) -> None:
    await photo(session, ticket)
    await is_gone(session, ticket)

    answer = factories.content("It is out", chat_id=STAFF)
    await answers.write(session, ticket, answer, by=None, now=NOON)
    statuses = [ticket.status]
    await tickets.close(session, ticket, by=None, now=NOON)
    statuses.append(ticket.status)

    assert statuses == [TicketStatus.PENDING, TicketStatus.CLOSED]
