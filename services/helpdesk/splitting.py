"""Splitting: what a user wrote from one message on becomes a ticket of its own.

The message goes to it, with the user's later ones, and with the answers and notes that reply to
them. The user hears nothing of it; the copies say where they went, and stay where they are.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import stands_at
from database.machinery import Precedence
from database.models import (
    ContentKind,
    Direction,
    EventKind,
    Message,
    MessageLink,
    Ticket,
    TicketStatus,
    User,
)
from services import outbox
from services import ticket_service as tickets
from services.helpdesk import cards, current, history, messages, moving
from services.helpdesk.content import Content
from services.notices import QuestionPosted
from services.problems import SplitOfAll, SplitUnclear


async def split(
    session: AsyncSession,
    ticket: Ticket,
    command: Content,
    *,
    by: User | None,
    day: date,
    now: datetime,
) -> Ticket:
    """Open a ticket with what the user wrote from the message on that the command replies to.

    SplitUnclear if it replies to none of this ticket, SplitOfAll if nothing would be left.
    """
    begins = await _replied_to(session, ticket, command)
    moved = await _from(session, ticket, begins)
    if not await moving.leaves_any(session, ticket, moved):
        raise SplitOfAll.of(ticket)
    begins.details = (begins.details or {}) | {messages.BEGINS: True}
    made = await _open(session, ticket, moved, day=day, now=now)
    await moving.carry(session, moved, ticket, made)
    questions = [one for one in moved if one.direction is Direction.QUESTION]
    await _show(session, questions, ticket, made, now=now)
    history.record(session, made, by, EventKind.SPLIT, now, came_from=ticket.id)
    await moving.left(session, ticket, now=now)
    return made


async def _replied_to(session: AsyncSession, ticket: Ticket, command: Content) -> Message:
    """Find the message where the new question begins: of several in a copy, the first or quoted."""
    if command.reply_to is None:
        raise SplitUnclear
    message_id, _ = await messages.replied_to(session, ticket, command)
    place = command.place._replace(message_id=command.reply_to)
    shown = (
        select(Message)
        .join(MessageLink, MessageLink.copy_of == Message.id)
        .where(stands_at(MessageLink, place))
    )
    wanted = shown if message_id is None else select(Message).where(Message.id == message_id)
    found: Message | None = await session.scalar(
        wanted.where(Message.ticket_id == ticket.id, Message.direction == Direction.QUESTION)
        .order_by(Message.id)
        .limit(1)
    )
    if found is None:
        raise SplitUnclear
    album = await messages.album(session, ticket, found.media_group_id)
    return album[0] if album else found


async def _from(session: AsyncSession, ticket: Ticket, begins: Message) -> Sequence[Message]:
    """List the user's messages from this one on, and what staff wrote in reply to them."""
    later = (Message.direction == Direction.QUESTION, Message.id >= begins.id)
    questions = select(Message.id).where(Message.ticket_id == ticket.id, *later)
    found = await session.scalars(
        select(Message)
        .where(
            Message.ticket_id == ticket.id,
            or_(Message.id.in_(questions), Message.reply_to_id.in_(questions)),
        )
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )
    return found.all()


async def _open(
    session: AsyncSession, ticket: Ticket, moved: Sequence[Message], *, day: date, now: datetime
) -> Ticket:
    """Open the ticket; it is the current one if the other one was, or if none is open.

    It was asked when its first message was written. If that was answered, staff have to see
    whether all of it was.
    """
    takes_over = ticket.is_current or not await current.number_open(session, ticket.user_id)
    if takes_over:
        await current.step_down(session, ticket.user_id)
    asked_at = min(moved[0].sent_at, now)
    is_answered = any(one.direction is Direction.ANSWER for one in moved)
    made = Ticket(
        daily_id=await tickets.get_next_daily_id(session, day),
        opened_on=day,
        user=ticket.user,
        assigned_staff=None,
        staff_chat_id=ticket.staff_chat_id,
        thread_id=None,
        status=TicketStatus.OPEN if is_answered else TicketStatus.NEW,
        is_current=takes_over,
        current_since=now,
        opened_at=asked_at,
        waiting_since=now if is_answered else asked_at,
    )
    session.add(made)
    await session.flush()
    if takes_over and ticket.user.last_joined_id == ticket.id:
        ticket.user.last_joined_id = made.id
    return made


async def _show(
    session: AsyncSession,
    questions: Sequence[Message],
    ticket: Ticket,
    made: Ticket,
    *,
    now: datetime,
) -> None:
    """Post the card, and behind it what was not shown yet; copies say where they went."""
    await moving.show(session, questions, ticket, made, now=now)
    await moving.forget_untried(session, questions, made)
    await cards.post_first(session, made, now=now, precedence=Precedence.FOLLOW_UP)
    for question in questions:
        on_card = question is questions[0] and question.kind == ContentKind.TEXT
        if not on_card and not await moving.is_shown_or_waits(session, question):
            shown, album = QuestionPosted(question.id), question.media_group_id
            await outbox.post_content(
                session, made.staff_chat_id, shown, album, now=now, ticket=made
            )
