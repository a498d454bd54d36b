"""What staff write on a ticket: an answer goes to its user, a note stays; both can be changed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core import slashes
from core.address import Address
from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, EventKind, Message, Ticket, User
from services import links, outbox
from services.helpdesk import history, messages, owing, resend
from services.helpdesk.content import Content
from services.notices import (
    AnswerEdited,
    AnswerMayRemain,
    AnswerPosted,
    AnswerRetracted,
    CopyMayRemain,
    NoteKept,
    Refusal,
    SaidElsewhere,
)
from services.problems import NoteStays


async def write(
    session: AsyncSession,
    ticket: Ticket,
    content: Content,
    *,
    by: User | None,
    now: datetime,
    as_note: bool = False,
) -> None:
    """Take in what staff wrote in reply to the ticket: `// …` is a note, all else an answer.

    An album is one or the other as a whole. An answer to a closed ticket leaves it closed.
    """
    album = await messages.album(session, ticket, content.media_group_id)
    if as_note or content.is_note or any(item.direction is Direction.NOTE for item in album):
        await _note(session, ticket, content, album, by=by, now=now)
        return
    answer = await messages.store(session, ticket, by, Direction.ANSWER, content)
    if not album:
        _show_elsewhere(session, ticket, answer.id, content, now=now)
    notice, group = AnswerPosted(answer.id), answer.media_group_id
    await outbox.post_content(session, ticket.user.chat_id, notice, group, now=now, ticket=ticket)
    await owing.answered(session, ticket, answer.id, by=by, now=now)


def _show_elsewhere(
    session: AsyncSession, ticket: Ticket, message_id: int, content: Content, *, now: datetime
) -> None:
    """Show it where the ticket goes on, if it was written in another thread of the chat."""
    elsewhere = content.thread_id != ticket.thread_id or ticket.wants_thread
    if content.chat_id == ticket.staff_chat_id and elsewhere:
        shown = SaidElsewhere(message_id)
        outbox.post(session, ticket.staff_chat_id, shown, now=now, ticket=ticket)


async def edit(
    session: AsyncSession,
    ticket: Ticket,
    written: Message,
    content: Content,
    *,
    now: datetime,
    as_note: bool = False,
) -> None:
    """Take over the new wording of an answer or a note, and edit the user's copies too.

    A note stays a note whatever it becomes, and its writer is told so if the slashes are gone. An
    answer that becomes a note is taken back, also if a colleague decides that the wording which
    the user has is a note (`as_note`).
    """
    was_note = slashes.is_note(written.text or "") or slashes.is_alone(written.text or "")
    changed = messages.reword(written, content)
    if written.direction is Direction.NOTE:
        if changed and was_note and not content.is_note and not as_note:
            _say_that_it_stays(session, ticket, written, now=now)
        return
    if not (changed or as_note):
        return
    if as_note or content.is_note:
        album = await messages.album(session, ticket, written.media_group_id) or [written]
        await _retract(session, ticket, album, now=now)
        outbox.post(session, ticket.staff_chat_id, NoteKept(album[0].id), now=now, ticket=ticket)
    else:
        notice = AnswerEdited(written.id)
        await outbox.post_change(session, ticket.user.chat_id, notice, now=now, ticket=ticket)


def _say_that_it_stays(
    session: AsyncSession, ticket: Ticket, note: Message, *, now: datetime
) -> None:
    told = Refusal(NoteStays.of(ticket).to_json(), note.message_id, "", asked_in=note.chat_id)
    outbox.post(session, ticket.staff_chat_id, told, now=now)


async def send_again(
    session: AsyncSession, ticket: Ticket, answer: Message, *, now: datetime
) -> None:
    """Send an answer if the user has no copy of it and none is on its way."""
    if await links.copies(session, answer.id, Address(ticket.user.chat_id)):
        return
    sends = await session.scalars(
        select(Delivery).where(
            Delivery.ticket_id == ticket.id,
            Delivery.kind == AnswerPosted.kind,
            Delivery.payload["message_id"].as_integer() == answer.id,
        )
    )
    by_status = {one.status: one for one in sends}
    if DeliveryStatus.WAITING in by_status or DeliveryStatus.CLAIMED in by_status:
        return
    if failed := by_status.get(DeliveryStatus.FAILED):
        await resend.resend(session, ticket, failed.id, now=now)
    else:
        notice, group = AnswerPosted(answer.id), answer.media_group_id
        chat_id = ticket.user.chat_id
        await outbox.post_content(session, chat_id, notice, group, now=now, ticket=ticket)


async def is_to_be_decided(session: AsyncSession, ticket: Ticket, content: Content) -> bool:
    """Whether a person must decide if this is a note: it is a slip, or its album has one.

    An album with an item that is a note or a command is a note as a whole. The stored items of an
    album that is held back have no slash: items with one are kept words.
    """
    if content.is_note:
        return False
    album = await messages.album(session, ticket, content.media_group_id)
    notes = [item for item in album if item.direction is Direction.NOTE]
    if any(slashes.begins_with_slash(item.text or "") for item in notes):
        return False
    return content.is_slip or bool(notes)


async def says_note(session: AsyncSession, ticket: Ticket, media_group_id: str | None) -> bool:
    """Whether an item of an album is a note by its own text, and not only held back."""
    album = await messages.album(session, ticket, media_group_id)
    return any(slashes.is_note(item.text or "") for item in album)


async def hold_back(
    session: AsyncSession, ticket: Ticket, media_group_id: str | None, *, now: datetime
) -> None:
    """Take back the answers of an album: one of its items is kept, so all of it has to wait."""
    await _retract(session, ticket, await messages.album(session, ticket, media_group_id), now=now)


async def release(
    session: AsyncSession, ticket: Ticket, media_group_id: str | None, *, now: datetime
) -> None:
    """Turn the items of an album that were held back into answers again."""
    for item in await messages.album(session, ticket, media_group_id):
        if item.direction is Direction.NOTE:
            item.direction = Direction.ANSWER
            again, chat_id = AnswerPosted(item.id), ticket.user.chat_id
            await outbox.post_content(
                session, chat_id, again, media_group_id, now=now, ticket=ticket
            )


async def _note(
    session: AsyncSession,
    ticket: Ticket,
    content: Content,
    album: Sequence[Message],
    *,
    by: User | None,
    now: datetime,
) -> None:
    """Keep a note; earlier items of its album, which were answers until now, become notes too.

    An album gets one reaction, on its first item.
    """
    note = await messages.store(session, ticket, by, Direction.NOTE, content)
    history.record(session, ticket, by, EventKind.NOTED, now)
    if not album:
        _show_elsewhere(session, ticket, note.id, content, now=now)
    first_id = album[0].id if album else note.id
    await outbox.post_once(
        session, ticket.staff_chat_id, NoteKept(first_id), now=now, ticket=ticket
    )
    await _retract(session, ticket, album, now=now)
    if content.first_as_edit:
        told = AnswerMayRemain(first_id)
        await outbox.post_once(session, ticket.staff_chat_id, told, now=now, ticket=ticket)


async def _retract(
    session: AsyncSession, ticket: Ticket, written: Sequence[Message], *, now: datetime
) -> None:
    """Turn answers into notes: the user's copies are deleted, and those that wait are not sent."""
    retracted = [one for one in written if one.direction is Direction.ANSWER]
    for answer in retracted:
        answer.direction = Direction.NOTE
        notice, unknown = AnswerRetracted(answer.id), CopyMayRemain(answer.id)
        await outbox.post_change(session, ticket.user.chat_id, notice, now=now, ticket=ticket)
        await outbox.post_once(session, ticket.staff_chat_id, unknown, now=now, ticket=ticket)
    if retracted:
        author_id = retracted[0].author_id  # nobody else can edit it
        author = await session.get(User, author_id) if author_id is not None else None
        await owing.unanswered(session, ticket, now=now)
        history.record(session, ticket, author, EventKind.RETRACTED, now)
