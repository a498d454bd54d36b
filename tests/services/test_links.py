from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address, Place
from database.models import LinkKind, Ticket
from services import links
from tests.services import factories
from tests.services.factories import ANN, STAFF


async def test_a_message_of_the_bot_is_known_by_its_id_in_its_chat(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.link(session, ticket, 77)

    assert await links.ticket_id_of(session, Place(STAFF, 77)) == ticket.id
    assert await links.ticket_id_of(session, Place(STAFF, 78)) is None
    assert await links.ticket_id_of(session, Place(-1002, 77)) is None
    assert await links.ticket_id_of(session, Place(STAFF, 77, account=80)) is None


async def test_a_business_account_has_the_same_chat_with_messages_of_its_own(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    user, theirs = ticket.user.chat_id, {"chat_id": ticket.user.chat_id, "account": 80}
    link = await factories.link(session, ticket, 77, copy_of=message.id, **theirs)
    await factories.link(session, ticket, 77, chat_id=user)

    assert await links.beside(session, link) == [link]
    assert await links.is_card(session, ticket.id, Place(user, 77, account=80))
    written = Place(user, message.message_id)
    assert await links.has_copy_of(session, user, written)
    assert not await links.has_copy_of(session, user, written._replace(account=80))
    assert links.as_left(link).account == 80


async def test_the_newest_card_represents_the_ticket(session: AsyncSession, ticket: Ticket) -> None:
    await factories.link(session, ticket, 77)
    newest = await factories.link(session, ticket, 78)
    await factories.link(session, ticket, 79, kind=LinkKind.COPY)

    assert await links.newest_card(session, ticket) is newest


async def test_a_card_in_the_chat_that_the_group_has_left_does_not_count(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.link(session, ticket, 77, chat_id=-5)

    assert await links.newest_card(session, ticket) is None


async def test_the_copies_of_a_message_are_listed_in_order(
    session: AsyncSession, ticket: Ticket
) -> None:
    message, other = [await factories.message(session, ticket) for _ in range(2)]
    copies = [
        await factories.link(session, ticket, 77 + part, copy_of=message.id, part=part)
        for part in range(2)
    ]
    await factories.link(session, ticket, 80, copy_of=other.id)
    await factories.link(session, ticket, 81, copy_of=message.id, chat_id=ANN.telegram_id)

    assert await links.copies(session, message.id, Address(STAFF)) == copies


async def test_a_copy_anywhere_is_a_copy(session: AsyncSession, ticket: Ticket) -> None:
    message, other = [await factories.message(session, ticket) for _ in range(2)]
    copy = await factories.link(session, ticket, 77, copy_of=message.id, chat_id=-5)

    assert await links.copies_anywhere(session, message.id) == [copy]
    assert await links.copies_anywhere(session, other.id) == []


async def test_what_a_merged_message_holds_is_listed_in_order(
    session: AsyncSession, ticket: Ticket
) -> None:
    merged = [await factories.link(session, ticket, 77) for _ in range(3)]
    await factories.link(session, ticket, 78)
    await factories.link(session, ticket, 77, chat_id=-5)

    assert await links.beside(session, merged[1]) == merged
