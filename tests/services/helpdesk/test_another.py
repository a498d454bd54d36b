"""The wish for another ticket: the next message opens it, beside the open ones."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, Precedence
from database.models import LinkKind, Ticket, TicketStatus
from services import ticket_service as tickets
from services.helpdesk import another
from services.helpdesk.content import Content
from services.notices import CardPosted, NoRoomForAnother, TicketOpened
from services.problems import MostTicketsOpen, NothingToCancel
from tests.services import factories
from tests.services.factories import ANN, HOUR, SECOND, STAFF, TODAY, content, photo
from tests.support.times import NOON


@pytest.fixture
async def first(session: AsyncSession) -> Ticket:
    """Have an open ticket of Ann's."""
    return await factories.ticket(session, 7)


async def receive(
    session: AsyncSession,
    written: Content | None = None,
    *,
    now: datetime = NOON,
    as_another: bool = False,
) -> Ticket:
    return await tickets.receive(
        session,
        ANN,
        written or content(),
        staff_chat_id=STAFF,
        day=TODAY,
        now=now,
        as_another=as_another,
    )


async def have_most(session: AsyncSession, first: Ticket) -> None:
    for number in range(20, 20 + another.MOST_OPEN - 1):
        await factories.ticket(session, number, user=first.user, is_current=False)


async def test_the_next_message_opens_a_ticket_beside_the_open_one(
    session: AsyncSession, first: Ticket
) -> None:
    await another.wish(session, ANN, now=NOON)

    opened = await receive(session, now=NOON + HOUR - SECOND)

    assert (opened.daily_id, opened.status) == (1, TicketStatus.NEW)
    assert (opened.is_current, first.is_current, first.status) == (True, False, TicketStatus.NEW)
    assert (ANN.telegram_id, TicketOpened(opened.id)) in await factories.waiting(session)


async def test_only_the_next_one_does(session: AsyncSession, first: Ticket) -> None:
    await another.wish(session, ANN, now=NOON)
    opened = await receive(session)

    assert first is not opened
    assert await receive(session) is opened


async def test_instead_of_reopening_a_closed_one(session: AsyncSession) -> None:
    closed = await factories.ticket(session, 7, status=TicketStatus.CLOSED)
    await another.wish(session, ANN, now=NOON)

    assert await receive(session) is not closed


async def test_a_reply_does_too(session: AsyncSession, first: Ticket) -> None:
    await factories.link(session, first, 500, chat_id=ANN.telegram_id, kind=LinkKind.COPY)
    await another.wish(session, ANN, now=NOON)

    assert await receive(session, content("And this?", reply_to=500)) is not first


@pytest.mark.parametrize("later", [HOUR, -HOUR, timedelta(days=3)])
async def test_after_an_hour_the_wish_has_lapsed(
    session: AsyncSession, first: Ticket, later: timedelta
) -> None:
    await another.wish(session, ANN, now=NOON)

    assert await receive(session, now=NOON + later) is first
    with pytest.raises(NothingToCancel):
        await another.drop(session, ANN, now=NOON + later)


async def test_it_can_be_taken_back_once(session: AsyncSession, first: Ticket) -> None:
    await another.wish(session, ANN, now=NOON)

    await another.drop(session, ANN, now=NOON)

    assert await receive(session) is first
    with pytest.raises(NothingToCancel):
        await another.drop(session, ANN, now=NOON)


async def test_words_that_come_with_the_wish_open_a_ticket_at_once(
    session: AsyncSession, first: Ticket
) -> None:
    opened = await receive(session, as_another=True)

    assert first is not opened
    assert await receive(session) is opened


async def test_an_album_that_has_begun_stays_where_it_is(
    session: AsyncSession, first: Ticket
) -> None:
    await receive(session, photo(media_group_id="album"))
    await another.wish(session, ANN, now=NOON)

    assert await receive(session, photo(media_group_id="album")) is first
    assert await receive(session, content("My other question")) is not first


async def test_an_album_opens_one_ticket(session: AsyncSession, first: Ticket) -> None:
    await another.wish(session, ANN, now=NOON)

    items = [await receive(session, photo(media_group_id="album")) for _ in range(3)]

    assert {items[0]} == {*items}
    assert items[0] is not first


async def test_whoever_has_five_open_tickets_can_not_wish_for_another(
    session: AsyncSession, first: Ticket
) -> None:
    await have_most(session, first)

    with pytest.raises(MostTicketsOpen) as refused:
        await another.wish(session, ANN, now=NOON)

    day = first.opened_on.isoformat()
    assert refused.value.opened == [(number, day) for number in (7, 20, 21, 22, 23)]


@pytest.mark.parametrize("as_another", [False, True])
async def test_if_there_are_five_by_then_the_message_joins_one_and_its_writer_hears_so(
    session: AsyncSession, first: Ticket, *, as_another: bool
) -> None:
    await another.wish(session, ANN, now=NOON)
    await have_most(session, first)
    written = content()

    assert await receive(session, written, as_another=as_another) is first

    told = NoRoomForAnother(written.message_id, "en")
    assert (ANN.telegram_id, told) in await factories.waiting(session)
    assert await receive(session) is first


async def test_several_first_messages_of_one_person_have_one_share(
    session: AsyncSession, first: Ticket
) -> None:
    for _ in range(2):
        await receive(session, as_another=True)
    await tickets.receive(
        session,
        factories.KATE,
        content(chat_id=factories.KATE.telegram_id),
        staff_chat_id=STAFF,
        day=TODAY,
        now=NOON,
    )

    cards = select(Delivery.precedence).where(Delivery.kind == CardPosted.kind)
    assert list(await session.scalars(cards.order_by(Delivery.id))) == [
        Precedence.FOLLOW_UP,
        Precedence.FOLLOW_UP,
        Precedence.CARD,
    ]
    assert first.daily_id == 7
