"""A message comes from a chat where its writer may write, and every message is passed on."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, and_, except_, exists, func, or_, select
from sqlalchemy.orm import aliased

from database.machinery import Delivery
from database.models import ContentKind, Message, MessageLink, Ticket, User
from services import notices
from services.invariants.conditions import NOTE, PASSING_ON, QUESTION, number
from services.invariants.rule import Rule


def rules() -> Iterator[Rule]:
    """List the rules of messages."""
    yield Rule(
        "own questions",
        "A question is not its ticket's user's own, from the private chat",
        "messages",
        select(Message.id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .join(User, User.id == Ticket.user_id)
        .where(
            QUESTION,
            or_(
                Message.author_id.is_distinct_from(Ticket.user_id),
                Message.chat_id != User.telegram_id,
            ),
        ),
    )
    yield Rule(
        "answers from a group",
        "An answer or a note was not written in a group",
        "messages",
        select(Message.id).where(~QUESTION, Message.chat_id >= 0),
    )
    for table in (Message, MessageLink):
        yield Rule(
            f"ids of {table.__tablename__}",
            "It has no id: whispers, and what Telegram has scheduled, are not kept",
            table.__tablename__,
            select(table.id).where(table.message_id == 0),
        )
    replied = aliased(Message)
    yield Rule(
        "replies within a ticket",
        "A message replies to one of another ticket",
        "messages",
        select(Message.id)
        .join(replied, replied.id == Message.reply_to_id)
        .where(replied.ticket_id != Message.ticket_id),
    )
    yield Rule(
        "nothing forgotten",
        "A question or an answer was neither passed on nor waits for it",
        "messages",
        _forgotten(),
    )


def _forgotten() -> Select[Any]:
    """In one query: reading the whole ticket for each message takes minutes if it is long."""
    copied = exists().where(
        MessageLink.copy_of == Message.id, or_(QUESTION, MessageLink.chat_id > 0)
    )
    written = select(Message.ticket_id, Message.id).where(~NOTE, ~copied)
    passed_on = select(Delivery.ticket_id, number("message_id")).where(PASSING_ON)
    forgotten = except_(written, passed_on, _on_a_card_to_come()).subquery()
    return select(forgotten.c.id).order_by(forgotten.c.id)


def _on_a_card_to_come() -> Select[int, int]:
    """A text that opens or reopens a ticket is shown by the card, which names it if it reopens."""
    first = select(func.min(Message.id)).where(QUESTION).group_by(Message.ticket_id)
    card = select(Delivery.ticket_id).where(Delivery.kind == notices.CardPosted.kind)
    named = select(number("message_id")).where(Delivery.kind == notices.CardPosted.kind)
    return select(Message.ticket_id, Message.id).where(
        Message.kind == ContentKind.TEXT,
        or_(and_(Message.id.in_(first), Message.ticket_id.in_(card)), Message.id.in_(named)),
    )
