"""Lets time pass: does all that has become due, as the duty loop would."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.team import Team
from services import timers
from services.timers import Moment
from tests.services.factories import STAFF

TEAM = Team(STAFF, "en", UTC)


async def passes(session: AsyncSession, until: datetime) -> None:
    """Do all that is due at `until`, in this one transaction."""
    while (row := await timers.first_due(session, now=until)) is not None:
        await timers.do(session, row, Moment(TEAM, until))
        await session.flush()
