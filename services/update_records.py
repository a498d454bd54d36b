"""Which updates were handled, and which could not be."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.text import clean
from database import bulk_rows
from database.dialect import insert_new
from database.machinery import BotIdentity, DeadUpdate, SeenUpdate
from services import outbox

# Telegram keeps an update for 24 hours at most.
KEPT_FOR = timedelta(hours=48)

# The newest stay, however old they look: after a clock was set ahead, all of them look old at once.
# Telegram sends far fewer again: at most a hundred, until the next call confirms them.
NEWEST_KEPT = 1_000

# A notice names the people whose updates it is about, read from at most this many updates.
READ_AT_ONCE = 100


async def new_among(
    session: AsyncSession, update_ids: Sequence[int], *, now: datetime
) -> frozenset[int]:
    """Record that this transaction handles these updates; return those not handled before."""
    seen = [{"update_id": update_id, "seen_at": now} for update_id in update_ids]
    return frozenset(await insert_new(session, SeenUpdate, "update_id", *seen))


async def forget_old(session: AsyncSession, *, now: datetime) -> bool:
    """Drop some records of updates that can't come again; return whether more may be left.

    By age, never by number: after a quiet week Telegram begins at a random id.
    """
    seen_at = select(SeenUpdate.seen_at).order_by(SeenUpdate.seen_at.desc())
    newest = seen_at.offset(NEWEST_KEPT - 1).limit(1).scalar_subquery()  # NULL if there are fewer
    old = (
        select(SeenUpdate.update_id)
        .where(SeenUpdate.seen_at < now - KEPT_FOR, SeenUpdate.seen_at < newest)
        .order_by(SeenUpdate.seen_at)
        .limit(outbox.FORGOTTEN_AT_A_TIME)
    )
    forgotten = await session.execute(delete(SeenUpdate).where(SeenUpdate.update_id.in_(old)))
    return bulk_rows.touched(forgotten) == outbox.FORGOTTEN_AT_A_TIME


async def set_aside(
    session: AsyncSession, raw: dict[str, Any], error: str, *, staff_chat_id: int, now: datetime
) -> DeadUpdate:
    """Keep an update that could not be handled, whole, for an operator to replay.

    The staff of `staff_chat_id` are to be told of it.
    """
    dead = await session.scalar(
        select(DeadUpdate).where(DeadUpdate.update_id == raw["update_id"]).with_for_update()
    )
    if dead is None:
        dead = DeadUpdate(update_id=raw["update_id"], raw=json.dumps(raw), died_at=now)
        session.add(dead)
    dead.error, dead.replayed_at, dead.staff_chat_id = clean(error), None, staff_chat_id
    await session.flush()
    return dead


async def raws(session: AsyncSession, dead_update_ids: Sequence[int]) -> Sequence[str]:
    """Read the JSON of these updates; if they are very many, of the first ones."""
    first = DeadUpdate.id.in_(dead_update_ids[:READ_AT_ONCE])
    found = select(DeadUpdate.raw).where(first).order_by(DeadUpdate.id)
    return (await session.scalars(found)).all()


async def not_replayed(session: AsyncSession) -> list[DeadUpdate]:
    """List the updates that were set aside and still wait for a fix, oldest first."""
    dead = select(DeadUpdate).where(DeadUpdate.replayed_at.is_(None)).order_by(DeadUpdate.id)
    return list(await session.scalars(dead))


async def claim_database(session: AsyncSession, bot_id: int, *, now: datetime) -> int:
    """Make the database this bot's, if it is nobody's yet; return the id of the bot that owns it.

    Several processes of one bot may do this at the same time.
    """
    owner: int | None = await session.scalar(select(BotIdentity.bot_id))
    if owner is None:
        await insert_new(session, BotIdentity, "bot_id", {"bot_id": bot_id, "since": now})
        return bot_id
    return owner
