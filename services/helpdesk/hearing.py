"""Takes in what staff write: it is sent, or kept until it is clear where it should go.

Four things are kept: words that begin with a single slash (a note? an answer?), words of somebody
whom Telegram has not yet confirmed as staff, replies to a message of ours that we don't know, and
replies to one that shows several tickets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Direction, KeptReason, KeptWords, Message, Ticket, User
from services import links
from services import ticket_service as tickets
from services.helpdesk import answers, kept_words, messages, orphans, refusal_notices
from services.helpdesk.content import SHORTENED, Content
from services.notices import Refusal
from services.problems import ButtonOutdated, NotStaff, RepliesDropped


class Settled(NamedTuple):
    """What became of kept words. `taken_back`: the user still has an earlier wording of them."""

    ticket: Ticket
    as_note: bool
    taken_back: bool


@dataclass(frozen=True)
class Said:
    """What was said in the staff chat. `speaker_id` is the person's, or that of the chat they use.

    `confirmed`: the speaker has a say.
    """

    content: Content
    by: User | None
    speaker_id: int
    confirmed: bool = True


async def hear(session: AsyncSession, ticket: Ticket, said: Said, *, now: datetime) -> None:
    """Take in a reply on a ticket. An album is kept or sent as a whole."""
    content = said.content
    if beside := await kept_words.album(session, content.chat_id, content.media_group_id):
        await _keep(session, said, beside[0].reason, ticket, now=now)
    elif not said.confirmed:
        await _keep(session, said, KeptReason.UNCONFIRMED, ticket, now=now)
    elif await answers.is_to_be_decided(session, ticket, content):
        await answers.hold_back(session, ticket, content.media_group_id, now=now)
        await _keep(session, said, KeptReason.SLIP, ticket, now=now)
    else:
        await answers.write(session, ticket, content, by=said.by, now=now)


async def hear_edit(
    session: AsyncSession, ticket: Ticket, written: Message, said: Said, *, now: datetime
) -> None:
    """Take in the edit of an answer or a note; an earlier edit that was kept is dropped.

    An edit that changes nothing is ignored, unless it undoes one that was kept.
    """
    content = said.content
    was_shortened = SHORTENED in (written.details or {})
    same = content.without_slash() if was_shortened else content
    if messages.is_as_written(written, same) and not await kept_words.is_kept(
        session, content.place
    ):
        return
    await kept_words.drop(session, content.place)
    if not said.confirmed:
        await _keep(session, said, KeptReason.UNCONFIRMED, ticket, now=now)
    elif content.is_slip and written.direction is Direction.ANSWER:
        await _keep(session, said, KeptReason.SLIP, ticket, now=now)
    else:
        await answers.edit(session, ticket, written, content, now=now)
        if content.is_note:
            await _note_beside(session, ticket, content, now=now)


async def hear_orphan(
    session: AsyncSession, said: Said, replied: Content, *, staff_chat_id: int, now: datetime
) -> None:
    """Keep a reply to a message that we don't know; UnknownReply if no lost send can explain it.

    Staff are asked for the ticket once it is known that the writer has a say.
    """
    choices = await orphans.choices(session, replied)
    await _keep_orphan(session, said, replied, choices, staff_chat_id=staff_chat_id, now=now)


async def hear_one_of(
    session: AsyncSession,
    said: Said,
    replied: Content,
    ticket_ids: Sequence[int],
    *,
    staff_chat_id: int,
    now: datetime,
) -> None:
    """Keep a reply to a message that shows several tickets; staff are asked for the right one."""
    choices = [{"ticket_id": ticket_id, "lost_id": None} for ticket_id in ticket_ids]
    await _keep_orphan(session, said, replied, choices, staff_chat_id=staff_chat_id, now=now)


async def _keep_orphan(
    session: AsyncSession,
    said: Said,
    replied: Content,
    choices: list[dict[str, Any]],
    *,
    staff_chat_id: int,
    now: datetime,
) -> None:
    beside = await kept_words.album(session, said.content.chat_id, said.content.media_group_id)
    reason = KeptReason.ORPHAN if said.confirmed else KeptReason.UNCONFIRMED
    row = await kept_words.keep(
        session,
        said.content,
        reason,
        author=said.by,
        speaker_id=said.speaker_id,
        now=now,
        replied=replied,
        choices=choices,
    )
    if not beside:
        await kept_words.ask(session, row, staff_chat_id, now=now)


async def reword(session: AsyncSession, said: Said, *, staff_chat_id: int, now: datetime) -> None:
    """Take in the edit of kept words; with a second slash they become the note that was meant.

    If the writer is no longer confirmed to have a say, nobody can send the words until then.
    """
    row = await kept_words.reword(session, said.content)
    if row is None or row.reason is KeptReason.UNCONFIRMED:
        return
    if not said.confirmed:
        await kept_words.doubt(session, row, said.speaker_id)
        await kept_words.ask(session, row, staff_chat_id, now=now)
    elif row.reason is KeptReason.SLIP and said.content.is_note:
        await settle(session, row.mark, as_note=True, staff_chat_id=staff_chat_id, now=now)


async def settle(
    session: AsyncSession, mark: str, *, as_note: bool, staff_chat_id: int, now: datetime
) -> Settled:
    """Carry out a colleague's decision on kept words; KeptIsGone if somebody was faster.

    Words that an edit made a note are never sent.
    """
    rows = await kept_words.take(session, mark, KeptReason.SLIP)
    ticket = await _ticket(session, rows[0].ticket_id, staff_chat_id)
    album = rows[0].media_group_id
    as_note = (
        as_note
        or any(kept_words.content_of(row).is_note for row in rows)
        or await answers.says_note(session, ticket, album)
    )
    if not as_note:
        await answers.release(session, ticket, album, now=now)
    taken_back = as_note and await _user_has_any(session, ticket, rows)
    for row in rows:
        await _settle(session, ticket, row, as_note=as_note, now=now)
    return Settled(ticket, as_note, taken_back)


async def adopt(
    session: AsyncSession, mark: str, choice: int, *, staff_chat_id: int, now: datetime
) -> Ticket:
    """Take in a reply on the ticket that a colleague chose.

    An orphan is given this ticket, and all replies to it are taken in.
    """
    (row, *_) = rows = await kept_words.take(session, mark, KeptReason.ORPHAN)
    choices = row.choices or []
    if not 0 <= choice < len(choices):
        raise ButtonOutdated
    ticket = await _ticket(session, choices[choice]["ticket_id"], staff_chat_id)
    replied, lost_id = kept_words.replied_by(row), choices[choice]["lost_id"]
    if lost_id is not None:
        await orphans.adopt(session, lost_id, replied, ticket)
    await _hear_again(session, rows, ticket, now=now)
    if lost_id is not None:
        beside = await kept_words.take_replies(session, replied)
        await _hear_again(session, beside, ticket, now=now)
    return ticket


async def confirm(
    session: AsyncSession, speaker_id: int, *, staff_chat_id: int, now: datetime
) -> None:
    """Take in the kept words of somebody whom Telegram has now confirmed as staff."""
    for row in await kept_words.take_unconfirmed(session, speaker_id, staff_chat_id):
        ticket_id = row.ticket_id or await _found_since(session, row)
        if ticket_id is None:
            said, choices = await _said(session, row), row.choices or []
            await _keep_orphan(
                session,
                said,
                kept_words.replied_by(row),
                choices,
                staff_chat_id=staff_chat_id,
                now=now,
            )
        else:
            ticket = await _ticket(session, ticket_id, staff_chat_id)
            await _hear_again(session, [row], ticket, now=now)


async def deny(
    session: AsyncSession, speaker_id: int, *, staff_chat_id: int, now: datetime
) -> None:
    """Drop the kept words of somebody who has no say in the staff chat, and say so there."""
    rows = await kept_words.take_unconfirmed(session, speaker_id, staff_chat_id)
    for row in rows[:1]:
        said, place = kept_words.beginning_of(row), row.chat_id
        why = NotStaff() if row.author_id is None else RepliesDropped([row.author_id])
        told = Refusal(why.to_json(), row.message_id, "", asked_in=place, said=said)
        await refusal_notices.post(session, staff_chat_id, told, now=now)


async def _found_since(session: AsyncSession, row: KeptWords) -> int | None:
    """Find the ticket that an orphan has been given; None if what was replied to shows several."""
    if any(one["lost_id"] is None for one in row.choices or []):
        return None
    return await orphans.ticket_id_of(session, kept_words.replied_by(row))


async def _hear_again(
    session: AsyncSession, rows: Iterable[KeptWords], ticket: Ticket, *, now: datetime
) -> None:
    for row in rows:
        said = await _said(session, row)
        written = await messages.find(session, row.place)
        if written is None:
            await hear(session, ticket, said, now=now)
        else:
            await hear_edit(session, ticket, written, said, now=now)


async def _settle(
    session: AsyncSession, ticket: Ticket, row: KeptWords, *, as_note: bool, now: datetime
) -> None:
    content = kept_words.content_of(row) if as_note else kept_words.content_of(row).without_slash()
    written = await messages.find(session, row.place)
    if written is not None:
        await answers.edit(session, ticket, written, content, now=now, as_note=as_note)
        if written.direction is Direction.ANSWER:
            await answers.send_again(session, ticket, written, now=now)
    else:
        by = await _author(session, row)
        await answers.write(session, ticket, content, by=by, now=now, as_note=as_note)


async def _user_has_any(session: AsyncSession, ticket: Ticket, rows: Iterable[KeptWords]) -> bool:
    for row in rows:
        if await links.has_copy_of(session, ticket.user.chat_id, row.place):
            return True
    return False


async def _note_beside(
    session: AsyncSession, ticket: Ticket, content: Content, *, now: datetime
) -> None:
    """Turn the kept items of an album into notes, after one of its items became a note."""
    album = content.chat_id, content.media_group_id
    for row in await kept_words.take_album(session, *album, KeptReason.SLIP):
        await _settle(session, ticket, row, as_note=True, now=now)


async def _keep(
    session: AsyncSession, said: Said, reason: KeptReason, ticket: Ticket, *, now: datetime
) -> None:
    """Keep words on a known ticket; for an album, only the first item asks what to do."""
    beside = await kept_words.album(session, said.content.chat_id, said.content.media_group_id)
    row = await kept_words.keep(
        session,
        said.content,
        reason,
        author=said.by,
        speaker_id=said.speaker_id,
        now=now,
        ticket=ticket,
    )
    if not beside:
        await kept_words.ask(session, row, ticket.staff_chat_id, now=now)


async def _ticket(session: AsyncSession, ticket_id: int | None, staff_chat_id: int) -> Ticket:
    if ticket_id is None:
        raise ButtonOutdated
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat_id)


async def _said(session: AsyncSession, row: KeptWords) -> Said:
    """Read kept words back, as said by somebody who is confirmed to have a say."""
    return Said(kept_words.content_of(row), await _author(session, row), row.speaker_id)


async def _author(session: AsyncSession, row: KeptWords) -> User | None:
    return await session.get(User, row.author_id) if row.author_id is not None else None
