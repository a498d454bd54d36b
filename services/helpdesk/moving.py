"""Moving: messages go to another ticket of the same user, with all that is stored about them.

1. `carry` changes the tickets of the messages, of the links to their copies, of kept words that
   reply to these, and of their deliveries, so that a reply to a copy, an edit or a failure is about
   the new ticket.
2. What waits and was never tried goes on in the new ticket's lane (or is forgotten and posted anew,
   to keep its place among others). What may have been sent keeps its place, and so do edits behind
   it; when it arrives, its link is the new ticket's (services/delivery/arrivals.py).
3. `show` has the copies say where the messages went.

The user's row is locked meanwhile, and both tickets.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus, LostSend
from database.models import (
    Direction,
    KeptWords,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from services import links, notices, outbox
from services.helpdesk import history, owing, turns
from services.notices import CardPosted, DeliveryFailed, QuestionEdited, QuestionPosted, SentAgain

_ABOUT_MESSAGES = notices.kinds(lambda notice: notice.about_message)
_ABOUT_DELIVERIES = [DeliveryFailed.kind, SentAgain.kind]


async def carry(
    session: AsyncSession, moved: Sequence[Message], source: Ticket, target: Ticket
) -> None:
    """Have messages of the one ticket belong to the other; a reply across both is none any more.

    The card of the ticket that they leave shows none of them any more.
    """
    ids = [message.id for message in moved]
    for message in moved:
        message.ticket_id = target.id
        if message.reply_to_id not in ids:
            message.reply_to_id = None
    await session.flush()
    await _carry_kept(session, ids, source, target)
    left = (Message.ticket_id == source.id, Message.reply_to_id.in_(ids))
    await session.execute(update(Message).where(*left).values(reply_to_id=None))
    await _carry_deliveries(session, ids, source, target)
    shown = update(MessageLink).where(MessageLink.copy_of.in_(ids))
    copies = shown.where(MessageLink.kind != LinkKind.CARD)
    await session.execute(copies.values(ticket_id=target.id))
    await session.execute(shown.where(MessageLink.kind == LinkKind.CARD).values(copy_of=None))


async def _carry_kept(
    session: AsyncSession, ids: Sequence[int], source: Ticket, target: Ticket
) -> None:
    """Have kept words that reply to a copy of one of these messages belong to the other ticket."""
    copies = select(MessageLink.chat_id, MessageLink.message_id)
    shown = await session.execute(copies.where(MessageLink.copy_of.in_(ids)))
    places = {(chat_id, message_id) for chat_id, message_id in shown}
    kept = select(KeptWords).where(KeptWords.ticket_id == source.id).with_for_update()
    for row in await session.scalars(kept):
        if (row.chat_id, row.content.get("reply_to")) in places:
            row.ticket_id = target.id


async def leaves_any(session: AsyncSession, source: Ticket, moved: Sequence[Message]) -> bool:
    """Whether the ticket keeps a question without these."""
    others = select(Message.id).where(
        Message.ticket_id == source.id,
        Message.direction == Direction.QUESTION,
        Message.id.not_in([message.id for message in moved]),
    )
    return await session.scalar(others.limit(1)) is not None


async def carry_all(session: AsyncSession, source: Ticket, target: Ticket) -> None:
    """Have all that the one ticket holds belong to the other; what waits goes on in one lane.

    A card that is still to come shows the ticket that there is then, and the message as before; so
    does the first card of the target, since a card of the source may be there already.
    """
    is_shown = await links.newest_card(session, target) is not None
    waiting = select(Delivery).where(Delivery.ticket_id.in_([source.id, target.id]), PENDING)
    locked = waiting.order_by(Delivery.id).with_for_update()
    fresh = locked.execution_options(populate_existing=True)
    for delivery in (await session.scalars(fresh)).all():
        of = source if delivery.ticket_id == source.id else target
        if delivery.lane == source.id:
            delivery.lane = target.id
        if delivery.chat_id < 0 and "ticket_id" in delivery.payload:
            delivery.payload = delivery.payload | {"ticket_id": target.id}
        shows_first = delivery.kind == CardPosted.kind and delivery.payload["message_id"] is None
        if shows_first and (of is source or not is_shown):
            delivery.payload = delivery.payload | {"message_id": await _first(session, of)}
    await session.flush()
    await _come_home(session, source, target)
    for model in (Delivery, Message, MessageLink, TicketEvent, KeptWords, LostSend):
        held = update(model).where(model.ticket_id == source.id)
        await session.execute(held.values(ticket_id=target.id))


async def _come_home(session: AsyncSession, source: Ticket, target: Ticket) -> None:
    """Forget of the messages that were split off from the target that they were moved.

    Copies that do not say so yet are as they should be.
    """
    detailed = (Message.ticket_id == source.id, Message.details.is_not(None))
    for message in await session.scalars(select(Message).where(*detailed)):
        details = dict(message.details or {})
        moved = details.get("moved", {})
        if moved.get("from") == _named(target):
            del details["moved"]
            message.details = details or None
            if moved["revision"] == message.revision:
                copies = update(MessageLink).where(MessageLink.copy_of == message.id)
                same = copies.where(
                    MessageLink.revision >= moved.get("since", message.revision - 1)
                )
                await session.execute(same.values(revision=message.revision))
    await session.flush()


async def waits_from(
    session: AsyncSession, target: Ticket, moved: Sequence[Message]
) -> dict[str, Any]:
    """Describe that staff have to act on these messages, which are the ticket's now."""
    known = await history.newest_message(session, target)
    return history.waits_from(min(one.id for one in moved), known=known)


async def _first(session: AsyncSession, ticket: Ticket) -> int | None:
    """Find the message that opened the ticket."""
    first: int | None = await session.scalar(
        select(func.min(Message.id)).where(
            Message.ticket_id == ticket.id, Message.direction == Direction.QUESTION
        )
    )
    return first


async def show(
    session: AsyncSession,
    questions: Sequence[Message],
    source: Ticket,
    target: Ticket,
    *,
    now: datetime,
) -> None:
    """Have the copies of questions that were moved say so, and where they went; an album's first.

    The edits go where the questions themselves may be on their way: they must not pass them. They
    do what edits that wait elsewhere would do.
    """
    albums = set[str | None]()
    for question in questions:
        if question.media_group_id is None or question.media_group_id not in albums:
            await _forget_edits(session, question, source)
            _say_moved(question, source, target)
            edit, chat_id = QuestionEdited(question.id), source.staff_chat_id
            outbox.post(session, chat_id, edit, now=now, ticket=target, lane=source.id)
        albums.add(question.media_group_id)


def _say_moved(question: Message, source: Ticket, target: Ticket) -> None:
    """Note where the question went, and since which revision nothing else changed."""
    before, details = question.revision, question.details or {}
    last = details.get("moved", {})
    since = last.get("since", before - 1) if last.get("revision") == before else before
    question.revision += 1
    moved = {"from": _named(source), "to": _named(target), "revision": question.revision}
    question.details = details | {"moved": moved | {"since": since}}


async def forget_untried(
    session: AsyncSession, questions: Sequence[Message], target: Ticket
) -> None:
    """Drop what waits in the new ticket's lane to show these: they are posted in their order."""
    await session.execute(
        delete(Delivery).where(
            Delivery.lane == target.id,
            Delivery.kind == QuestionPosted.kind,
            Delivery.payload["message_id"].as_integer().in_([one.id for one in questions]),
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.attempts == 0,
        )
    )


async def _forget_edits(session: AsyncSession, question: Message, source: Ticket) -> None:
    """Drop its edits that wait in this chat, but those that follow it where it is on its way."""
    sends = select(Delivery).where(*_about(QuestionPosted.kind, question), PENDING)
    lanes = [one.lane for one in await session.scalars(sends) if not _is_untried(one)]
    await session.execute(
        delete(Delivery).where(
            *_about(QuestionEdited.kind, question),
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.attempts == 0,
            Delivery.chat_id == source.staff_chat_id,
            Delivery.lane.not_in(lanes),
        )
    )


async def is_shown_or_waits(session: AsyncSession, question: Message) -> bool:
    """Whether staff see the question below a card of its ticket, or will."""
    copies = select(MessageLink.id).where(
        MessageLink.copy_of == question.id, MessageLink.kind != LinkKind.CARD
    )
    if await session.scalar(copies.limit(1)) is not None:
        return True
    return await is_on_its_way(session, question)


async def is_on_its_way(session: AsyncSession, question: Message) -> bool:
    """Whether the question is still to be shown, or may be at this moment."""
    return await session.scalar(_sends(question).where(PENDING).limit(1)) is not None


async def waits(session: AsyncSession, question: Message) -> bool:
    """Whether the question is still to be sent, perhaps once more."""
    waiting = _sends(question).where(Delivery.status == DeliveryStatus.WAITING)
    return await session.scalar(waiting.limit(1)) is not None


def _sends(question: Message) -> Select[int]:
    return select(Delivery.id).where(*_about(QuestionPosted.kind, question))


def _about(kind: str, question: Message) -> list[ColumnElement[bool]]:
    return [
        Delivery.ticket_id == question.ticket_id,
        Delivery.kind == kind,
        Delivery.payload["message_id"].as_integer() == question.id,
    ]


async def left(session: AsyncSession, source: Ticket, *, now: datetime) -> None:
    """Have the ticket wait for whoever the messages that are left in it wait for.

    What was answered only by what has gone waits for staff again.
    """
    await owing.unanswered(session, source, now=now)
    if source.status is TicketStatus.OPEN:
        answer_id, at = await history.answered_from_here(session, source)
        if at is not None and await _is_all_answered(session, source, answer_id):
            turns.give_back(source, TicketStatus.PENDING, since=at)
    await outbox.redraw_card(session, source, now=now)


async def _is_all_answered(session: AsyncSession, source: Ticket, answer_id: int) -> bool:
    later = select(Message.id).where(
        Message.ticket_id == source.id,
        Message.direction == Direction.QUESTION,
        Message.id > answer_id,
    )
    if await session.scalar(later.limit(1)) is not None:
        return False
    return await owing.is_answered(session, source, first=answer_id, since=None)


async def _carry_deliveries(
    session: AsyncSession, ids: Sequence[int], source: Ticket, target: Ticket
) -> None:
    """Have what is told of these messages belong to the other ticket, and what is told of that."""
    about = await _locked(session, source, _ABOUT_MESSAGES, "message_id", ids)
    told = await _locked(
        session, source, _ABOUT_DELIVERIES, "delivery_id", [one.id for one in about]
    )
    on_their_way = {_what(one) for one in about if _may_be_sent(one)}
    behind = {one.id for one in about if _what(one) in on_their_way}
    for delivery in [*about, *told]:
        delivery.ticket_id = target.id
        keeps_place = delivery.lane != source.id or delivery.id in behind
        if _is_untried(delivery) and not keeps_place:
            delivery.lane = target.id
            if delivery.chat_id == source.staff_chat_id:
                delivery.chat_id = target.staff_chat_id
        if "ticket_id" in delivery.payload:
            delivery.payload = delivery.payload | {"ticket_id": target.id}
    for card in await _locked(session, source, [CardPosted.kind], "message_id", ids):
        card.payload = card.payload | {"message_id": None}
    await session.flush()


async def _locked(
    session: AsyncSession, ticket: Ticket, kinds: Sequence[str], field: str, keys: Sequence[int]
) -> Sequence[Delivery]:
    """Get the ticket's deliveries that name one of these keys, locked in the courier's order."""
    found = select(Delivery).where(
        Delivery.ticket_id == ticket.id,
        Delivery.kind.in_(kinds),
        Delivery.payload[field].as_integer().in_(keys),
    )
    locked = found.order_by(Delivery.id).with_for_update()
    return (await session.scalars(locked.execution_options(populate_existing=True))).all()


def _is_untried(delivery: Delivery) -> bool:
    """Whether it certainly was not sent, and travels with no other."""
    waits = delivery.status is DeliveryStatus.WAITING and delivery.batch_id is None
    return waits and delivery.attempts == 0 and delivery.part == 0


def _may_be_sent(delivery: Delivery) -> bool:
    """Whether it is on its way, or waits for another try or its next part."""
    is_over = delivery.status not in {DeliveryStatus.WAITING, DeliveryStatus.CLAIMED}
    return not is_over and not _is_untried(delivery)


def _what(delivery: Delivery) -> tuple[int, int, int]:
    """Give what it is about, and where it goes: what shares both goes in order."""
    return delivery.chat_id, delivery.lane, delivery.payload["message_id"]


def _named(ticket: Ticket) -> dict[str, Any]:
    return {"daily_id": ticket.daily_id, "opened_on": ticket.opened_on.isoformat()}
