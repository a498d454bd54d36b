"""Conditions of partial indexes, as literals: a query must repeat one exactly to use its index."""

from sqlalchemy import bindparam

from database.machinery import Delivery, DeliveryStatus
from database.models import LinkKind, MessageLink, Ticket, TicketStatus

NOT_CLOSED = Ticket.status != bindparam(None, TicketStatus.CLOSED, literal_execute=True)
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
    bindparam(None, ["aside", "command_answered", "refusal"], expanding=True, literal_execute=True)
)
