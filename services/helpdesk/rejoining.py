"""Rejoining: a user moves what joined one ticket into another one of theirs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from core.address import Place
from database.conditions import stands_at
from database.models import Direction, EventKind, Message, MessageLink, Ticket, User
from services import marks, outbox
from services.helpdesk import current, history, messages, moving, owing, people
from services.helpdesk.content import Person
from services.notices import QuestionPosted
from services.problems import ButtonOutdated, ClosedMeanwhile


async def move(
    session: AsyncSession,
    person: Person,
    message_id: int,
    target_id: int,
    mark: str,
    *,
    told_at: Place,
    now: datetime,
) -> Ticket:
    """Move a message of the person's, with what belongs to it, and make its new ticket current.

    Staff see it below the card of that ticket, and its copies say where it went. `told_at` is the
    notice with the button; a reply to it follows. A ticket that was merged leads to the other;
    if the message is there already, it stays. ClosedMeanwhile; ButtonOutdated if the message was
    there before, or its ticket has no other.
    """
    user = await people.remember(session, person, now=now)
    question = await messages.find(session, Place(user.chat_id, message_id))
    if question is None or not await marks.fits(session, target_id, mark):
        raise ButtonOutdated
    source, target = await _locked(session, user, question.ticket_id, target_id)
    if source is target:
        return target
    moved = await _with_what_follows(session, source, question)
    if not await moving.leaves_any(session, source, moved):
        raise ButtonOutdated
    questions = [one for one in moved if one.direction is Direction.QUESTION]
    our_turn = await owing.asked(session, target, now=now)
    await moving.carry(session, moved, source, target)
    await moving.show(session, questions, source, target, now=now)
    await _post(session, questions, target, our_turn=our_turn, now=now)
    told = update(MessageLink).where(stands_at(MessageLink, told_at))
    await session.execute(
        told.where(MessageLink.ticket_id == source.id).values(ticket_id=target.id)
    )
    await current.make(session, target, now=now)
    user.last_joined_id = target.id
    waits = await moving.waits_from(session, target, moved) if our_turn else {}
    history.record(session, target, user, EventKind.MOVED, now, came_from=source.id, **waits)
    await moving.left(session, source, now=now)
    return target


async def _with_what_follows(
    session: AsyncSession, source: Ticket, question: Message
) -> list[Message]:
    """List a message with what belongs to it in its ticket, in order.

    What its writer wrote next follows it, until they said where it goes, or heard it: by a notice,
    or by an answer that stays. A reply to one of these belongs to them too, whoever wrote it, and
    so does what was written below such an answer. An album is moved as a whole.
    """
    album = await messages.album(session, source, question.media_group_id)
    first = album[0] if album else question
    rest = select(Message).where(Message.ticket_id == source.id, Message.id > first.id)
    locked = rest.order_by(Message.id).with_for_update(key_share=True)
    answers, above = await _answers(session, source, first), first.message_id
    moved, follows = {first.id: first}, True
    for one in (await session.scalars(locked)).all():
        replies = one.reply_to_id in moved
        if one.direction is Direction.QUESTION:
            read = [key for key, at in answers if above < at < one.message_id]
            if read:
                follows = read[-1] in moved
            above = one.message_id
            follows = replies or (follows and messages.follows(one))
        belongs = follows if one.direction is Direction.QUESTION else replies
        if belongs or _is_of_album(one, moved.values()):
            moved[one.id] = one
    return list(moved.values())


async def _answers(
    session: AsyncSession, source: Ticket, question: Message
) -> list[tuple[int, int]]:
    """List the answers below a question in its writer's chat, and where each one stands there."""
    below = (
        select(Message.id, MessageLink.message_id)
        .join(MessageLink, MessageLink.copy_of == Message.id)
        .where(
            Message.ticket_id == source.id,
            Message.direction == Direction.ANSWER,
            MessageLink.account == question.account,
            MessageLink.chat_id == question.chat_id,
            MessageLink.message_id > question.message_id,
        )
        .order_by(MessageLink.message_id)
    )
    return [(key, at) for key, at in await session.execute(below)]


def _is_of_album(message: Message, others: Iterable[Message]) -> bool:
    album = message.media_group_id
    return album is not None and any(one.media_group_id == album for one in others)


async def _post(
    session: AsyncSession,
    questions: Sequence[Message],
    ticket: Ticket,
    *,
    our_turn: bool,
    now: datetime,
) -> None:
    """Show the questions below the card of their new ticket; what was tried is sent again anyway.

    With the first one it is the staff's turn there, if it wasn't before.
    """
    await moving.forget_untried(session, questions, ticket)
    for one in questions:
        if not await moving.waits(session, one):
            shown, album = QuestionPosted(one.id, our_turn), one.media_group_id
            chat_id, our_turn = ticket.staff_chat_id, False
            await outbox.post_content(session, chat_id, shown, album, now=now, ticket=ticket)


async def _locked(
    session: AsyncSession, user: User, source_id: int, target_id: int
) -> tuple[Ticket, Ticket]:
    """Get two tickets of the user's, locked, or twice the same one if the other is part of it now.

    ButtonOutdated if they were one before, or are not the user's; ClosedMeanwhile.
    """
    merged_into = select(Ticket.merged_into_id).where(Ticket.id == target_id)
    survivor_id = await session.scalar(merged_into)
    keys = source_id, survivor_id or target_id
    tickets = select(Ticket).where(Ticket.id.in_(keys)).order_by(Ticket.id)
    found = {
        ticket.id: ticket
        for ticket in await session.scalars(
            tickets.where(Ticket.user_id == user.id).with_for_update(key_share=True)
        )
    }
    source, target = [found.get(key) for key in keys]
    if source is None or target is None or source_id == target_id:
        raise ButtonOutdated
    if target.closed_at is not None:
        raise ClosedMeanwhile.of(target)
    for ticket in found.values():
        set_committed_value(ticket, "user", user)
    return source, target
