"""Which updates were handled, and which could not be."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.text import clean
from database.dialect import insert
from database.models import BotIdentity, DeadUpdate, SeenUpdate

# Telegram keeps an update for 24 hours at most.
KEPT_FOR = timedelta(hours=48)


async def first_time(session: AsyncSession, update_id: int, *, now: datetime) -> bool:
    """Record that the update is handled in this transaction; False if it was before."""
    recorded = await session.scalar(
        insert(session, SeenUpdate)
        .values(update_id=update_id, seen_at=now)
        .on_conflict_do_nothing(index_elements=["update_id"])
        .returning(SeenUpdate.update_id)
    )
    return recorded is not None


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop the records that Telegram can't come back to.

    By age, never by number: after a quiet week Telegram begins at a random id.
    """
    await session.execute(delete(SeenUpdate).where(SeenUpdate.seen_at < now - KEPT_FOR))


async def set_aside(
    session: AsyncSession, raw: dict[str, Any], error: str, *, now: datetime
) -> DeadUpdate:
    """Keep an update that could not be handled, whole, for an operator to replay."""
    dead = await session.scalar(
        select(DeadUpdate).where(DeadUpdate.update_id == raw["update_id"]).with_for_update()
    )
    if dead is None:
        dead = DeadUpdate(update_id=raw["update_id"], raw=json.dumps(raw), died_at=now)
        session.add(dead)
    dead.error, dead.replayed_at = clean(error), None
    await session.flush()
    return dead


async def not_replayed(session: AsyncSession) -> list[DeadUpdate]:
    """List what was set aside and waits for a fix, oldest first."""
    dead = select(DeadUpdate).where(DeadUpdate.replayed_at.is_(None)).order_by(DeadUpdate.id)
    return list(await session.scalars(dead))


async def claim_database(session: AsyncSession, bot_id: int, *, now: datetime) -> int:
    """Make the database this bot's, if it is nobody's; return whose it is."""
    owner: int | None = await session.scalar(select(BotIdentity.bot_id))
    if owner is None:
        session.add(BotIdentity(bot_id=bot_id, since=now))
        return bot_id
    return owner
