"""Finds the ticket that a message of the bot belongs to: by stored ids, never by its text."""

from collections.abc import Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address, Place
from database.conditions import IS_CARD, in_chat, stands_at
from database.models import Direction, LinkKind, Message, MessageLink, Ticket


async def newest_card(session: AsyncSession, ticket: Ticket) -> MessageLink | None:
    """Find the ticket's card in its current staff chat."""
    found: MessageLink | None = await session.scalar(
        select(MessageLink)
        .where(
            MessageLink.ticket_id == ticket.id,
            IS_CARD,
            MessageLink.chat_id == ticket.staff_chat_id,
        )
        .order_by(MessageLink.id.desc())
        .limit(1)
    )
    return found


async def newest_cards(session: AsyncSession, ids: Collection[int]) -> dict[int, MessageLink]:
    """Find the cards of tickets in their current staff chats, as `newest_card` does."""
    found = await session.scalars(
        select(MessageLink)
        .join(Ticket, Ticket.id == MessageLink.ticket_id)
        .where(Ticket.id.in_(ids), IS_CARD, MessageLink.chat_id == Ticket.staff_chat_id)
        .order_by(MessageLink.id)
    )
    return {card.ticket_id: card for card in found}


async def shown_on_newest_card(session: AsyncSession, ticket: Ticket) -> int | None:
    """Find the message that the ticket's newest card in any chat shows; None if there is none."""
    found: int | None = await session.scalar(
        select(MessageLink.copy_of)
        .where(MessageLink.ticket_id == ticket.id, IS_CARD, MessageLink.copy_of.is_not(None))
        .order_by(MessageLink.id.desc())
        .limit(1)
    )
    return found


async def ticket_id_of(session: AsyncSession, place: Place) -> int | None:
    """Find the ticket that a message of the bot belongs to."""
    found: int | None = await session.scalar(
        select(MessageLink.ticket_id).where(stands_at(MessageLink, place)).limit(1)
    )
    return found


async def ticket_ids_of(session: AsyncSession, place: Place) -> Sequence[int]:
    """List the tickets that a message of the bot belongs to: several, if some of it was moved."""
    found = select(MessageLink.ticket_id).where(stands_at(MessageLink, place)).distinct()
    return (await session.scalars(found.order_by(MessageLink.ticket_id))).all()


async def is_card(session: AsyncSession, ticket_id: int, place: Place) -> bool:
    """Whether this very message is stored as the ticket's card."""
    card = exists().where(
        stands_at(MessageLink, place),
        MessageLink.ticket_id == ticket_id,
        IS_CARD,
    )
    return bool(await session.scalar(select(card)))


async def copies(session: AsyncSession, message_pk: int, address: Address) -> list[MessageLink]:
    """List the copies of a message in a chat that follow its edits, as they were sent."""
    found = await all_copies(session, message_pk, address)
    return [link for link in found if link.kind is not LinkKind.NOTICE]


async def all_copies(session: AsyncSession, message_pk: int, address: Address) -> list[MessageLink]:
    """List the copies of a message in a chat, also those that can't be edited (`as_left`)."""
    found = await session.scalars(
        select(MessageLink)
        .where(MessageLink.copy_of == message_pk, in_chat(MessageLink, address))
        .order_by(MessageLink.id)
    )
    return list(found)


def as_left(link: MessageLink) -> MessageLink:
    """Make a link for a message that stays as it is, while `link` moves on to a new message.

    It no longer follows edits, but a reply to it is still understood, and it can be deleted.
    """
    return MessageLink(
        ticket_id=link.ticket_id,
        copy_of=link.copy_of,
        kind=LinkKind.NOTICE,
        account=link.account,
        chat_id=link.chat_id,
        message_id=link.message_id,
        part=link.part,
        revision=link.revision,
        thread_id=link.thread_id,
    )


async def has_copy_of(session: AsyncSession, recipient_id: int, place: Place) -> bool:
    """Whether a chat (`recipient_id`) has a copy of the message that a person wrote there."""
    found = (
        select(MessageLink.id)
        .join(Message, MessageLink.copy_of == Message.id)
        .where(
            stands_at(Message, place),
            MessageLink.chat_id == recipient_id,
        )
    )
    return await session.scalar(found.limit(1)) is not None


async def shows_note(session: AsyncSession, place: Place) -> bool:
    """Whether a message of the bot shows a note, or an answer that has become one."""
    found = (
        select(MessageLink.id)
        .join(Message, MessageLink.copy_of == Message.id)
        .where(stands_at(MessageLink, place), Message.direction == Direction.NOTE)
    )
    return await session.scalar(found.limit(1)) is not None


async def copies_anywhere(session: AsyncSession, message_pk: int) -> Sequence[MessageLink]:
    """List a message's copies in all chats, also in those that the group has moved from."""
    found = await session.scalars(select(MessageLink).where(MessageLink.copy_of == message_pk))
    return found.all()


async def beside(session: AsyncSession, link: MessageLink) -> list[MessageLink]:
    """List all links of the same message of the bot, including `link`."""
    found = await session.scalars(
        select(MessageLink).where(stands_at(MessageLink, link.place)).order_by(MessageLink.id)
    )
    return list(found)
