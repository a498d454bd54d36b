"""Conditions on messages and deliveries that several rules share."""

from sqlalchemy import BigInteger, ColumnElement, cast

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Message
from services import notices

QUESTION = Message.direction == Direction.QUESTION
NOTE = Message.direction == Direction.NOTE
DELIVERED = Delivery.status == DeliveryStatus.DELIVERED

PASSING_ON = Delivery.kind.in_(notices.passing_on())


def number(field: str) -> ColumnElement[int]:
    """Read a number of a notice."""
    return cast(Delivery.payload[field].as_string(), BigInteger)
