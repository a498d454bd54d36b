"""Kept words: what staff wrote is held until a press, or Telegram's word, says what becomes of it.

1. `keep` stores all that was written; `ask` tells its writer, with buttons where a press decides.
2. An edit changes what is kept.
3. Whoever takes the words has them for good, and once: the rows are gone in that transaction. An
   album's items are taken together.
4. What nobody takes is forgotten after a week.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from database.models import KeptReason, KeptWords, Ticket, User
from services import outbox
from services.helpdesk import staff_chats
from services.helpdesk.content import Content
from services.notices import UnconfirmedKept, WordsKept
from services.problems import KeptIsGone

KEPT_FOR = timedelta(days=7)

# Telegram mostly says who somebody is within this time; then nobody need be told.
SAID_SOON = timedelta(seconds=15)

# How much of kept words is repeated to their writer, in characters.
MOST_QUOTED = 64

_CONTENT = TypeAdapter(Content)


async def keep(
    session: AsyncSession,
    content: Content,
    reason: KeptReason,
    *,
    author: User | None,
    speaker_id: int,
    now: datetime,
    ticket: Ticket | None = None,
    replied: Content | None = None,
    choices: list[dict[str, Any]] | None = None,
) -> KeptWords:
    """Keep what was written; a reply to an orphan (`replied`) with the tickets to choose from."""
    row = KeptWords(
        reason=reason,
        ticket_id=ticket.id if ticket else None,
        author_id=author.id if author else None,
        speaker_id=speaker_id,
        chat_id=content.chat_id,
        message_id=content.message_id,
        media_group_id=content.media_group_id,
        content=_CONTENT.dump_python(content, mode="json"),
        replied=_CONTENT.dump_python(replied, mode="json") if replied else None,
        choices=choices,
        kept_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def ask(session: AsyncSession, row: KeptWords, chat_id: int, *, now: datetime) -> None:
    """Tell the writer that the words are kept, and ask what to do with them.

    All of whom Telegram does not say who they are yet are told at once: they may be many.
    """
    if row.reason is not KeptReason.UNCONFIRMED:
        outbox.post(session, chat_id, WordsKept(row.mark), now=now)
    elif not await _waits(session, chat_id, UnconfirmedKept.kind):
        lane, later = outbox.DOUBTS_TOLD, now + SAID_SOON
        outbox.post(session, chat_id, UnconfirmedKept(), now=now, lane=lane, due_at=later)


async def ask_again(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Ask about all that is kept of what was written in a staff chat, also before it moved.

    About an album once, and about nothing of which the question is under way. What is being sent
    meanwhile comes along, too: see services/delivery/arrivals.py.
    """
    under_way = await _waits(session, chat_id, WordsKept.kind, claimed=True)
    asked = {payload["mark"] for payload in under_way}
    first_of: dict[tuple[int, str], KeptWords] = {}
    ours = await staff_chats.belongs(session, KeptWords.chat_id, chat_id)
    for row in await session.scalars(select(KeptWords).where(ours).order_by(KeptWords.id)):
        first_of.setdefault((row.chat_id, row.media_group_id or row.mark), row)
    for row in first_of.values():
        if row.mark not in asked:
            await ask(session, row, chat_id, now=now)


def content_of(row: KeptWords) -> Content:
    return _CONTENT.validate_python(row.content)


def beginning_of(row: KeptWords) -> str:
    """Say how the words begin, where they can't be pointed at."""
    return (content_of(row).text or "")[:MOST_QUOTED]


def replied_by(row: KeptWords) -> Content:
    """Give the orphan that the words reply to."""
    return _CONTENT.validate_python(row.replied)


async def find(session: AsyncSession, mark: str) -> KeptWords | None:
    """Find kept words by the mark that their buttons carry."""
    found: KeptWords | None = await session.scalar(select(KeptWords).where(KeptWords.mark == mark))
    return found


async def album(
    session: AsyncSession, chat_id: int, media_group_id: str | None
) -> Sequence[KeptWords]:
    """List what is kept of an album; nothing if there is no album."""
    if media_group_id is None:
        return []
    return await _locked(
        session, KeptWords.chat_id == chat_id, KeptWords.media_group_id == media_group_id
    )


async def edited_at(session: AsyncSession, chat_id: int, message_id: int) -> datetime | None:
    """Tell when words that are kept were edited last; None if they were not, or none are."""
    rows = await session.scalars(select(KeptWords).where(*_place(chat_id, message_id)))
    return max((when for row in rows if (when := content_of(row).edited_at)), default=None)


async def reword(session: AsyncSession, content: Content) -> KeptWords | None:
    """Take over a new wording of words that are kept; return them, or None if these are not."""
    rows = await _locked(session, *_place(content.chat_id, content.message_id))
    for row in rows:
        same = replace(content, first_as_edit=content_of(row).first_as_edit)
        row.content = _CONTENT.dump_python(same, mode="json")
    return rows[0] if rows else None


async def doubt(session: AsyncSession, row: KeptWords, speaker_id: int) -> None:
    """Keep words, an album as a whole, until Telegram says whether their writer still has a say."""
    for one in await album(session, row.chat_id, row.media_group_id) or [row]:
        one.reason, one.speaker_id = KeptReason.UNCONFIRMED, speaker_id


async def is_kept(session: AsyncSession, chat_id: int, message_id: int) -> bool:
    """Whether what one message says is kept."""
    found = select(KeptWords.id).where(*_place(chat_id, message_id))
    return await session.scalar(found) is not None


async def drop(session: AsyncSession, chat_id: int, message_id: int) -> None:
    """Forget what was kept of one message."""
    await session.execute(delete(KeptWords).where(*_place(chat_id, message_id)))


async def take(session: AsyncSession, mark: str, reason: KeptReason) -> Sequence[KeptWords]:
    """Take kept words by their mark, an album as a whole; written in a former staff chat, too.

    KeptIsGone if somebody was faster, or a week is over.
    """
    row = next(iter(await _locked(session, KeptWords.mark == mark)), None)
    if row is None or row.reason is not reason:
        raise KeptIsGone
    return await take_album(session, row.chat_id, row.media_group_id, reason) or await _gone(
        session, [row]
    )


async def take_album(
    session: AsyncSession, chat_id: int, media_group_id: str | None, reason: KeptReason
) -> Sequence[KeptWords]:
    """Take what is kept of an album for this reason; nothing if there is no album."""
    beside = await album(session, chat_id, media_group_id)
    return await _gone(session, [row for row in beside if row.reason is reason])


async def take_replies(session: AsyncSession, replied: Content) -> Sequence[KeptWords]:
    """Take all that waits for the ticket of the same orphan."""
    waiting = await _locked(session, KeptWords.reason == KeptReason.ORPHAN)
    place = replied.chat_id, replied.message_id
    alike = [
        row for row in waiting if (replied_by(row).chat_id, replied_by(row).message_id) == place
    ]
    return await _gone(session, alike)


async def take_unconfirmed(
    session: AsyncSession, speaker_id: int, chat_id: int
) -> Sequence[KeptWords]:
    """Take what is kept until Telegram says whether its writer has a say in this staff chat."""
    rows = await _locked(
        session,
        await staff_chats.belongs(session, KeptWords.chat_id, chat_id),
        KeptWords.speaker_id == speaker_id,
        KeptWords.reason == KeptReason.UNCONFIRMED,
    )
    return await _gone(session, rows)


async def unconfirmed(session: AsyncSession) -> Sequence[KeptWords]:
    """List what is kept until Telegram says who wrote it."""
    rows = select(KeptWords).where(KeptWords.reason == KeptReason.UNCONFIRMED)
    return (await session.scalars(rows.order_by(KeptWords.id))).all()


async def unconfirmed_in(session: AsyncSession, chat_id: int) -> Sequence[KeptWords]:
    """List what of it was written in a staff chat, also before it moved."""
    ours = await staff_chats.belongs(session, KeptWords.chat_id, chat_id)
    rows = select(KeptWords).where(KeptWords.reason == KeptReason.UNCONFIRMED, ours)
    return (await session.scalars(rows.order_by(KeptWords.id))).all()


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    await session.execute(delete(KeptWords).where(KeptWords.kept_at < now - KEPT_FOR))


async def _waits(
    session: AsyncSession, chat_id: int, kind: str, *, claimed: bool = False
) -> Sequence[dict[str, Any]]:
    """List what of a kind of notice waits for a chat, or is being sent there if it is `claimed`."""
    waiting = select(Delivery.payload).where(
        Delivery.chat_id == chat_id, Delivery.kind == kind, PENDING
    )
    if not claimed:
        waiting = waiting.where(Delivery.status == DeliveryStatus.WAITING)
    return (await session.scalars(waiting)).all()


def _place(chat_id: int, message_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return KeptWords.chat_id == chat_id, KeptWords.message_id == message_id


async def _locked(session: AsyncSession, *which: ColumnElement[bool]) -> Sequence[KeptWords]:
    found = await session.scalars(
        select(KeptWords)
        .where(*which)
        .order_by(KeptWords.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()


async def _gone(session: AsyncSession, rows: Sequence[KeptWords]) -> Sequence[KeptWords]:
    """Delete rows at once: the same words may be kept again for another reason."""
    if rows:
        await session.execute(delete(KeptWords).where(KeptWords.id.in_([row.id for row in rows])))
        for row in rows:
            session.expunge(row)
    return rows
