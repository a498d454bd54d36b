"""What staff write on a ticket: an answer goes to its user, a note stays; both can be changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Direction, Message, Ticket, TicketStatus, User
from services import history, messages, outbox
from services.content import Content
from services.notices import AnswerEdited, AnswerPosted, AnswerRetracted, NoteKept


async def write(
    session: AsyncSession, ticket: Ticket, content: Content, *, by: User | None, now: datetime
) -> None:
    """Take in what staff wrote in reply to the ticket: `// …` is a note, all else an answer.

    An album is one or the other as a whole. An answer to a closed ticket leaves it closed.
    """
    album = await messages.album(session, ticket, content.media_group_id)
    if content.is_note or any(item.direction is Direction.NOTE for item in album):
        await _note(session, ticket, content, album, by=by, now=now)
        return
    answer = await messages.store(session, ticket, by, Direction.ANSWER, content)
    history.record(session, ticket, by, "answered", now)
    notice, group = AnswerPosted(answer.id), answer.media_group_id
    await outbox.post_content(session, ticket.user.chat_id, notice, group, now=now, ticket=ticket)
    if ticket.status in {TicketStatus.NEW, TicketStatus.OPEN}:
        ticket.status = TicketStatus.PENDING
        await outbox.redraw_card(session, ticket, now=now)


async def edit(
    session: AsyncSession, ticket: Ticket, written: Message, content: Content, *, now: datetime
) -> None:
    """Take over the new wording of an answer or a note, at the user's too.

    A note stays a note whatever it becomes; an answer that becomes one is taken back.
    """
    if not messages.reword(written, content) or written.direction is Direction.NOTE:
        return
    if content.is_note:
        album = await messages.album(session, ticket, written.media_group_id)
        await _retract(session, ticket, album or [written], now=now)
    else:
        notice = AnswerEdited(written.id)
        await outbox.post_once(session, ticket.user.chat_id, notice, now=now, ticket=ticket)


async def _note(
    session: AsyncSession,
    ticket: Ticket,
    content: Content,
    album: Sequence[Message],
    *,
    by: User | None,
    now: datetime,
) -> None:
    """Keep a note; what came before it in its album was none yet, and becomes one."""
    note = await messages.store(session, ticket, by, Direction.NOTE, content)
    history.record(session, ticket, by, "noted", now)
    if not any(item.direction is Direction.NOTE for item in album):
        outbox.post(session, content.chat_id, NoteKept(note.id), now=now, ticket=ticket)
    await _retract(session, ticket, album, now=now)


async def _retract(
    session: AsyncSession, ticket: Ticket, written: Sequence[Message], *, now: datetime
) -> None:
    """Make notes of answers: what the user has of them is deleted, what waits is not sent."""
    for answer in written:
        if answer.direction is Direction.ANSWER:
            answer.direction = Direction.NOTE
            notice = AnswerRetracted(answer.id)
            await outbox.post_once(session, ticket.user.chat_id, notice, now=now, ticket=ticket)
