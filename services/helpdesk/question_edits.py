"""Edits by users of what they wrote."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery
from database.models import ContentKind, LinkKind, Message, Ticket, TicketStatus
from services import links, outbox
from services.helpdesk import history, messages, owing
from services.helpdesk.content import Content
from services.notices import (
    CardPosted,
    EditedAfterAnswer,
    EditedAfterClose,
    QuestionEdited,
    QuestionPosted,
)


async def edit(session: AsyncSession, written: Message, content: Content, *, now: datetime) -> None:
    """Take over the new wording, and edit the copies in the staff chat.

    Nobody rereads what was dealt with, so staff are told of the first edit after the close, or
    after an answer; the ticket's status does not change. A card holds only text: if its message
    becomes a file, that is shown below the card.
    """
    was_text, edited_before = written.kind == ContentKind.TEXT, written.edited_at
    if not messages.reword(written, content):
        return
    ticket = await session.get_one(Ticket, written.ticket_id)
    notice = QuestionEdited(written.id)
    await outbox.post_change(session, ticket.staff_chat_id, notice, now=now, ticket=ticket)
    if _is_first_since_close(ticket, edited_before):
        told = EditedAfterClose(written.id)
        await outbox.post_once(session, ticket.staff_chat_id, told, now=now, ticket=ticket)
    elif await _is_first_since_answer(session, ticket, written):
        outbox.post(
            session, ticket.staff_chat_id, EditedAfterAnswer(written.id), now=now, ticket=ticket
        )
    if was_text and written.kind != ContentKind.TEXT and await _is_on_card(session, written):
        shown, album = QuestionPosted(written.id), written.media_group_id
        await outbox.post_content(
            session, ticket.staff_chat_id, shown, album, now=now, ticket=ticket
        )


async def _is_on_card(session: AsyncSession, written: Message) -> bool:
    """Whether a card shows it, or is to: that of the ticket that it opened or reopened."""
    to_show = select(Delivery.id).where(
        Delivery.ticket_id == written.ticket_id,
        Delivery.kind == CardPosted.kind,
        Delivery.payload["message_id"].as_integer() == written.id,
    )
    copies = await links.copies_anywhere(session, written.id)
    return (
        any(link.kind is LinkKind.CARD for link in copies)
        or await messages.is_first(session, written)
        or await session.scalar(to_show.limit(1)) is not None
    )


def _is_first_since_close(ticket: Ticket, edited_before: datetime | None) -> bool:
    return ticket.closed_at is not None and (
        edited_before is None or edited_before < ticket.closed_at
    )


async def _is_first_since_answer(session: AsyncSession, ticket: Ticket, written: Message) -> bool:
    """Whether staff answered after this was written, and have not been told of an edit since."""
    if ticket.status is TicketStatus.CLOSED:
        return False
    if not await owing.is_answered(session, ticket, first=written.id, since=written.sent_at):
        return False
    answered_at = await history.last_answered_at(session, ticket)
    told = await session.execute(
        select(Delivery.payload, Delivery.created_at).where(
            Delivery.ticket_id == ticket.id, Delivery.kind == EditedAfterAnswer.kind
        )
    )
    return not any(
        payload["message_id"] == written.id and (answered_at is None or created_at >= answered_at)
        for payload, created_at in told
    )
