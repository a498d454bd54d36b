"""Kept words: what staff wrote waits until a colleague decides, or Telegram confirms the writer.

1. `keep` stores all that was written; `ask` tells the writer, with buttons if staff may decide.
2. An edit changes the words that are kept.
3. Words are taken only once: the rows are deleted in the same transaction. An album's items are
   taken together.
4. Words that nobody takes are forgotten after a week.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.conditions import PENDING, stands_at
from database.machinery import Delivery, DeliveryStatus
from database.models import KeptReason, KeptWords, Ticket, User
from services import outbox
from services.helpdesk import staff_chats
from services.helpdesk.content import Content
from services.notices import UnconfirmedKept, WordsKept
from services.problems import KeptIsGone

KEPT_FOR = timedelta(days=7)

# Telegram usually says who somebody is within this time, so that nobody need be told.
SAID_SOON = timedelta(seconds=15)

# How much of the kept words is quoted back to their writer, in characters.
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
        account=content.account,
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

    Writers whom Telegram has not confirmed are told together: they may be many.
    """
    if row.reason is not KeptReason.UNCONFIRMED:
        outbox.post(session, chat_id, WordsKept(row.mark), now=now)
    elif not await _waits(session, chat_id, UnconfirmedKept.kind):
        lane, later = outbox.DOUBTS_TOLD, now + SAID_SOON
        outbox.post(session, chat_id, UnconfirmedKept(), now=now, lane=lane, due_at=later)


async def ask_again(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Ask again about all words kept from a staff chat, also from before it moved.

    Once for an album, and not if the question is already waiting. A question that is being sent at
    this moment moves along too: see services/delivery/arrivals.py.
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
    """Quote how the words begin, for a notice that can't reply to them."""
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


async def edited_at(session: AsyncSession, place: Place) -> datetime | None:
    """Find when kept words were last edited; None if never, or if nothing is kept."""
    rows = await session.scalars(select(KeptWords).where(stands_at(KeptWords, place)))
    return max((when for row in rows if (when := content_of(row).edited_at)), default=None)


async def reword(session: AsyncSession, content: Content) -> KeptWords | None:
    """Take over an edit of kept words and return them; None if this message is not kept."""
    rows = await _locked(session, stands_at(KeptWords, content.place))
    for row in rows:
        same = replace(content, first_as_edit=content_of(row).first_as_edit)
        row.content = _CONTENT.dump_python(same, mode="json")
    return rows[0] if rows else None


async def doubt(session: AsyncSession, row: KeptWords, speaker_id: int) -> None:
    """Keep words (an album as a whole) until Telegram says if their writer still has a say."""
    for one in await album(session, row.chat_id, row.media_group_id) or [row]:
        one.reason, one.speaker_id = KeptReason.UNCONFIRMED, speaker_id


async def is_kept(session: AsyncSession, place: Place) -> bool:
    """Whether the words of this message are kept."""
    found = select(KeptWords.id).where(stands_at(KeptWords, place))
    return await session.scalar(found) is not None


async def drop(session: AsyncSession, place: Place) -> None:
    """Delete the kept words of this message."""
    await session.execute(delete(KeptWords).where(stands_at(KeptWords, place)))


async def take(session: AsyncSession, mark: str, reason: KeptReason) -> Sequence[KeptWords]:
    """Take kept words by their mark, an album as a whole; also words from a former staff chat.

    KeptIsGone if somebody was faster, or the week is over.
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
    """Take the items of an album that are kept for this reason; nothing if there is no album."""
    beside = await album(session, chat_id, media_group_id)
    return await _gone(session, [row for row in beside if row.reason is reason])


async def take_replies(session: AsyncSession, replied: Content) -> Sequence[KeptWords]:
    """Take all replies to the same orphan, which wait for its ticket."""
    waiting = await _locked(session, KeptWords.reason == KeptReason.ORPHAN)
    alike = [row for row in waiting if replied_by(row).place == replied.place]
    return await _gone(session, alike)


async def take_unconfirmed(
    session: AsyncSession, speaker_id: int, chat_id: int
) -> Sequence[KeptWords]:
    """Take the words that wait for Telegram to say if their writer has a say in this staff chat."""
    rows = await _locked(
        session,
        await staff_chats.belongs(session, KeptWords.chat_id, chat_id),
        KeptWords.speaker_id == speaker_id,
        KeptWords.reason == KeptReason.UNCONFIRMED,
    )
    return await _gone(session, rows)


async def unconfirmed(session: AsyncSession) -> Sequence[KeptWords]:
    """List the words that wait for Telegram to say who wrote them."""
    rows = select(KeptWords).where(KeptWords.reason == KeptReason.UNCONFIRMED)
    return (await session.scalars(rows.order_by(KeptWords.id))).all()


async def unconfirmed_in(session: AsyncSession, chat_id: int) -> Sequence[KeptWords]:
    """List those of them that were written in a staff chat, also before it moved."""
    ours = await staff_chats.belongs(session, KeptWords.chat_id, chat_id)
    rows = select(KeptWords).where(KeptWords.reason == KeptReason.UNCONFIRMED, ours)
    return (await session.scalars(rows.order_by(KeptWords.id))).all()


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    await session.execute(delete(KeptWords).where(KeptWords.kept_at < now - KEPT_FOR))


async def _waits(
    session: AsyncSession, chat_id: int, kind: str, *, claimed: bool = False
) -> Sequence[dict[str, Any]]:
    """List notices of a kind that wait for a chat; with `claimed`, also those being sent now."""
    waiting = select(Delivery.payload).where(
        Delivery.chat_id == chat_id, Delivery.kind == kind, PENDING
    )
    if not claimed:
        waiting = waiting.where(Delivery.status == DeliveryStatus.WAITING)
    return (await session.scalars(waiting)).all()


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
    """Delete the rows immediately: the same words may be kept again for another reason."""
    if rows:
        await session.execute(delete(KeptWords).where(KeptWords.id.in_([row.id for row in rows])))
        for row in rows:
            session.expunge(row)
    return rows
