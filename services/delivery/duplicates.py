"""Possible duplicates: what was claimed and has no answer may have been sent."""

from collections.abc import Collection
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.delivery import lanes
from services.helpdesk import orphans

log = structlog.get_logger(__name__)


async def put_back(
    session: AsyncSession,
    *,
    in_flight: Collection[int] = (),
    unsent: Collection[int] = (),
    now: datetime,
) -> int:
    """Have everything claimed that is not `in_flight` wait again; count possible duplicates.

    Those are logged, but for what never left (`unsent`). They are logged before the commit: should
    only its answer get lost, a second look would not find them.
    """
    claimed = await lanes.in_doubt(session, without=in_flight)
    maybe_sent = [delivery for delivery in claimed if delivery.id not in unsent]
    await orphans.note_all(session, maybe_sent, until=now)
    for delivery in maybe_sent:
        log.warning("possible duplicate", delivery=delivery.id, ticket=delivery.ticket_id)
    return len(maybe_sent)
