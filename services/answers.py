"""What staff write on a ticket: an answer goes to its user, a note stays; both can be changed."""

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

    An answer to a closed ticket is delivered and leaves it closed.
    """
    if content.is_note:
        await _note(session, ticket, content, by=by, now=now)
        return
    answer = await messages.store(session, ticket, by, Direction.ANSWER, content)
    history.record(session, ticket, by, "answered", now)
    notice, album = AnswerPosted(answer.id), answer.media_group_id
    await outbox.post_content(session, ticket.user.chat_id, notice, album, now=now, ticket=ticket)
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
        written.direction = Direction.NOTE
        notice: AnswerRetracted | AnswerEdited = AnswerRetracted(written.id)
    else:
        notice = AnswerEdited(written.id)
    await outbox.post_once(session, ticket.user.chat_id, notice, now=now, ticket=ticket)


async def _note(
    session: AsyncSession, ticket: Ticket, content: Content, *, by: User | None, now: datetime
) -> None:
    note = await messages.store(session, ticket, by, Direction.NOTE, content)
    history.record(session, ticket, by, "noted", now)
    outbox.post(session, content.chat_id, NoteKept(note.id), now=now, ticket=ticket)
