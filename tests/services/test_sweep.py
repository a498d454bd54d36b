"""What is old is dropped, a portion a transaction, and then now and then."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import SeenUpdate, Timer
from services import outbox, sweep, timers, update_records
from services.timers import Moment
from tests.services.factories import HOUR
from tests.support.duties import TEAM
from tests.support.times import NOON


async def test_old_rows_go_in_portions_and_the_rest_is_looked_at_later(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FORGOTTEN_AT_A_TIME", 2)
    monkeypatch.setattr(update_records, "NEWEST_KEPT", 1)
    await update_records.new_among(session, [1, 2, 3], now=NOON - 49 * HOUR)
    await update_records.new_among(session, [4], now=NOON)
    await timers.set_standing(session, now=NOON)

    left = []
    while (row := await timers.first_due(session, now=NOON)) is not None:
        await timers.do(session, row, Moment(TEAM, NOON))
        left.append(await session.scalar(select(func.count()).select_from(SeenUpdate)))

    assert left == [2, 1]
    kind = sweep.SweepDue.kind
    due_at = await session.scalar(select(Timer.due_at).where(Timer.kind == kind))
    assert due_at == NOON + sweep.SWEPT_EVERY
