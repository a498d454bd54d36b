"""What was written on a ticket, stored as it came, with a number for each wording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from core.text import utf16_len
from database import bulk_rows
from database.conditions import stands_at
from database.models import Direction, LinkKind, Message, MessageLink, Ticket, User
from services.helpdesk.content import Content, essence

# A flag among the details of what a user wrote: its writer said or heard where it goes, or staff
# split it off. What its writer adds, without either, follows it (services/helpdesk/rejoining.py).
BEGINS = "begins"

# Among the details of what staff wrote in a thread of a forum: its id.
THREAD = "thread_id"

# Details that an edit does not change: besides, what was quoted, and where it was moved from.
_KEPT = frozenset({BEGINS, THREAD, "quote", "moved"})

# The length of what separates texts in one message, in UTF-16 units (bot/wording/quoting.py).
BETWEEN = 2


@dataclass(frozen=True)
class Stored:
    """A message that was just kept."""

    id: int
    kind: str
    media_group_id: str | None


async def store(
    session: AsyncSession,
    ticket: Ticket,
    author: User | None,
    direction: Direction,
    content: Content,
    *,
    begins: bool = False,
) -> Stored:
    """Keep what was written; see BEGINS."""
    reply_to_id, details = await replied_to(session, ticket, content)
    details = details | {BEGINS: True} if begins else details
    if content.thread_id is not None and direction is not Direction.QUESTION:
        details = details | {THREAD: content.thread_id}
    key = await bulk_rows.add_and_get_key(
        session,
        Message,
        ticket_id=ticket.id,
        author_id=author.id if author else None,
        direction=direction,
        account=content.account,
        chat_id=content.chat_id,
        message_id=content.message_id,
        kind=content.kind,
        text=content.text,
        entities=content.entities or None,
        details=details or None,
        file_id=content.file_id,
        file_unique_id=content.file_unique_id,
        media_group_id=content.media_group_id,
        reply_to_id=reply_to_id,
        revision=0,
        sent_at=content.sent_at,
        edited_at=content.edited_at,
    )
    return Stored(key, content.kind, content.media_group_id)


async def find(session: AsyncSession, place: Place) -> Message | None:
    """Find what a person wrote by its place in Telegram, locked until the commit."""
    found: Message | None = await session.scalar(
        select(Message).where(stands_at(Message, place)).with_for_update(key_share=True)
    )
    return found


async def is_first(session: AsyncSession, message: Message) -> bool:
    """Whether the message opened its ticket."""
    earlier = select(Message.id).where(
        Message.ticket_id == message.ticket_id, Message.id < message.id
    )
    return await session.scalar(earlier.limit(1)) is None


def follows(message: Message) -> bool:
    """Whether it goes where its writer's message before it goes; see BEGINS."""
    return BEGINS not in (message.details or {})


async def album(
    session: AsyncSession, ticket: Ticket, media_group_id: str | None
) -> Sequence[Message]:
    """List the stored items of an album, oldest first; nothing if there is no album."""
    if media_group_id is None:
        return []
    items = select(Message).where(
        Message.ticket_id == ticket.id, Message.media_group_id == media_group_id
    )
    return (await session.scalars(items.order_by(Message.id))).all()


def reword(message: Message, content: Content) -> bool:
    """Take over an edit; False if it is older, or changes nothing that we pass on."""
    if message.edited_at and content.edited_at and content.edited_at < message.edited_at:
        return False
    if is_as_written(message, content):
        return False
    message.kind, message.text = content.kind, content.text
    message.edited_at = content.edited_at
    kept = {name: one for name, one in (message.details or {}).items() if name in _KEPT}
    message.entities, message.details = content.entities or None, content.details | kept or None
    message.file_id, message.file_unique_id = content.file_id, content.file_unique_id
    message.revision += 1
    return True


def is_as_written(message: Message, content: Content) -> bool:
    """Whether nothing that we pass on is different."""
    before = (message.text, message.entities or [], message.file_unique_id)
    after = (content.text, content.entities, content.file_unique_id)
    return before == after and essence(message.kind, message.details) == essence(
        content.kind, content.details
    )


async def replied_to(
    session: AsyncSession, ticket: Ticket, content: Content
) -> tuple[int | None, dict[str, Any]]:
    """Find the stored message that `content` replies to, itself or through a copy of it.

    Also give the details, with the quote from that message if there is one. A reply to the card is
    about the ticket, unless it quotes the message on the card.
    """
    if content.reply_to is None:
        return None, content.details
    place = content.place._replace(message_id=content.reply_to)
    original = await session.scalar(
        select(Message).where(
            stands_at(Message, place),
            Message.ticket_id == ticket.id,
        )
    )
    shown = [original] if original is not None else await _shown(session, ticket, place, content)
    quote = content.details.get("quote")
    if quote is None:
        return (shown[0].id if shown else None), content.details
    found = _quoted(shown, str(quote.get("text")), content.quoted_from_end)
    if found is None:
        return (shown[0].id if shown else None), content.details
    replied, position = found
    return replied.id, content.details | {"quote": quote | {"position": position}}


async def _shown(
    session: AsyncSession, ticket: Ticket, place: Place, content: Content
) -> list[Message]:
    """List the messages that the bot's message shows; for a card only if it is quoted."""
    kinds = [LinkKind.COPY, *([LinkKind.CARD] if "quote" in content.details else [])]
    found = await session.scalars(
        select(Message)
        .join(MessageLink, MessageLink.copy_of == Message.id)
        .where(
            stands_at(MessageLink, place),
            MessageLink.ticket_id == ticket.id,
            Message.ticket_id == ticket.id,
            MessageLink.kind.in_(kinds),
        )
        .order_by(MessageLink.id)
    )
    return list(found)


def _quoted(shown: Sequence[Message], quote: str, from_end: int) -> tuple[Message, int] | None:
    """Find which of the texts in one message is quoted, and where in it."""
    places: list[tuple[int, Message, int]] = []
    behind = 0
    for message in reversed(shown):
        text = message.text or ""
        length, start = utf16_len(text), text.find(quote)
        while quote and start >= 0:
            position = utf16_len(text[:start])
            places.append((abs(behind + length - position - from_end), message, position))
            start = text.find(quote, start + 1)
        behind += length + BETWEEN
    if not places:
        return None
    _, message, position = min(places, key=lambda place: place[0])
    return message, position
