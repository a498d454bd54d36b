"""Conditions that indexes serve.

Those of partial indexes are literals: a query must repeat one exactly to use its index.
"""

from sqlalchemy import ColumnElement, and_, bindparam

from core.address import Address, Place
from database import machinery
from database.machinery import Delivery, DeliveryStatus, Timer
from database.models import LinkKind, MessageLink, Placed, Ticket, TicketStatus

NOT_CLOSED = Ticket.status != bindparam(None, TicketStatus.CLOSED, literal_execute=True)
OPEN_OF_USER = and_(Ticket.user_id == bindparam("user_id"), Ticket.closed_at.is_(None))
# A timer that is set while a ticket's user can't know yet that it is closed
# (services/helpdesk/closing.py).
CLOSE_UNTOLD = Timer.kind == "close_told"
IS_CARD = MessageLink.kind == bindparam(None, LinkKind.CARD, literal_execute=True)
PENDING = Delivery.status.in_(
    bindparam(
        None,
        [DeliveryStatus.WAITING, DeliveryStatus.CLAIMED],
        expanding=True,
        literal_execute=True,
    )
)
FOR_THE_EYES = Delivery.kind.in_(
    bindparam(None, list(machinery.FOR_THE_EYES), expanding=True, literal_execute=True)
)


def stands_at(model: type[Placed], place: Place) -> ColumnElement[bool]:
    """Match what is stored of the message at this place."""
    return and_(
        model.chat_id == place.chat_id,
        model.message_id == place.message_id,
        model.account == place.account,
    )


def in_chat(model: type[Placed], address: Address) -> ColumnElement[bool]:
    """Match what is stored of the messages in this chat, whatever their thread."""
    return and_(model.chat_id == address.chat_id, model.account == address.account)
