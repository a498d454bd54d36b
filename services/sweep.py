"""The sweep: drops rows that nobody needs any more, a portion in each transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services import outbox, timers, update_records
from services.helpdesk import dialogues, kept_words, orphans
from services.timers import Due, Moment

SWEPT_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class SweepDue(Due):
    """Old rows are to be dropped."""

    standing = True


@timers.does(SweepDue)
async def sweep(session: AsyncSession, _due: SweepDue, moment: Moment) -> datetime:
    """Drop some old rows; if more are left, the next portion is due at once."""
    now = moment.now
    await kept_words.forget_old(session, now=now)
    await orphans.forget_old(session, now=now)
    await dialogues.forget_old(session, now=now)
    more = await update_records.forget_old(session, now=now)
    more = await outbox.forget_asides(session, now=now) or more
    return now if more else now + SWEPT_EVERY
