"""A link shows a message of its own ticket, in a chat where that message may be seen."""

from collections.abc import Iterator

from sqlalchemy import and_, exists, or_, select

from database.machinery import Delivery
from database.models import Direction, LinkKind, Message, MessageLink, Ticket, User
from services import notices
from services.invariants.conditions import DELIVERED, NOTE, QUESTION, number
from services.invariants.rule import Rule


def rules() -> Iterator[Rule]:
    """List the rules of links."""
    copies = select(MessageLink.id).join(Message, Message.id == MessageLink.copy_of)
    yield Rule(
        "links within a ticket",
        "A link shows a message of another ticket",
        "links",
        copies.where(Message.ticket_id != MessageLink.ticket_id),
    )
    yield Rule(
        "revisions",
        "A link shows a wording that its message never had",
        "links",
        copies.where(MessageLink.revision > Message.revision),
    )
    yield Rule(
        "copies on the other side",
        "A copy stands on the side of the one who wrote it",
        "links",
        copies.where(
            or_(
                and_(QUESTION, MessageLink.chat_id > 0),
                and_(
                    Message.direction == Direction.ANSWER,
                    MessageLink.chat_id < 0,
                    MessageLink.kind != LinkKind.NOTICE,
                ),
            )
        ),
    )
    yield Rule(
        "links in the user's chat",
        "A ticket has a message in the private chat of somebody else",
        "links",
        select(MessageLink.id)
        .join(Ticket, Ticket.id == MessageLink.ticket_id)
        .join(User, User.id == Ticket.user_id)
        .where(MessageLink.chat_id > 0, MessageLink.chat_id != User.telegram_id),
    )
    retraction = exists().where(
        Delivery.ticket_id == MessageLink.ticket_id,
        Delivery.kind == notices.AnswerRetracted.kind,
        ~DELIVERED,
        number("message_id") == Message.id,
    )
    yield Rule(
        "notes among staff",
        "A user sees a note, and nothing is on its way to take it back",
        "links",
        copies.where(NOTE, MessageLink.chat_id > 0, ~retraction),
    )
