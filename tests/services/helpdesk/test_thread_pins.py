"""Pins in threads: which card is pinned, and which no longer."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address, Place
from database.machinery import Precedence
from database.models import LinkKind, MessageLink, Ticket
from database.team import Thread
from services.helpdesk import staff_rights, thread_pins
from services.helpdesk.staff_rights import Rights
from services.notices import CardPinned, CardUnpinned, Notice, PinUntold
from tests.services import factories
from tests.services.factories import STAFF
from tests.support.times import NOON

ALL = Rights(may_pin=True, may_delete=True)


async def card(session: AsyncSession, ticket: Ticket, thread: Thread, message_id: int) -> Place:
    """Have a card stand in a thread."""
    place = Address(STAFF, thread.thread_id).place(message_id)
    session.add(
        MessageLink(
            ticket_id=ticket.id,
            kind=LinkKind.CARD,
            chat_id=STAFF,
            message_id=message_id,
            thread_id=thread.thread_id,
        )
    )
    await session.flush()
    return place


async def posted(session: AsyncSession) -> list[Notice]:
    await session.flush()
    return [notice for _, notice in await factories.waiting(session)]


async def test_a_card_is_pinned_once_the_bot_may_also_remove_the_line(
    session: AsyncSession, ticket: Ticket
) -> None:
    thread = await factories.thread(session, ticket)
    place = await card(session, ticket, thread, 50)
    for rights in (Rights(), Rights(may_pin=True), Rights(may_delete=True)):
        await staff_rights.note(session, STAFF, rights)
        await thread_pins.stands(session, place, thread.thread_id, now=NOON)
    assert await posted(session) == []

    await staff_rights.note(session, STAFF, ALL)
    await thread_pins.stands(session, place, thread.thread_id, now=NOON)

    assert await posted(session) == [CardPinned(thread.id, 50)]
    assert CardPinned.precedence is Precedence.BOARD


async def test_only_the_newest_card_is_to_be_pinned(session: AsyncSession, ticket: Ticket) -> None:
    thread = await factories.thread(session, ticket)
    await card(session, ticket, thread, 50)
    await card(session, ticket, thread, 60)

    assert await thread_pins.newest(session, thread.id, 50) is None
    assert await thread_pins.newest(session, thread.id, 60) is not None


async def test_a_card_that_stands_elsewhere_is_not_to_be_pinned(
    session: AsyncSession, ticket: Ticket
) -> None:
    thread = await factories.thread(session, ticket)
    other = await factories.thread(session, ticket)
    await card(session, ticket, thread, 50)

    assert await thread_pins.newest(session, other.id, 50) is None


async def test_the_card_before_is_unpinned_once_the_newer_one_hangs(
    session: AsyncSession, ticket: Ticket
) -> None:
    thread = await factories.thread(session, ticket)
    first, second = Place(STAFF, 50), Place(STAFF, 60)

    for place in (first, first, second, second):  # what was on its way when the bot died goes again
        await thread_pins.hangs(session, thread.id, place, now=NOON)

    assert await posted(session) == [CardUnpinned(STAFF, 50)]
    assert thread.pinned_id == 60


async def test_only_the_line_about_what_is_ours_is_removed(
    session: AsyncSession, ticket: Ticket
) -> None:
    thread = await factories.thread(session, ticket)
    place = await card(session, ticket, thread, 50)

    await thread_pins.untell(session, place, 51, now=NOON)
    await thread_pins.untell(session, Place(STAFF, 40), 41, now=NOON)

    assert await posted(session) == [PinUntold(STAFF, 51)]
