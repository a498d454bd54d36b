"""A delivery that failed for good was reported to those who can do something about it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, or_, select

from database.machinery import Delivery, DeliveryStatus
from services import notices
from services.invariants.conditions import number
from services.invariants.rule import Rule

_REPORTED = Delivery.kind.in_(notices.kinds(lambda notice: notice.reported))
_FAILED = Delivery.status == DeliveryStatus.FAILED


def rules() -> Iterator[Rule]:
    """List the rules of failures."""
    yield Rule(
        "failures told",
        "Something failed for good and staff were not told",
        "deliveries",
        _untold(  # a batch fails as one, and its first delivery is reported
            and_(_FAILED, Delivery.ticket_id.is_not(None), _REPORTED),
            notices.DeliveryFailed,
            "delivery_id",
            Delivery.id,
            Delivery.batch_id,
        ),
    )
    yield Rule(
        "askers told",
        "A question failed for good and its user was not told",
        "deliveries",
        _untold(
            and_(
                _FAILED,
                Delivery.kind == notices.QuestionPosted.kind,
                Delivery.media_group_id.is_(None),
            ),
            notices.QuestionFailed,
            "message_id",
            number("message_id"),
        ),
    )


def _untold(
    failed: ColumnElement[bool],
    notice: type[notices.Notice],
    field: str,
    *subjects: SQLColumnExpression[Any],
) -> Select[Any]:
    """Select failures for which there is no notice with one of the subjects in `field`.

    In one query: reading the whole ticket for each failure is slow if the ticket is long.
    """
    telling = and_(Delivery.kind == notice.kind, Delivery.ticket_id.is_not(None))
    untold = [
        func.count(case((telling, 1))).over(
            partition_by=case((telling, number(field)), else_=subject)
        )
        == 0
        for subject in subjects
    ]
    rows = (
        select(Delivery.id, and_(~telling, *untold).label("untold"))
        .where(or_(failed, telling))
        .subquery()
    )
    return select(rows.c.id).where(rows.c.untold).order_by(rows.c.id)
