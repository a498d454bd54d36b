"""Refusals: who may not press, and telling a person why nothing came of what was asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.members import Standing
from bot.reading.update_json import Origin
from services.helpdesk import refusals
from services.notices import Refusal
from services.problems import NotConfirmed, NotForYou, Problem


def require_press(raw: Mapping[str, Any], standing: Standing) -> None:
    """Refuse the press of a button by somebody who has no say, as far as Telegram says."""
    if "callback_query" in raw and standing is not Standing.INSIDE:
        raise NotConfirmed if standing is Standing.UNCONFIRMED else NotForYou


async def tell(session: AsyncSession, source: Origin, problem: Problem, *, now: datetime) -> None:
    """Say where it was asked for why nothing came of it, unless another bot may have asked."""
    if source.chat_id is None or (source.private and source.is_program):
        return
    refusal = Refusal(
        problem.to_json(),
        source.message_id,
        source.language,
        asked_in=source.chat_id,
        said=source.said,
        person_id=source.person_id if isinstance(problem, NotConfirmed) else None,
    )
    await refusals.post(session, source.chat_id, refusal, now=now)
