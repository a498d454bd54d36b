"""Refusals: who may not press a button, and telling a person why a request was refused."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.incoming.alerts import Alerts
from bot.reading.members import Standing
from bot.reading.update_json import Origin, origin
from bot.texts.refusals import problem as refusal_text
from core.team import Team
from services import update_records
from services.helpdesk import refusal_notices, staff_chats
from services.notices import Refusal
from services.problems import NotConfirmed, NotForYou, NotStaff, Problem
from services.whispers import Whisper

log = structlog.get_logger(__name__)


class Refusals:
    """Has its own transactions, one an update: what the handler did was rolled back."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        alerts: Alerts,
        team: Team,
        clock: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._alerts = alerts
        self._team = team
        self._clock = clock

    async def refuse(self, raw: dict[str, Any], problem: Problem) -> None:
        """Record that the update is done with, and say why it was refused."""
        log.info("refused", problem=type(problem).__name__)
        now, source = self._clock(), origin(raw)
        async with self._sessions.begin() as session:
            await update_records.new_among(session, [raw["update_id"]], now=now)
            to_staff = await staff_chats.is_one(session, source.chat_id)
            if source.callback_query_id is None:
                await tell(session, source, problem, now=now)
        day = self._team.day(now)
        self._alerts.show(source, lambda: refusal_text(problem, day), to_staff=to_staff)


def require_press(raw: Mapping[str, Any], standing: Standing) -> None:
    """Refuse a press by somebody who, as far as Telegram says, is not staff."""
    if "callback_query" in raw and standing is not Standing.INSIDE:
        raise NotConfirmed if standing is Standing.UNCONFIRMED else NotForYou


async def tell(session: AsyncSession, source: Origin, problem: Problem, *, now: datetime) -> None:
    """Tell in the same chat why it was refused, unless another bot may have asked."""
    if source.chat_id is None or (source.private and source.is_program):
        return
    whisper = _whisper(source, problem, now)
    refusal = Refusal(
        problem.to_json(),
        source.message_id,
        source.language,
        asked_in=source.chat_id,
        said="" if whisper else source.said,
        person_id=source.person_id if isinstance(problem, NotConfirmed) else None,
        whisper=whisper.to_json() if whisper else None,
    )
    await refusal_notices.post(session, source.chat_id, refusal, now=now)


def _whisper(source: Origin, problem: Problem, now: datetime) -> Whisper | None:
    """Refuse what only we saw so that only its writer hears it; strangers share one refusal."""
    if source.ephemeral_id is None or source.person_id is None or source.sent_at is None:
        return None
    if isinstance(problem, NotStaff | NotConfirmed):
        return None
    command = source.ephemeral_id, datetime.fromtimestamp(source.sent_at, UTC)
    return Whisper.to(source.person_id, now=now, command=command)
