"""Orphans: messages of ours whose ids we never learnt, because the result of a send was lost.

The send is noted with its time. A reply to a message that we don't know may be about one of the
lost sends around the message's time; staff say which one, and the message gets its link. In a
user's chat, an orphan is a copy of an answer that can't be taken back; staff are told if they try.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, LostSend
from database.models import Direction, LinkKind, Message, MessageLink, Ticket
from services import links, outbox
from services.helpdesk.content import Content
from services.notices import (
    AnswerEdited,
    AnswerPosted,
    CardPosted,
    CopyMayRemain,
    QuestionPosted,
    rules_of,
)
from services.outbox import DECORATION
from services.problems import UnknownReply

# Clocks differ, and a request may still arrive after we stopped waiting for it.
LEEWAY = timedelta(minutes=2)

# A message that Telegram has scheduled, for example a video that it still has to convert, is taken
# to be there within this time.
SCHEDULED_WITHIN = timedelta(hours=1)

# Offer at most this many tickets to choose from; each is a button.
MOST_OFFERED = 8

# How many characters of a text a message must repeat to be taken for its copy.
RECOGNISED_BY = 64

KEPT_FOR = timedelta(days=7)


async def note(
    session: AsyncSession,
    batch: Sequence[Delivery],
    *,
    since: datetime,
    until: datetime,
    anew: bool | None = None,
    scheduled: bool = False,
) -> None:
    """Note that a send to a group, or of an answer, may have made a message with an unknown id.

    `scheduled`: it will make one later. Cards are known by their buttons, and decorations make no
    message. An edit makes one only if it is sent as a new message (`anew`; None if the process
    died, so that nobody knows).
    """
    head = batch[0]
    if head.ticket_id is None:
        return
    if not _makes_orphans(head, anew=anew) and not await _makes_thread(session, head):
        return
    known = await session.scalar(
        select(LostSend).where(
            LostSend.delivery_id == head.id,
            LostSend.part == head.part,
            LostSend.chat_id == head.chat_id,
        )
    )
    posted_by = until + SCHEDULED_WITHIN if scheduled else until
    if known is not None:
        known.until = posted_by
        return
    lost = LostSend(
        delivery_id=head.id,
        part=head.part,
        ticket_id=head.ticket_id,
        chat_id=head.chat_id,
        copies=await _shown(session, batch),
        since=since,
        until=posted_by,
    )
    session.add(lost)
    if head.chat_id > 0:
        await _tell_of_copies(session, head.ticket_id, lost.copies, now=until)


async def may_have_copy(session: AsyncSession, message: Message, user_chat_id: int) -> bool:
    """Whether a user may have a copy of an answer that we can't delete: its id is unknown."""
    lost = await session.scalars(select(LostSend.copies).where(LostSend.chat_id == user_chat_id))
    return any(message.id in copies for copies in lost)


async def note_all(session: AsyncSession, claimed: Sequence[Delivery], *, until: datetime) -> None:
    """Note what was being sent when the process died; only a first try tells when it left."""
    in_order = sorted(claimed, key=lambda one: (one.batch_id or one.id, one.id))
    for _, together in groupby(in_order, key=lambda one: one.batch_id or one.id):
        batch = list(together)
        first = batch[0].first_tried_at if batch[0].attempts <= 1 else None
        await note(session, batch, since=first or min(batch[0].due_at, until), until=until)


async def choices(session: AsyncSession, replied: Content) -> list[dict[str, Any]]:
    """List the lost sends that may have made a message, one for each ticket, likeliest first.

    What was moved since is offered by the ticket that it is in now. Raises UnknownReply if none was
    under way when the message was posted.
    """
    found = await session.scalars(
        select(LostSend)
        .where(
            LostSend.chat_id == replied.chat_id,
            LostSend.since <= replied.sent_at + LEEWAY,
            LostSend.until >= replied.sent_at - LEEWAY,
        )
        .order_by(LostSend.id.desc())
    )
    lost = found.all()
    messages = await _messages(session, lost)
    best: dict[int, int] = {}
    for one in sorted(lost, key=lambda one: -len(_recognised(one, messages, replied))):
        for ticket_id in _tickets(one, messages):
            best.setdefault(ticket_id, one.id)
    if not best:
        raise UnknownReply
    offered = list(best.items())[:MOST_OFFERED]
    return [{"ticket_id": ticket_id, "lost_id": lost_id} for ticket_id, lost_id in offered]


async def ticket_id_of(session: AsyncSession, orphan: Content) -> int | None:
    """Find the ticket that an orphan has been given."""
    return await links.ticket_id_of(session, orphan.place)


async def adopt(session: AsyncSession, lost_id: int, orphan: Content, ticket: Ticket) -> None:
    """Link an orphan to its ticket, and to the messages whose text it shows."""
    if await ticket_id_of(session, orphan) is not None:
        return
    lost = await session.get(LostSend, lost_id)
    shown = _recognised(lost, await _messages(session, [lost]), orphan) if lost else []
    shown = [message for message in shown if message.ticket_id == ticket.id]  # others were moved
    common = {"ticket_id": ticket.id, **orphan.place._asdict()}
    if lost is None or not shown:
        session.add(MessageLink(kind=LinkKind.NOTICE, **common))
        return
    for message in shown:
        copy = {"copy_of": message.id, "part": lost.part, "revision": message.revision}
        session.add(MessageLink(kind=LinkKind.COPY, **copy, **common))


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    await session.execute(delete(LostSend).where(LostSend.until < now - KEPT_FOR))


def _makes_orphans(head: Delivery, *, anew: bool | None) -> bool:
    rules = rules_of(head.kind)
    if head.chat_id > 0:
        return Direction.ANSWER in {rules.passes_on, rules.edits if anew else None}
    if rules.sent_anew:
        return anew is not False
    known_by_buttons = head.kind == CardPosted.kind and head.part == 0
    return head.precedence not in DECORATION and not known_by_buttons


async def _makes_thread(session: AsyncSession, head: Delivery) -> bool:
    """Whether a thread was being made before it: the message that begins one is an orphan, too."""
    wants = select(Ticket.wants_thread).where(
        Ticket.id == head.ticket_id, Ticket.staff_chat_id == head.chat_id
    )
    return bool(await session.scalar(wants))


async def _tell_of_copies(
    session: AsyncSession, ticket_id: int, answers: Sequence[int], *, now: datetime
) -> None:
    """Tell staff if an answer was taken back while it was on its way."""
    notes = Message.id.in_(answers), Message.direction == Direction.NOTE
    ticket = await session.get_one(Ticket, ticket_id)
    for message_id in (await session.scalars(select(Message.id).where(*notes))).all():
        notice = CopyMayRemain(message_id)
        await outbox.post_once(session, ticket.staff_chat_id, notice, now=now, ticket=ticket)


async def _shown(session: AsyncSession, batch: Sequence[Delivery]) -> list[int]:
    """List the keys of the messages that a send shows as copies, as far as that is known."""
    if batch[0].kind in {QuestionPosted.kind, AnswerPosted.kind, AnswerEdited.kind}:
        return [delivery.payload["message_id"] for delivery in batch]
    if batch[0].kind != CardPosted.kind:
        return []
    questions = Message.ticket_id == batch[0].ticket_id, Message.direction == Direction.QUESTION
    first = select(Message.id).where(*questions).order_by(Message.id).limit(1)
    return list(await session.scalars(first))


async def _messages(session: AsyncSession, lost: Iterable[LostSend]) -> dict[int, Message]:
    ids = {message_id for one in lost for message_id in one.copies}
    found = await session.scalars(select(Message).where(Message.id.in_(ids)))
    return {message.id: message for message in found}


def _tickets(lost: LostSend, messages: Mapping[int, Message]) -> Iterable[int]:
    """List the tickets of what was sent; that of the send if it showed no stored message."""
    shown = [messages[one].ticket_id for one in lost.copies if one in messages]
    return dict.fromkeys(shown or [lost.ticket_id])


def _recognised(lost: LostSend, messages: Mapping[int, Message], orphan: Content) -> list[Message]:
    """Find the messages of a send that the orphan shows, in their newest wording.

    Texts that were merged are all in it; for an album it is one item.
    """
    known = [messages[one] for one in lost.copies if one in messages]
    shown = [one for one in known if _shows(orphan, one, lost.part)]
    return shown if orphan.file_unique_id or len(shown) == len(known) else []


def _shows(orphan: Content, message: Message, part: int) -> bool:
    if message.file_unique_id or orphan.file_unique_id:
        return message.file_unique_id == orphan.file_unique_id
    text, words = (message.text or "").strip(), orphan.text or ""
    if not text:
        return message.kind == orphan.kind
    if part:
        return words[-RECOGNISED_BY:] in text
    return text[:RECOGNISED_BY] in words
