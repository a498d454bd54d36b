"""What was written on a ticket, stored as it came, with every wording counted."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database import rows
from database.models import Direction, LinkKind, Message, MessageLink, Ticket, User
from services.content import Content


async def store(
    session: AsyncSession,
    ticket: Ticket,
    author: User | None,
    direction: Direction,
    content: Content,
) -> Message:
    """Keep what was written; its id is known on return. To change it later, `find` it."""
    message = Message(
        ticket_id=ticket.id,
        author_id=author.id if author else None,
        direction=direction,
        chat_id=content.chat_id,
        message_id=content.message_id,
        kind=content.kind,
        text=content.text,
        entities=content.entities or None,
        file_id=content.file_id,
        file_unique_id=content.file_unique_id,
        media_group_id=content.media_group_id,
        reply_to_id=await _replied_to(session, ticket, content),
        revision=0,
        sent_at=content.sent_at,
    )
    rows.add(session, message)
    if message.id is None:
        await session.flush()
    return message


async def find(session: AsyncSession, chat_id: int, message_id: int) -> Message | None:
    """Find what a person wrote by its place in Telegram, locked until the commit."""
    found: Message | None = await session.scalar(
        select(Message)
        .where(Message.chat_id == chat_id, Message.message_id == message_id)
        .with_for_update(key_share=True)
    )
    return found


async def is_first(session: AsyncSession, message: Message) -> bool:
    """Whether the message opened its ticket."""
    earlier = select(Message.id).where(
        Message.ticket_id == message.ticket_id, Message.id < message.id
    )
    return await session.scalar(earlier.limit(1)) is None


async def is_answered(session: AsyncSession, ticket: Ticket, *, since: int) -> bool:
    """Whether an answer stands on the ticket, from the message `since` on."""
    standing = select(Message.id).where(
        Message.ticket_id == ticket.id,
        Message.direction == Direction.ANSWER,
        Message.id >= since,
    )
    return await session.scalar(standing.limit(1)) is not None


async def album(
    session: AsyncSession, ticket: Ticket, media_group_id: str | None
) -> Sequence[Message]:
    """List what is stored of an album, oldest first; nothing if there is no album."""
    if media_group_id is None:
        return []
    items = select(Message).where(
        Message.ticket_id == ticket.id, Message.media_group_id == media_group_id
    )
    return (await session.scalars(items.order_by(Message.id))).all()


def reword(message: Message, content: Content) -> bool:
    """Take over a new wording; whether anything that we pass on is different at all."""
    before = (message.text, message.entities or [], message.file_unique_id)
    if before == (content.text, content.entities, content.file_unique_id):
        return False
    message.kind, message.text = content.kind, content.text
    message.entities = content.entities or None
    message.file_id, message.file_unique_id = content.file_id, content.file_unique_id
    message.revision += 1
    return True


async def _replied_to(session: AsyncSession, ticket: Ticket, content: Content) -> int | None:
    """Find the stored message that `content` replies to, itself or through a copy of it.

    A reply to the card is about the ticket, not about the message that stands on the card.
    """
    if content.reply_to is None:
        return None
    original = await session.scalar(
        select(Message.id).where(
            Message.chat_id == content.chat_id,
            Message.message_id == content.reply_to,
            Message.ticket_id == ticket.id,
        )
    )
    return original or await session.scalar(
        select(MessageLink.copy_of)
        .where(
            MessageLink.chat_id == content.chat_id,
            MessageLink.message_id == content.reply_to,
            MessageLink.ticket_id == ticket.id,
            MessageLink.kind == LinkKind.COPY,
        )
        .order_by(MessageLink.id)
        .limit(1)
    )
